// Names of the headers that tell a reader of the log what a record is.
#pragma once

#include <string_view>

namespace cryptostream {

/// The domain type of the value ("quote/1"). On every record of ours.
inline constexpr std::string_view type_header = "cryptostream.type";

/// Invented by the simulator: value "1". Never on a real price.
inline constexpr std::string_view simulated_header = "cryptostream.simulated";

}  // namespace cryptostream
