// Statistics of the values of a sliding time window.
#pragma once

#include <cryptostream/market/exact_moments.h>
#include <cryptostream/market/running_median.h>
#include <cryptostream/market/sample.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace cryptostream {

/// What there is to say of the values v1 … vn of a window, in the order of their times (then ids).
struct Statistics {
  Timestamp from;  ///< the window: later than `from` …
  Timestamp to;    ///< … up to `to`, the time of the latest value
  std::int64_t count = 0;
  Decimal first, last, min, max;
  Decimal mean;                            ///< Σv / n, by one division: 18 decimals or the values' own scale
  Decimal median;                          ///< the middle one; of an even number the mean of the middle two
  double deviation = 0;                    ///< of the population: √(Σ(v − mean)² / n)
  std::optional<double> sample_deviation;  ///< √(Σ(v − mean)² / (n − 1)), from two values on (Bessel's correction)
  std::optional<Decimal> simple_return;       ///< (last − first) / first; nothing if first is 0
  std::optional<double> realized_volatility;  ///< √Σ ln(v_i / v_(i−1))², from two values on, all of them positive
  bool complete = true;  ///< false if the window had more values than max_samples: the latest count
};
CRYPTOSTREAM_SCHEMA(Statistics, from, to, count, first, last, min, max, mean, median, deviation, sample_deviation,
                    simple_return, realized_volatility, complete)

struct WindowStatisticsOptions {
  std::chrono::milliseconds window = std::chrono::hours(24);
  std::size_t max_samples = 100'000;  ///< at most so many values, the latest; some 250 bytes each
};

/// Statistics over the values of the last `window` of event time: those later than the latest value's time − window.
///
/// Values may come in any order: the answer depends on which came, not on when. One that is behind the window when it
/// comes is left out. Sums are exact (ExactMoments), so values that leave take with them exactly what they brought; so
/// do the squared returns, which are whole multiples of 2^-90. Only deviations and volatility are doubles, for their
/// roots and logarithms, rounded once from the exact sums. Volatility is realised volatility (Andersen and Bollerslev
/// 1998), not annualised: it needs no equal distances in time. Cost: O(log n) a value, and the distance from the end
/// for one that comes late; value() does not depend on n.
class WindowStatistics {
 public:
  /// Throws std::invalid_argument if window or max_samples is not positive.
  explicit WindowStatistics(WindowStatisticsOptions options = {});

  /// Takes a sample in. False if it changes nothing, now or later: it is behind the window, or before all that
  /// max_samples has room for. (The latest that finds no room is remembered: it makes the answer incomplete.)
  bool add(const Sample& sample);
  /// What the last add() made superfluous: who keeps the rest, adds it to a new object and gets the same answers. A
  /// sample that was replaced is not among them.
  const std::vector<Sample>& removed() const { return removed_; }

  std::size_t count() const { return samples_.size(); }
  /// Nothing if there was no value yet. Throws DecimalError where a sum has more than 38 digits before the point.
  std::optional<Statistics> value() const;

 private:
  using Position = std::deque<Sample>::iterator;
  __extension__ typedef __int128 SquaredReturn;  // in 2^-90

  void enter(Position at, const Sample& sample);
  Sample leave_first();
  bool crowd_out(const Sample& sample);
  void count_return(const Decimal& before, const Decimal& after, int sign);

  WindowStatisticsOptions options_;
  std::deque<Sample> samples_;
  ExactMoments moments_;
  RunningMedian order_;
  SquaredReturn squared_returns_ = 0;
  std::size_t not_positive_ = 0;
  std::optional<Sample> crowded_out_;  // the latest in the window that max_samples left no room for
  std::vector<Sample> removed_;
};

}  // namespace cryptostream
