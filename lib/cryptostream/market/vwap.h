// VWAP: the average price at which a session's volume changed hands.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace cryptostream {

/// Volume-weighted average price of a session: Σ(price × volume) / Σ volume since its beginning. (Berkowitz, Logue and
/// Noser 1988.) Sessions begin at the multiples of their length since 1970, UTC: days by default. Over candles the
/// price is the typical price, (high + low + close) / 3. The sums are exact as long as they have 38 digits, the average
/// is one division. Prices of one session may come in any order; those of an earlier one are left out.
class Vwap {
 public:
  /// Throws std::invalid_argument if `session` is not positive.
  explicit Vwap(std::chrono::milliseconds session = std::chrono::hours(24));

  void add(Timestamp time, const Decimal& price, const Decimal& volume) { add(time, price, volume, 1); }
  /// The same of a candle.
  void add_typical(Timestamp time, const Decimal& high, const Decimal& low, const Decimal& close,
                   const Decimal& volume) {
    add(time, high + low + close, volume, 3);
  }
  /// Of the latest session; nothing while it has no volume.
  std::optional<Decimal> value() const;
  std::chrono::milliseconds session() const { return std::chrono::milliseconds(length_); }

 private:
  void add(Timestamp time, const Decimal& prices, const Decimal& volume, std::int64_t how_many);

  std::int64_t length_ = 86'400'000;
  std::optional<Timestamp> start_;
  Decimal turnover_;    // of single prices
  Decimal turnover_3_;  // of sums of three: divided once, at the end
  Decimal volume_;

  friend constexpr auto cryptostream_schema(TypeTag<Vwap>) {
    return schema(field("session_ms", &Vwap::length_), field("start", &Vwap::start_),
                  field("turnover", &Vwap::turnover_), field("turnover_3", &Vwap::turnover_3_),
                  field("volume", &Vwap::volume_));
  }
};

}  // namespace cryptostream
