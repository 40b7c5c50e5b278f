// The coins that the simulator trades: where their prices begin and how they move.
#pragma once

#include <string>
#include <string_view>

namespace cryptostream::simulator {

struct Coin {
  std::string symbol;
  double price;          ///< the first one, in US dollars
  int price_decimals;    ///< the tick: prices have exactly these
  int size_decimals;     ///< sizes have exactly these
  double volatility;     ///< deviation of the price's logarithm over a year, market included
  double market;         ///< share of the movement that is the market's, 0 to 1
  double typical_value;  ///< of a trade, in US dollars
};

/// The coin of that symbol: one of the table, or a plausible one derived from the name.
Coin coin_of(std::string_view symbol);

/// The symbol of the coin at `index`: the table's in its order, then SIM021, SIM022, ….
std::string symbol_at(int index);

}  // namespace cryptostream::simulator
