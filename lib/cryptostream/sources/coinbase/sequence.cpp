#include <cryptostream/sources/coinbase/sequence.h>

#include <algorithm>

namespace cryptostream {

bool TradeSequence::add(CoinbaseTrade trade) {
  if (!last_) last_ = trade.trade_id - 1;
  if (trade.trade_id <= *last_) return false;
  auto id = trade.trade_id;
  return held_.emplace(id, std::move(trade)).second;
}

void TradeSequence::expect(std::int64_t trade_id) { expected_ = std::max(expected_, trade_id); }

void TradeSequence::take(std::vector<CoinbaseTrade>& out) {
  while (!held_.empty() && held_.begin()->first == *last_ + 1) {
    last_ = held_.begin()->first;
    out.push_back(std::move(held_.begin()->second));
    held_.erase(held_.begin());
  }
}

std::optional<TradeSequence::Hole> TradeSequence::hole() const {
  if (!last_) return std::nullopt;
  Hole hole{*last_ + 1, held_.empty() ? expected_ : held_.begin()->first - 1};
  if (hole.size() <= 0) return std::nullopt;
  return hole;
}

std::optional<TradeSequence::Time> TradeSequence::due(Time now, std::chrono::milliseconds patience) {
  auto open = hole();
  if (!open) {
    hole_since_.reset();
    return std::nullopt;
  }
  if (!hole_since_ || hole_at_ != open->first) {
    hole_since_ = now;
    hole_at_ = open->first;
  }
  return *hole_since_ + patience;
}

void TradeSequence::skip() {
  if (auto open = hole()) last_ = open->last;
}

}  // namespace cryptostream
