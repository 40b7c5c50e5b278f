// What a CSV sink remembers beside its file: whose rows they are, how far they go, and who may write. Private to the
// module.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/graph/sink.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cryptostream::csv {

struct Position {
  std::string sink;
  std::string topic;
  std::int32_t partition = 0;
  std::string log_id;
  std::int64_t epoch = 0;  ///< raised by each opening: the writer of an older one is fenced
  std::optional<std::int64_t> next;
  std::int64_t length = 0;  ///< of the CSV file, committed

  bool same_task(const SinkTask& task) const {
    return sink == task.sink && topic == task.topic && partition == task.partition;
  }
};

/// Reads `path`; nothing if there is none. Error (failure): it is not such a file.
Result<std::optional<Position>> read_position(const std::string& path);

/// Replaces `path` at once, permanently.
Result<void> write_position(const std::string& path, const Position& position);

}  // namespace cryptostream::csv
