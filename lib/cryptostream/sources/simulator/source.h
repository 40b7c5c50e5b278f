// Invented trades that look like an exchange's: for demonstrations, tests and benchmarks.
#pragma once

#include <cryptostream/core/clock.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/quote.h>
#include <cryptostream/sources/counts.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cryptostream {

struct SimulatorOptions {
  /// Symbols; empty: the first `coin_count` of the simulator's own (BTC, ETH, SOL, XRP, BNB, …).
  std::vector<std::string> coins{};
  int coin_count = 5;
  /// A name only: prices are the same in all.
  std::string currency = "USD";
  /// Records a second, all partitions together; fractions too; 0: as fast as they are taken.
  double rate = 10;
  /// Ends (with empty batches) after so many records, all partitions together; 0: never.
  std::uint64_t count = 0;
  /// Coins are dealt out to them in turn.
  int partitions = 1;
  /// Of the sequence; nothing: a random one on the first start.
  std::optional<std::uint64_t> seed{};
  /// Times are this plus number/rate (1000 a second if `rate` is 0), for runs that repeat exactly; nothing: the
  /// clock's.
  std::optional<Timestamp> start{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count what happens, if anybody wants to know
};

/// A Source of quote/1, one a trade, key = symbol. Prices walk at random with a volatility of their own and a share of
/// the whole market's, in ticks of fixed decimals; trade_id rises by one per coin, and every coin trades equally often.
/// Each record has header `cryptostream.simulated`.
///
/// The sequence follows from seed and coins alone. A position is the seed and the number of records given, so that a
/// resumed run goes on as if it had never stopped, and without reading anything over. (With another rate, prices jump
/// at that place.)
///
/// The rate is held over time: what a late poll missed is caught up, but after more than a quarter of a second (a pause
/// of the machine, a slow consumer) the lost time is left out rather than made up by a burst.
class SimulatorSource {
 public:
  using Key = std::string;
  using Value = Quote;

  /// `clock` must outlive the source and its readers.
  explicit SimulatorSource(SimulatorOptions options = {}, const Clock& clock = system_clock());

  std::string name() const { return "simulator"; }
  int partitions() const { return options_.partitions; }

  /// Errors (configuration): options that make no sense, a position that is none or is another seed's.
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  SimulatorOptions options_;
  const Clock* clock_;
};

}  // namespace cryptostream
