// What the other side said, fit for a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cryptostream {

/// The beginning of `text` as one line of some `most` printable letters, with "***" in place of `secret` (if that is
/// not empty).
std::string excerpt(std::string_view text, std::size_t most = 160, std::string_view secret = {});

}  // namespace cryptostream
