// One value at one time: what statistics, changes and indicators are made of.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>
#include <cryptostream/market/candle.h>
#include <cryptostream/market/coin.h>
#include <cryptostream/market/quote.h>

#include <compare>
#include <cstdint>
#include <string_view>

namespace cryptostream {

/// By value, and equal values by their scale, so that what is chosen among "1.0" and "1.00" does not depend on the
/// order in which they came.
struct TextOrder {
  bool operator()(const Decimal& a, const Decimal& b) const {
    auto order = a <=> b;
    return order != 0 ? order < 0 : a.scale() < b.scale();
  }
};
inline constexpr TextOrder text_order{};

/// A value at a time. `id` tells samples of one time apart and orders them: a trade's id, 0 where there is none. Time
/// and id are what makes a sample one of a kind: a second one with both equal takes the place of the first.
struct Sample {
  Timestamp time{};
  Decimal value{};
  std::int64_t id = 0;

  /// Earlier, or at the same time with a smaller id.
  bool before(const Sample& other) const { return time != other.time ? time < other.time : id < other.id; }
  bool same_place(const Sample& other) const { return time == other.time && id == other.id; }
};
CRYPTOSTREAM_SCHEMA(Sample, time, value, id)

/// The sample that a record stands for. Operators take every type that has such a function in its namespace.
inline Sample sample_of(const Sample& sample) { return sample; }
inline Sample sample_of(const Quote& quote) { return {quote.time, quote.price, quote.trade_id.value_or(0)}; }
inline Sample sample_of(const Coin& coin) { return {coin.time, coin.price, 0}; }
/// A candle's close, at the candle's start.
inline Sample sample_of(const Candle& candle) { return {candle.start, candle.close, 0}; }

/// True for types that operators over samples take.
template <class V>
concept HasSample = requires(const V& value) {
  sample_of(value);
};

}  // namespace cryptostream
