// RSI: how much of the recent movement was upwards.
#pragma once

#include <cryptostream/market/moving_average.h>

#include <cstdint>
#include <optional>

namespace cryptostream {

/// Relative strength index, 0 to 100: 100 · G / (G + L), which is 100 − 100 / (1 + G/L). G and L are Wilder's averages
/// of the gains and the losses from price to price, seeded with the simple mean of the first n changes. (Wilder, New
/// Concepts in Technical Trading Systems, 1978; TA-Lib's RSI.) Nothing before there were n changes, nor while nothing
/// has moved at all: 0/0 has no value. (TA-Lib gives 0 then.) Decimals, as wilder_average().
class Rsi {
 public:
  /// Throws std::invalid_argument if `period` is not positive.
  explicit Rsi(std::int64_t period = 14) : gains_(wilder_average(period)), losses_(wilder_average(period)) {}

  void add(const Decimal& price) {
    if (previous_) {
      auto change = price - *previous_;
      gains_.add(change.negative() ? Decimal() : change);
      losses_.add(change.negative() ? -change : Decimal());
    }
    previous_ = price;
  }
  std::optional<Decimal> value() const {
    if (!gains_.value()) return std::nullopt;
    auto all = *gains_.value() + *losses_.value();
    if (all.is_zero()) return std::nullopt;
    return *gains_.value() * Decimal(100) / all;
  }
  std::int64_t period() const { return gains_.period(); }

 private:
  SmoothedAverage gains_, losses_;
  std::optional<Decimal> previous_;

  friend constexpr auto cryptostream_schema(TypeTag<Rsi>) {
    return schema(field("gains", &Rsi::gains_), field("losses", &Rsi::losses_), field("previous", &Rsi::previous_));
  }
};

}  // namespace cryptostream
