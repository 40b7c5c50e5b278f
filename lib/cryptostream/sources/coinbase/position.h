// The position of a CoinbaseSource as text. Private to this folder.
#pragma once

#include <cryptostream/core/result.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace cryptostream {

/// Product to its last trade id: "BTC-USD:123,ETH-USD:45".
using CoinbasePosition = std::map<std::string, std::int64_t>;

/// Errors: configuration, when it is none of this source's.
Result<CoinbasePosition> parse_coinbase_position(std::string_view text);
std::string to_string(const CoinbasePosition& position);

}  // namespace cryptostream
