#include <cryptostream/data/utf8.h>

#include <cstdint>
#include <cstring>

namespace cryptostream {

namespace {

std::size_t ascii_prefix(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (word & 0x8080808080808080) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

// The length of the well-formed sequence that starts here, 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence(std::string_view text) {
  auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead < 0xE0) return tail(1) ? 2 : 0;
  const unsigned second = byte(1);
  if (lead < 0xF0) {
    const unsigned lowest = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned highest = lead == 0xED ? 0x9F : 0xBF;
    return second >= lowest && second <= highest && tail(2) ? 3 : 0;
  }
  const unsigned lowest = lead == 0xF0 ? 0x90 : 0x80;
  const unsigned highest = lead == 0xF4 ? 0x8F : 0xBF;
  return second >= lowest && second <= highest && tail(2) && tail(3) ? 4 : 0;
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) {
  std::size_t at = 0;
  while (true) {
    at += ascii_prefix(text.substr(at));
    if (at == text.size()) return at;
    std::size_t length = sequence(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
}

}  // namespace cryptostream
