// What commands that look into the log have in common: where to begin, and bytes as JSON.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/result.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cryptostream::tool {

/// Where reading begins: beginning, end, N, or -N for the last N records.
struct Begin {
  enum class At { beginning, end, offset, last } at;
  std::int64_t number = 0;

  /// The offset within what the partition holds.
  std::int64_t in(const OffsetRange& range) const;
};

/// Errors: usage, naming the option.
Result<Begin> parse_begin(std::string_view option, const std::string& text);

/// Bytes as JSON: an object or array as it is, other text as a text, null as null.
std::string json_bytes(const OptionalBytesView& bytes);

}  // namespace cryptostream::tool
