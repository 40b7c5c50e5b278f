#include <cryptostream/market/candle.h>

#include <cryptostream/market/sample.h>

#include <fmt/core.h>

#include <stdexcept>
#include <tuple>

namespace cryptostream {

std::string product_key(std::string_view source, std::string_view product) {
  return fmt::format("{}:{}", source, product);
}
std::string product_key(const Quote& quote) { return product_key(quote.source, quote.asset_id); }

void CandleBuilder::add(const Quote& trade) {
  auto id = trade.trade_id.value_or(0);
  const auto& price = trade.price;
  if (trades_ == 0) {
    source_ = trade.source;
    product_ = trade.asset_id;
    first_time_ = last_time_ = trade.time;
    first_id_ = last_id_ = id;
    open_ = high_ = low_ = close_ = price;
  } else if (source_ != trade.source || product_ != trade.asset_id) {
    throw std::invalid_argument(fmt::format("a candle of {} was given a trade of {}: group by product_key()",
                                            product_key(source_, product_), product_key(trade)));
  }
  auto place = std::tie(trade.time, id);
  if (auto first = std::tie(first_time_, first_id_); place < first || (place == first && text_order(price, open_))) {
    first = place;
    open_ = price;
  }
  if (auto last = std::tie(last_time_, last_id_); last < place || (last == place && text_order(close_, price))) {
    last = place;
    close_ = price;
  }
  if (text_order(price, low_)) low_ = price;
  if (text_order(high_, price)) high_ = price;
  if (trade.size) {
    volume_ += *trade.size;
    turnover_ += price * *trade.size;
  }
  ++trades_;
}

Candle CandleBuilder::candle(Timestamp start) const {
  Candle candle;
  candle.source = source_;
  candle.product = product_;
  candle.start = start;
  candle.open = open_;
  candle.high = high_;
  candle.low = low_;
  candle.close = close_;
  candle.volume = volume_;
  if (!volume_.is_zero()) candle.vwap = turnover_ / volume_;
  candle.trades = trades_;
  return candle;
}

}  // namespace cryptostream
