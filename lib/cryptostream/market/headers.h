// Names of the headers that tell a reader of the log what a record is.
#pragma once

#include <cryptostream/data/type_header.h>

#include <string_view>

namespace cryptostream {

/// Invented by the simulator: value "1". Never on a real price.
inline constexpr std::string_view simulated_header = "cryptostream.simulated";

}  // namespace cryptostream
