// The trades of one product put in order: each once, holes found. Private to this folder.
#pragma once

#include <cryptostream/sources/coinbase/messages.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace cryptostream {

/// Trade ids of a product are consecutive. A trade that is older than the last one given is dropped, one that is ahead
/// is held until what is missing has come: by itself (out of order, within `patience`), fetched, or given up.
class TradeSequence {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Ids that are missing, both ends included.
  struct Hole {
    std::int64_t first;
    std::int64_t last;
    std::int64_t size() const { return last - first + 1; }
  };

  /// `last`: the last trade given by an earlier run. Without it the first trade seen begins the sequence.
  explicit TradeSequence(std::optional<std::int64_t> last = {}) : last_(last) {}

  std::optional<std::int64_t> last() const { return last_; }
  std::size_t held() const { return held_.size(); }

  /// False if the trade is dropped: seen before, or too late.
  bool add(CoinbaseTrade trade);

  /// What the exchange says was the last trade.
  void expect(std::int64_t trade_id);

  /// Moves the trades that are next in order to `out`.
  void take(std::vector<CoinbaseTrade>& out);

  /// When the hole, if there is one, becomes due. Call after take(); `now` is when a new hole begins to count.
  std::optional<Time> due(Time now, std::chrono::milliseconds patience);
  std::optional<Hole> hole() const;

  /// Goes on behind the hole.
  void skip();

 private:
  std::optional<std::int64_t> last_;            // given out
  std::int64_t expected_ = 0;                   // by the exchange's word
  std::map<std::int64_t, CoinbaseTrade> held_;  // all above last_
  std::optional<Time> hole_since_;
  std::int64_t hole_at_ = 0;  // where that hole begins
};

}  // namespace cryptostream
