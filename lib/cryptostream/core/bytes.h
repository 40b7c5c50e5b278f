// Byte strings: keys and values as the log has them. Nothing here is text unless a serde says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

using Bytes = std::string;
using BytesView = std::string_view;

/// A key or value that may be null, as in Kafka.
using OptionalBytes = std::optional<std::string>;
using OptionalBytesView = std::optional<std::string_view>;

}  // namespace cryptostream
