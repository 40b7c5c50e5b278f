// Positions of sources that give several things, each numbered or timed for itself. Private to this module.
#pragma once

#include <cryptostream/core/result.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cryptostream {

/// Name to its last number (a trade id, a time in milliseconds), as text "BTC-USD:123,ETH-USD:45".
using SourcePosition = std::map<std::string, std::int64_t>;

/// Errors: configuration, when the text is none.
Result<SourcePosition> parse_position(std::string_view text);
/// Bytes of a name that would not come back (`,:%` and control characters) are written as %XX.
std::string to_string(const SourcePosition& position);

/// What is said of a position that another source has written.
tl::unexpected<Error> foreign_position(std::string_view text);

}  // namespace cryptostream
