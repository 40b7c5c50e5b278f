#include <cryptostream/core/excerpt.h>

#include <cctype>

namespace cryptostream {

std::string excerpt(std::string_view text, std::size_t most, std::string_view secret) {
  // Far more than is shown: no part of a secret that is cut off here gets into the line.
  std::string out(text.substr(0, 16 * most + secret.size()));
  if (!secret.empty())
    for (auto at = out.find(secret); at != out.npos; at = out.find(secret, at + 3))
      out.replace(at, secret.size(), "***");
  std::string line;
  bool space = false;
  for (char c : out) {
    auto byte = static_cast<unsigned char>(c);
    if (std::isspace(byte)) {
      space = !line.empty();
      continue;
    }
    if (space) line += ' ';
    space = false;
    line += byte >= 0x20 && byte < 0x7f ? c : '?';
    if (line.size() >= most) {
      line += "...";
      break;
    }
  }
  return line;
}

}  // namespace cryptostream
