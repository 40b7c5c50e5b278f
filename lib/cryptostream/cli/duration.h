// Times as people write them: 500ms, 20s, 1m30s, 2h, 1d.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <string>
#include <string_view>

namespace cryptostream::cli {

/// Reads whole numbers with units ms, s, m, h, d, largest first or in any order, added up; a lone "0" too. Errors:
/// usage.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The shortest such text: "1m30s".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace cryptostream::cli
