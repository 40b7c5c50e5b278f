// The header that says what a record is.
#pragma once

#include <string_view>

namespace cryptostream {

/// Names the domain type of the value ("quote/1"). On every record of ours.
inline constexpr std::string_view type_header = "cryptostream.type";

}  // namespace cryptostream
