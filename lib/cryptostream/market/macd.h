// MACD: how far a fast moving average is from a slow one.
#pragma once

#include <cryptostream/market/moving_average.h>

#include <cstdint>
#include <optional>

namespace cryptostream {

struct MacdValue {
  Decimal macd;                      ///< EMA(fast) − EMA(slow)
  std::optional<Decimal> signal;     ///< EMA(signal) of macd; nothing before it has had `signal` values
  std::optional<Decimal> histogram;  ///< macd − signal
};

/// Moving average convergence/divergence. (Appel, Technical Analysis: Power Tools for Active Investors, 2005.) Each of
/// the three averages is seeded with the simple mean of its own first values; TA-Lib's MACD begins its fast average
/// later, and so differs in the beginning. Exact decimals, as ema().
class Macd {
 public:
  /// Throws std::invalid_argument if a period is not positive.
  explicit Macd(std::int64_t fast = 12, std::int64_t slow = 26, std::int64_t signal = 9)
      : fast_(ema(fast)), slow_(ema(slow)), signal_(ema(signal)) {}

  void add(const Decimal& price) {
    fast_.add(price);
    slow_.add(price);
    if (fast_.value() && slow_.value()) signal_.add(*fast_.value() - *slow_.value());
  }
  /// Nothing before both averages are there.
  std::optional<MacdValue> value() const {
    if (!fast_.value() || !slow_.value()) return std::nullopt;
    MacdValue result{*fast_.value() - *slow_.value(), signal_.value(), std::nullopt};
    if (result.signal) result.histogram = result.macd - *result.signal;
    return result;
  }
  std::int64_t fast() const { return fast_.period(); }
  std::int64_t slow() const { return slow_.period(); }
  std::int64_t signal() const { return signal_.period(); }

 private:
  SmoothedAverage fast_, slow_, signal_;

  friend constexpr auto cryptostream_schema(TypeTag<Macd>) {
    return schema(field("fast", &Macd::fast_), field("slow", &Macd::slow_), field("signal", &Macd::signal_));
  }
};

}  // namespace cryptostream
