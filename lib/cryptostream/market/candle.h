// candle/1: what a market did in one interval, made of its trades.
#pragma once

#include <cryptostream/market/quote.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

/// Open, high, low and close of one product in one interval. What makes it one of a kind is (source, product, start).
struct Candle {
  std::string source;   ///< "coinbase"
  std::string product;  ///< the source's own name of it, asset_id of its quotes: "BTC-USD"
  Timestamp start;      ///< the interval's, inclusive
  Decimal open, high, low, close;
  Decimal volume;               ///< of the asset: the sum of the trades' sizes
  std::optional<Decimal> vwap;  ///< Σ(price × size) / Σ size; nothing where no trade had a size
  std::int64_t trades = 0;
};
CRYPTOSTREAM_SCHEMA(Candle, source, product, start, open, high, low, close, volume, vwap, trades)

constexpr std::string_view cryptostream_type(TypeTag<Candle>) { return "candle/1"; }

/// The topic that candles go to if nothing else is said.
inline constexpr std::string_view candles_topic = "candles";

/// The key of a product's records where those of several sources meet: "coinbase:BTC-USD".
std::string product_key(std::string_view source, std::string_view product);
std::string product_key(const Quote& quote);

/// A candle in the making: `aggregate<CandleBuilder>(&CandleBuilder::add)`.
///
/// Trades may come in any order: open is the price of the first and close that of the last by (time, trade_id), and of
/// trades that have both in common by price. Volume and turnover are exact sums as long as they have 38 digits; vwap is
/// one division of them. A quote without a size counts as a trade and moves prices, and adds no volume. The same trade
/// twice counts twice: sources give each once.
class CandleBuilder {
 public:
  /// Throws std::invalid_argument if the quote is of another source or product than those before it, DecimalError where
  /// a sum does not fit.
  void add(const Quote& trade);

  std::int64_t trades() const { return trades_; }
  /// The candle of the interval that begins at `start`. There must have been a trade.
  Candle candle(Timestamp start) const;

 private:
  std::string source_;
  std::string product_;
  Timestamp first_time_{};
  std::int64_t first_id_ = 0;
  Timestamp last_time_{};
  std::int64_t last_id_ = 0;
  Decimal open_, high_, low_, close_, volume_, turnover_;
  std::int64_t trades_ = 0;

  friend constexpr auto cryptostream_schema(TypeTag<CandleBuilder>) {
    using B = CandleBuilder;
    return schema(field("source", &B::source_), field("product", &B::product_), field("first_time", &B::first_time_),
                  field("first_id", &B::first_id_), field("last_time", &B::last_time_), field("last_id", &B::last_id_),
                  field("open", &B::open_), field("high", &B::high_), field("low", &B::low_),
                  field("close", &B::close_), field("volume", &B::volume_), field("turnover", &B::turnover_),
                  field("trades", &B::trades_));
  }
};

}  // namespace cryptostream
