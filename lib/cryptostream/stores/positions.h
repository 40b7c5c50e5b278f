// What all stores say about the positions they keep beside the rows.
#pragma once

#include <cryptostream/core/error.h>
#include <cryptostream/graph/sink.h>

#include <cstdint>
#include <string_view>

namespace cryptostream {

/// The table that holds a sink's positions, in the target itself.
constexpr std::string_view positions_table = "cryptostream_positions";

/// The stored position counts offsets of another log (configuration). `forget` is what to do to start over.
Error other_log_error(std::string_view target, const SinkTask& task, std::string_view stored_log_id,
                      std::int64_t stored_position, std::string_view forget);

/// Another writer of the task was opened since (fenced).
Error fenced_error(std::string_view target, const SinkTask& task);

/// The statement that makes a SQL store forget the task's position.
std::string forget_statement(const SinkTask& task);

}  // namespace cryptostream
