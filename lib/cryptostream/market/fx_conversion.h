// Prices of coins in other currencies: each at the exchange rate of its own time.
#pragma once

#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/market/coin.h>
#include <cryptostream/market/fx_rate.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

/// What a conversion could not do. Thread-safe.
struct FxConversionCounts {
  std::atomic<std::int64_t> missing{0};  ///< prices without a rate: none was known at their time
  std::atomic<std::int64_t> stale{0};    ///< prices whose rate was too old
};

struct FxConversionOptions {
  std::vector<std::string> currencies{"SEK", "NOK", "DKK", "EUR", "ISK"};
  /// A rate that is older than this at the price's time is refused. The European Central Bank's rates live longer than
  /// a day: five, with a weekend and a holiday.
  std::chrono::milliseconds oldest{std::chrono::hours(24)};
  /// How long, by the wall clock, a price waits for a rate of its time that may be on its way. It does not wait once
  /// younger rates than the price are known.
  std::chrono::milliseconds patience{std::chrono::seconds(5)};
  /// How far back rates are remembered, for prices that come late.
  std::chrono::milliseconds history{std::chrono::hours(48)};
  std::shared_ptr<FxConversionCounts> counts{};  ///< where to count, if anybody wants to know
};

/// Fills `rates` and `prices` of each coin: for each currency the last rate that was known at the coin's `time`, never
/// a later one, and the exact product of price and rate. A currency whose rate is missing or too old is left out, and
/// counted. The coins of a currency come out in the order in which they came in.
///
/// `name` is the prefix of all names. Cost: both streams pass through a topic of one partition, partitioned by the
/// coins' currency; a versioned store of rates and a store of prices that wait, both with changelogs.
Stream<std::string, Coin> convert_prices(const Stream<std::string, Coin>& coins,
                                         const Stream<std::string, FxRate>& rates, const std::string& name,
                                         const FxConversionOptions& options = {});

}  // namespace cryptostream
