// Moving averages: simple, exponential, and Wilder's.
#pragma once

#include <cryptostream/market/last_values.h>

#include <cstdint>
#include <optional>

namespace cryptostream {

/// a / b with at least `scale` decimals, half to even, rounded once.
Decimal quotient(const Decimal& a, const Decimal& b, int scale);

/// How many decimals an average of such values is carried with: twelve more than they have, at least 18. What the
/// rounding of one step loses fades like the value itself, so the whole error stays below (period + 1) / 4 units of the
/// last decimal.
int working_scale(int so_far, const Decimal& value);

/// Simple moving average: (p1 + … + pn) / n over the last n values; nothing before there are n. The sum is exact as
/// long as it has 38 digits, the mean one division. (Murphy, Technical Analysis of the Financial Markets, ch. 9;
/// TA-Lib's SMA.)
class Sma {
 public:
  /// Throws std::invalid_argument if `period` is not positive.
  explicit Sma(std::int64_t period = 20) : last_(period, "sma") {}

  void add(const Decimal& value);
  std::optional<Decimal> value() const;
  std::int64_t period() const { return last_.size(); }

 private:
  LastValues last_;
  Decimal sum_;

  friend constexpr auto cryptostream_schema(TypeTag<Sma>) {
    return schema(field("last", &Sma::last_), field("sum", &Sma::sum_));
  }
};

/// Average that gives each new value a weight of a = numerator / denominator and what was there before 1 − a:
/// e ← e + a·(p − e). Its seed is the simple mean of the first `period` values. In Decimal with working_scale()
/// decimals: the same on every machine.
class SmoothedAverage {
 public:
  SmoothedAverage() = default;
  SmoothedAverage(std::int64_t period, std::int64_t numerator, std::int64_t denominator, const char* what);

  void add(const Decimal& value);
  /// Nothing before there were `period` values.
  const std::optional<Decimal>& value() const { return value_; }
  std::int64_t period() const { return period_; }
  int scale() const { return scale_; }

 private:
  std::int64_t period_ = 1;
  std::int64_t numerator_ = 1;
  std::int64_t denominator_ = 1;
  std::int64_t count_ = 0;
  std::int32_t scale_ = 18;
  Decimal sum_;
  std::optional<Decimal> value_;

  friend constexpr auto cryptostream_schema(TypeTag<SmoothedAverage>) {
    using A = SmoothedAverage;
    return schema(field("period", &A::period_), field("numerator", &A::numerator_),
                  field("denominator", &A::denominator_), field("count", &A::count_), field("scale", &A::scale_),
                  field("sum", &A::sum_), field("value", &A::value_));
  }
};

/// Exponential moving average, a = 2 / (n + 1), seeded with the simple mean of the first n values. (Murphy, ch. 9;
/// TA-Lib's EMA.)
inline SmoothedAverage ema(std::int64_t period) { return {period, 2, period + 1, "ema"}; }

/// Wilder's smoothing, a = 1 / n, seeded likewise. (Wilder, New Concepts in Technical Trading Systems, 1978.)
inline SmoothedAverage wilder_average(std::int64_t period) { return {period, 1, period, "wilder_average"}; }

}  // namespace cryptostream
