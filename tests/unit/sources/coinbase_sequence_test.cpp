// Trades put in order.
#include <cryptostream/sources/coinbase/sequence.h>

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace std::chrono_literals;

namespace {

CoinbaseTrade trade(std::int64_t id) {
  return {.product = "BTC-USD", .trade_id = id, .side = Side::buy, .price = {}, .size = {}, .time = {}};
}

std::vector<std::int64_t> taken(TradeSequence& sequence) {
  std::vector<CoinbaseTrade> trades;
  sequence.take(trades);
  std::vector<std::int64_t> ids;
  for (const auto& t : trades) ids.push_back(t.trade_id);
  return ids;
}

using Ids = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("without a past the first trade begins the sequence") {
  TradeSequence sequence;
  sequence.expect(50);
  CHECK_FALSE(sequence.hole());
  CHECK(sequence.add(trade(100)));
  CHECK(taken(sequence) == Ids{100});
  CHECK_FALSE(sequence.add(trade(100)));
  CHECK_FALSE(sequence.add(trade(99)));
  CHECK(sequence.add(trade(101)));
  CHECK(taken(sequence) == Ids{101});
}

TEST_CASE("a trade ahead is held until the hole is filled or skipped") {
  TradeSequence sequence(10);
  CHECK(sequence.add(trade(13)));
  CHECK_FALSE(sequence.add(trade(13)));
  CHECK(taken(sequence).empty());
  auto hole = sequence.hole();
  REQUIRE(hole);
  CHECK(hole->first == 11);
  CHECK(hole->last == 12);
  CHECK(sequence.add(trade(12)));
  CHECK(sequence.hole()->last == 11);
  CHECK(sequence.add(trade(11)));
  CHECK(taken(sequence) == Ids{11, 12, 13});
  CHECK(sequence.add(trade(20)));
  sequence.skip();
  CHECK(taken(sequence) == Ids{20});
  CHECK(sequence.last() == 20);
}

TEST_CASE("what the exchange says was last is a hole too, until it comes") {
  TradeSequence sequence(10);
  sequence.expect(10);
  CHECK_FALSE(sequence.hole());
  sequence.expect(12);
  sequence.expect(11);
  CHECK(sequence.hole()->last == 12);
  CHECK(sequence.add(trade(11)));
  CHECK(taken(sequence) == Ids{11});
  CHECK(sequence.hole()->first == 12);
  sequence.skip();
  CHECK_FALSE(sequence.hole());
  CHECK(sequence.last() == 12);
}

TEST_CASE("a hole is due after the patience, counted anew when another one follows") {
  TradeSequence sequence(10);
  TradeSequence::Time start{};
  CHECK_FALSE(sequence.due(start, 1s));
  sequence.add(trade(12));
  CHECK(sequence.due(start, 1s) == start + 1s);
  CHECK(sequence.due(start + 5s, 1s) == start + 1s);
  sequence.add(trade(11));
  sequence.add(trade(14));
  taken(sequence);
  CHECK(sequence.due(start + 5s, 1s) == start + 6s);
}

TEST_CASE("any order with any repetition comes out ascending, each once") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    Ids ids;
    for (std::int64_t id = 1; id <= 50; ++id)
      for (auto copies = random() % 3 + 1; copies > 0; --copies) ids.push_back(id);
    std::shuffle(ids.begin(), ids.end(), random);
    TradeSequence sequence(0);
    Ids out;
    for (auto id : ids) {
      sequence.add(trade(id));
      for (auto t : taken(sequence)) out.push_back(t);
    }
    Ids expected(50);
    for (std::size_t i = 0; i < 50; ++i) expected[i] = static_cast<std::int64_t>(i) + 1;
    REQUIRE(out == expected);
  }
}
