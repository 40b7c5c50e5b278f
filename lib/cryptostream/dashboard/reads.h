// Questions to the tables that the pipelines write. Private to the module.
#pragma once

#include <cryptostream/dashboard/coin_state.h>
#include <cryptostream/stores/table_reader.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace cryptostream::dashboard {

/// One interval's prices, for drawing.
struct Bar {
  std::int64_t start = 0;  ///< milliseconds since 1970
  double open = 0, high = 0, low = 0, close = 0;
  std::optional<double> volume{};
};

struct History {
  std::int64_t interval = 0;
  std::int64_t first = 0, last = 0;  ///< of all that is stored
  std::vector<Bar> bars{};
};

/// A range of times, `from` inclusive, `to` exclusive.
struct Range {
  std::int64_t from = 0, to = 0;
};

/// `200` of /coins/{symbol}/statistics.
struct RangeStatistics {
  std::string symbol;
  std::string currency;
  std::int64_t count = 0;
  std::optional<double> mean, median, standard_deviation;
  std::optional<Decimal> min, max, first, last;
  std::optional<double> simple_return;
  std::optional<double> volatility;
};
CRYPTOSTREAM_SCHEMA(RangeStatistics, symbol, currency, count, mean, median, standard_deviation, min, max, first, last,
                    (simple_return, "return"), volatility)

/// Reads `quotes`, `price` with `crypto`, and `quotes_coins`, whichever there are. Thread-safe.
class Reads {
 public:
  explicit Reads(std::unique_ptr<TableReader> reader) : reader_(std::move(reader)) {}

  const std::string& description() const { return reader_->description(); }
  /// The currency that prices are stored in, and all that there are rates for, that one first.
  Result<std::vector<std::string>> currencies();
  /// Whether there is any table of prices.
  Result<bool> any();
  /// The latest of every coin, by symbol, in the stored currency.
  Result<std::map<std::string, CoinState>> latest();
  /// The latest units of `currency` for one of the stored one; nothing if there is no rate.
  Result<std::optional<Decimal>> latest_rate(const std::string& currency);
  /// Nothing if there is no such coin. `interval` 0: a round one, such that there are at most `points` candles.
  Result<std::optional<History>> history(const std::string& symbol, Range range, const std::string& currency,
                                         std::int64_t interval, std::int64_t points);
  Result<std::optional<RangeStatistics>> statistics(const std::string& symbol, Range range,
                                                    const std::string& currency);
  /// The last market cap of each coin in each of at most `points` intervals, by the interval's start and symbol.
  Result<std::map<std::int64_t, std::map<std::string, double>>> market_caps(Range range, std::int64_t points);

 private:
  using Columns = std::set<std::string, std::less<>>;
  using Tables = std::map<std::string, Columns, std::less<>>;
  /// Where a coin's prices are, and whether they are converted already.
  struct Series {
    std::string from;  ///< "FROM … WHERE …", with $1 the symbol
    std::string price;
    std::string volume;  ///< an expression, or empty
    bool converted = false;
    std::int64_t first = 0, last = 0;
  };

  Result<Tables> tables();
  Result<std::optional<Series>> series(const std::string& symbol, const std::string& currency);
  Result<std::vector<Bar>> bars(const Series& series, const std::string& symbol, Range range, std::int64_t interval);
  Result<std::map<std::int64_t, double>> rates(Range range, std::int64_t interval, const std::string& currency);
  std::string milliseconds(const std::string& column) const;  ///< an expression
  std::string time_parameter(int index) const;                ///< an expression

  std::unique_ptr<TableReader> reader_;
  std::mutex mutex_;
  Tables tables_;  // guarded by mutex_
  std::int64_t tables_read_ = 0;
};

}  // namespace cryptostream::dashboard
