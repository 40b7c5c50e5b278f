#include <cryptostream/core/percent.h>
#include <cryptostream/sources/position.h>

#include <algorithm>
#include <charconv>

namespace cryptostream {
namespace {

template <class Int>
bool read_number(std::string_view text, Int& into) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<SourcePosition> parse_position(std::string_view text) {
  SourcePosition position;
  for (auto rest = text; !rest.empty();) {
    auto entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    auto colon = std::min(entry.find(':'), entry.size());
    auto name = percent_decoded(entry.substr(0, colon)).value_or("");
    std::int64_t number = -1;
    if (name.empty() || colon == entry.size() || !read_number(entry.substr(colon + 1), number) || number < 0)
      return foreign_position(text);
    position[std::move(name)] = number;
  }
  return position;
}

std::string to_string(const SourcePosition& position) {
  std::string text;
  for (const auto& [name, number] : position) {
    if (!text.empty()) text += ',';
    for (char c : name) {
      auto byte = static_cast<unsigned char>(c);
      if (c == ',' || c == ':' || c == '%' || byte < 0x20) {
        text += fmt::format("%{:02X}", byte);
      } else {
        text += c;
      }
    }
    text += fmt::format(":{}", number);
  }
  return text;
}

tl::unexpected<Error> foreign_position(std::string_view text) {
  return fail(ErrorKind::configuration,
              fmt::format("the stored position '{}' is none of this source's; was another source used under this "
                          "application.id?",
                          text));
}

}  // namespace cryptostream
