#include <cryptostream/sources/coinbase/position.h>

#include <algorithm>
#include <charconv>

namespace cryptostream {

Result<CoinbasePosition> parse_coinbase_position(std::string_view text) {
  CoinbasePosition position;
  for (auto rest = text; !rest.empty();) {
    auto entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    auto colon = entry.find(':');
    std::int64_t id = -1;
    if (colon != entry.npos) {
      auto digits = entry.substr(colon + 1);
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
      if (error != std::errc() || end != digits.data() + digits.size()) id = -1;
    }
    if (id < 0 || colon == 0)
      return fail(ErrorKind::configuration,
                  fmt::format("the stored position '{}' is none of this source's; was another source used under this "
                              "application.id?",
                              text));
    position[std::string(entry.substr(0, colon))] = id;
  }
  return position;
}

std::string to_string(const CoinbasePosition& position) {
  std::string text;
  for (const auto& [product, id] : position) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", product, id);
  return text;
}

}  // namespace cryptostream
