// Bollinger bands: an average, and how far prices usually are from it.
#pragma once

#include <cryptostream/market/last_values.h>

#include <cstdint>
#include <optional>

namespace cryptostream {

struct BollingerValue {
  Decimal middle;    ///< the simple moving average, exact
  Decimal upper;     ///< middle + width · deviation
  Decimal lower;     ///< middle − width · deviation
  double deviation;  ///< of the population: √(Σ(p − middle)² / n)
};

/// Bollinger bands over the last n prices. (Bollinger on Bollinger Bands, 2001: population deviation; TA-Lib's BBANDS.)
/// The variance is exact (ExactMoments); only its root is a double, of which the bands take the shortest text that
/// gives it back, so that they have about 16 right digits. Nothing before there are n prices. value() is O(n).
class Bollinger {
 public:
  /// Throws std::invalid_argument if `period` is not positive or `width` negative.
  explicit Bollinger(std::int64_t period = 20, const Decimal& width = Decimal(2));

  void add(const Decimal& price) { last_.add(price); }
  std::optional<BollingerValue> value() const;
  std::int64_t period() const { return last_.size(); }
  const Decimal& width() const { return width_; }

 private:
  LastValues last_;
  Decimal width_;

  friend constexpr auto cryptostream_schema(TypeTag<Bollinger>) {
    return schema(field("last", &Bollinger::last_), field("width", &Bollinger::width_));
  }
};

/// The decimal whose text is the shortest that reads back as `value`. Throws DecimalError if it is not finite or too
/// large.
Decimal decimal_of(double value);

}  // namespace cryptostream
