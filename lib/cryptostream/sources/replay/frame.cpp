#include <cryptostream/sources/replay/frame.h>

namespace cryptostream::replay {
namespace {

/// Takes "1618677816.8434298" off the front.
std::optional<Timestamp> take_epoch(std::string_view& text) {
  std::int64_t ms = 0;
  std::size_t at = 0;
  auto digit = [&] { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (; digit(); ++at) {
    if (at == 12) return std::nullopt;  // later than any year of four digits
    ms = ms * 10 + (text[at] - '0');
  }
  if (at == 0) return std::nullopt;
  ms *= 1000;
  if (at < text.size() && text[at] == '.') {
    ++at;
    for (std::int64_t unit = 100; digit(); ++at, unit /= 10) ms += (text[at] - '0') * unit;
  }
  text.remove_prefix(at);
  return Timestamp{ms};
}

}  // namespace

std::optional<Frame> parse_frame(std::string_view line) {
  Frame frame{Frame::Type::received, {}, {}, {}};
  if (line.starts_with("ws://") || line.starts_with("wss://")) {
    auto space = line.find(' ');
    if (space == line.npos) return std::nullopt;
    frame.url = line.substr(0, space);
    line.remove_prefix(space);
    if (line.starts_with(" <-> ")) {
      frame.type = Frame::Type::connected;
      line.remove_prefix(5);
    } else if (line.starts_with(" <- ")) {
      frame.type = Frame::Type::sent;
      line.remove_prefix(4);
    } else {
      return std::nullopt;
    }
  }
  auto time = take_epoch(line);
  if (!time) return std::nullopt;
  frame.time = *time;
  if (frame.type == Frame::Type::connected) return line.empty() ? std::optional(frame) : std::nullopt;
  if (!line.starts_with(": ")) return std::nullopt;
  frame.text = line.substr(2);
  return frame;
}

}  // namespace cryptostream::replay
