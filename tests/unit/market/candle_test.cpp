// candle/1 and its builder. (market_vectors_test.cpp compares with pandas.)
#include <cryptostream/data/serde.h>
#include <cryptostream/market/registry.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace cryptostream;

static_assert(domain_type<Candle>() == "candle/1");
static_assert(domain_type<Indicator>() == "indicator/1");

namespace {

Quote trade(std::int64_t time, std::optional<std::int64_t> id, const char* price, const char* size) {
  Quote quote;
  quote.source = "coinbase";
  quote.asset_id = "BTC-USD";
  quote.symbol = "BTC";
  quote.currency = "USD";
  quote.time = {time};
  quote.trade_id = id;
  quote.price = Decimal::of(price);
  if (size) quote.size = Decimal::of(size);
  return quote;
}

template <class T>
std::string json(const T& value) {
  std::string text;
  default_serde<T>().encode(value, text);
  return text;
}

}  // namespace

TEST_CASE("candles and indicators are written as the data contract says") {
  CandleBuilder builder;
  builder.add(trade(60'500, 7, "67000.50", "0.2"));
  builder.add(trade(60'100, 3, "67010", "0.1"));
  CHECK(json(builder.candle({60'000})) ==
        R"({"source":"coinbase","product":"BTC-USD","start":60000,"open":"67010","high":"67010","low":"67000.50",)"
        R"("close":"67000.50","volume":"0.3","vwap":"67003.666666666666666667","trades":2})");
  CHECK(
      json(Indicator{"coinbase", "BTC-USD", {60'000}, "macd", "12,26,9", Decimal::of("-1.50")}) ==
      R"({"source":"coinbase","product":"BTC-USD","time":60000,"name":"macd","parameters":"12,26,9","value":"-1.50"})");
}

TEST_CASE("trades of one millisecond are ordered by their ids") {
  CandleBuilder builder;
  builder.add(trade(1, 11, "2", "1"));
  builder.add(trade(1, 12, "3", "1"));
  builder.add(trade(1, 10, "1", "1"));
  auto candle = builder.candle({0});
  CHECK(candle.open == Decimal(1));
  CHECK(candle.close == Decimal(3));
}

TEST_CASE("prices without sizes make a candle without volume") {
  CandleBuilder builder;
  builder.add(trade(1, std::nullopt, "2", nullptr));
  builder.add(trade(2, std::nullopt, "3", nullptr));
  auto candle = builder.candle({0});
  CHECK(candle.volume.is_zero());
  CHECK(!candle.vwap);
  CHECK(candle.trades == 2);
}

TEST_CASE("a candle of one product refuses trades of another") {
  CandleBuilder builder;
  builder.add(trade(1, 1, "2", "1"));
  auto other = trade(2, 2, "3", "1");
  other.asset_id = "BTC-EUR";
  CHECK_THROWS_AS(builder.add(other), std::invalid_argument);
  CHECK(builder.trades() == 1);
}

TEST_CASE("a candle does not depend on the order in which its trades come, nor on being stored in between") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    std::vector<Quote> trades;
    for (std::size_t i = 0, count = 1 + random() % 30; i < count; ++i) {
      auto id = random() % 5 == 0 ? std::nullopt : std::optional(static_cast<std::int64_t>(random() % 10));
      auto price = std::to_string(random() % 10) + (random() % 2 == 0 ? ".5" : ".50");
      trades.push_back(trade(static_cast<std::int64_t>(random() % 20), id, price.c_str(), "0.10"));
    }
    std::string expected;
    for (int permutation = 0; permutation < 4; ++permutation) {
      CandleBuilder builder;
      for (const auto& one : trades) {
        builder.add(one);
        CandleBuilder stored;
        REQUIRE(default_serde<CandleBuilder>().decode(json(builder), stored));
        builder = stored;
      }
      auto got = json(builder.candle({0}));
      if (expected.empty()) expected = got;
      CHECK(got == expected);
      std::shuffle(trades.begin(), trades.end(), random);
    }
  }
}
