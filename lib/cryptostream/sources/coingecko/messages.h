// CoinGecko's answers.
#pragma once

#include <cryptostream/sources/row_reader.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// One page of coins/markets.
struct CoinGeckoMarkets {
  PollAnswer<Coin> found{};  ///< in the page's order, each id once; `place` is that in the page
  std::size_t rows = 0;      ///< good and bad
};

/// Decodes a page of coins/markets with prices in `currency` ("USD"). Symbols become capitals; the change of a day is
/// that in the currency, where it is there. Errors (bad_record): no list of rows; the message names source, endpoint
/// and what to do.
Result<CoinGeckoMarkets> decode_coingecko_markets(std::string_view body, const std::string& currency);

/// What simple/price says of one coin.
struct CoinGeckoPrice {
  std::string id;
  Decimal price;
  Timestamp time;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> volume_24h;
  std::optional<Decimal> percent_change_24h;
};

/// Prices in the answer's order; ids that CoinGecko does not know are not in it.
struct CoinGeckoPrices {
  std::vector<CoinGeckoPrice> prices{};
  std::vector<Error> bad_rows{};
  std::vector<std::string> without_price{};
};

/// Decodes an answer of simple/price. Errors (bad_record): as above.
Result<CoinGeckoPrices> decode_coingecko_prices(std::string_view body, const std::string& currency);

/// "USD" as CoinGecko writes it: "usd".
std::string small_letters(std::string_view text);

}  // namespace cryptostream
