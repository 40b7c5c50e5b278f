// Base of the fmt formatters of types that print as text. fmt's own string formatter needs <fmt/format.h>, which costs
// every file that includes it half a second.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace cryptostream {

/// Takes the format specs of text ("{:>12}", "{:.40}"), none nested.
class TextFormatter {
 public:
  template <class ParseContext>
  constexpr auto parse(ParseContext& context) {
    auto at = context.begin();
    while (at != context.end() && *at != '}') ++at;
    spec_ = std::string_view(context.begin(), static_cast<std::size_t>(at - context.begin()));
    return at;
  }

 protected:
  template <class Context>
  auto format_text(std::string_view text, Context& context) const {
    if (spec_.empty()) return fmt::format_to(context.out(), "{}", text);
    return fmt::vformat_to(context.out(), "{:" + std::string(spec_) + "}", fmt::make_format_args(text));
  }

 private:
  std::string_view spec_;
};

}  // namespace cryptostream
