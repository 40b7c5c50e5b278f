// Percent-encoded text, as in URLs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

/// The text with each "%41" made the byte it stands for; nothing if a % has no two hexadecimal digits behind it.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace cryptostream
