// CoinMarketCap's answers, as versions 1, 2 and 3 of its API give them.
#pragma once

#include <cryptostream/market/coin.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// What an answer says about itself.
struct CoinMarketCapStatus {
  std::int64_t error_code = 0;  ///< also on HTTP 200
  std::string error_message{};
  std::int64_t credits = 0;
  std::optional<Timestamp> timestamp{};
};

/// What an answer holds that can be used, and what is wrong with the rest.
struct CoinMarketCapAnswer {
  CoinMarketCapStatus status{};
  std::vector<Coin> coins{};                 ///< in the answer's order, each id once; `place` is that in the answer
  std::size_t rows = 0;                      ///< good and bad
  std::size_t duplicates = 0;                ///< rows left out: their id was there before
  std::vector<std::string> without_price{};  ///< ids of rows whose price is null
  std::vector<Error> bad_rows{};             ///< rows left out; each error names source, endpoint, row and field
};

/// The status of an answer that may be anything, or nothing where it has none.
std::optional<CoinMarketCapStatus> coinmarketcap_status(std::string_view body);

/// What a status with an error code means: 1001 to 1007 and 401 to 403 permission; 1008, 1009, 1010, 1011 and 429
/// temporary, with how long to wait from `now` on; 400 configuration; 500 and above unavailable. The message has what
/// CoinMarketCap says, without `secret`.
Error coinmarketcap_refusal(std::string_view endpoint, const CoinMarketCapStatus& status, Timestamp now,
                            std::string_view secret);

/// Decodes the answer of `endpoint` ("/v2/cryptocurrency/quotes/latest"), whose `data` is a list of coins, or an object
/// of coins or of lists of coins, with prices in `currency`. A coin's time is its `last_updated`, else its quote's,
/// else the answer's. Errors (bad_record): the envelope is broken, or no coin has a quote; the message names source,
/// endpoint, field and what to do.
Result<CoinMarketCapAnswer> decode_coinmarketcap(std::string_view endpoint, std::string_view body,
                                                 const std::string& currency);

}  // namespace cryptostream
