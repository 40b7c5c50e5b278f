// Lines of a recorded WebSocket connection.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <optional>
#include <string_view>

namespace cryptostream::replay {

/// One line: `<url> <-> <epoch>` (connected), `<url> <- <epoch>: <text>` (sent) or `<epoch>: <text>` (received); epochs
/// in seconds with a fraction.
struct Frame {
  enum class Type { connected, sent, received };
  Type type;
  std::string_view url;  ///< connected, sent
  Timestamp time;
  std::string_view text;  ///< sent, received
};

/// Nothing if the line is none of these.
std::optional<Frame> parse_frame(std::string_view line);

}  // namespace cryptostream::replay
