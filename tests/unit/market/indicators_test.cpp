// Indicators: seeds, borders, stored state, candles that change. (market_vectors_test.cpp compares with TA-Lib.)
#include <cryptostream/data/serde.h>
#include <cryptostream/market/indicator_set.h>

#include <doctest/doctest.h>

#include <chrono>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace cryptostream;

namespace {

template <class T>
std::string json(const T& value) {
  std::string text;
  default_serde<T>().encode(value, text);
  return text;
}
std::string lines(const std::vector<Indicator>& indicators) {
  std::string text;
  for (const auto& indicator : indicators) text += json(indicator) + "\n";
  return text;
}

template <class Indicator>
auto after(Indicator indicator, std::initializer_list<const char*> prices) {
  for (const char* price : prices) indicator.add(Decimal::of(price));
  return indicator.value();
}

Candle candle(std::int64_t minute, const Decimal& close) {
  Candle candle;
  candle.source = "coinbase";
  candle.product = "BTC-USD";
  candle.start = {minute * 60'000};
  candle.open = candle.close = close;
  candle.high = close + Decimal(2);
  candle.low = close - Decimal(1);
  candle.volume = Decimal::of("1.5");
  candle.trades = 3;
  return candle;
}

IndicatorOptions small() {
  return {.sma = {3},
          .ema = {3},
          .rsi = {3},
          .macd = {{2, 4, 3}},
          .bollinger = {{3, Decimal(2)}},
          .vwap_sessions = {std::chrono::hours(24)},
          .volatility = {{3, 525'600}}};
}

}  // namespace

TEST_CASE("averages begin with the simple mean of their first values") {
  CHECK(!after(Sma(3), {"1", "2"}));
  CHECK(after(Sma(3), {"1", "2", "4.5"})->to_string() == "2.500000000000000000");
  CHECK(after(Sma(3), {"9", "1", "2", "3"}) == Decimal(2));
  CHECK(!after(ema(3), {"1", "2"}));
  CHECK(after(ema(3), {"1", "2", "6"}) == Decimal(3));
  CHECK(after(ema(3), {"1", "2", "6", "4"}) == Decimal::of("3.5"));          // 3 + 2/4 · (4 − 3)
  CHECK(after(wilder_average(4), {"1", "2", "3", "6", "7"}) == Decimal(4));  // 3 + 1/4 · (7 − 3)
  CHECK(after(ema(1), {"5", "7"}) == Decimal(7));
}

TEST_CASE("averages of cheap coins have digits to spare") {
  auto value = *after(ema(3), {"0.000000001234", "0.000000001235", "0.000000001237"});
  CHECK(value.to_string() == "0.000000001235333333333333");
}

TEST_CASE("RSI of Wilder's kind: seeded by means, then smoothed") {
  CHECK(!after(Rsi(2), {"10", "11"}));
  CHECK(after(Rsi(2), {"10", "11", "10.5"}) == Decimal(100) / Decimal::of("1.5"));                // G 0.5, L 0.25
  CHECK(after(Rsi(2), {"10", "11", "10.5", "11.5"})->to_double() == doctest::Approx(600.0 / 7));  // G 0.75, L 0.125
  CHECK(after(Rsi(2), {"1", "2", "3"}) == Decimal(100));
  CHECK(after(Rsi(2), {"3", "2", "1"}) == Decimal(0));
  CHECK(!after(Rsi(2), {"3", "3", "3"}));  // 0/0
}

TEST_CASE("Bollinger bands use the deviation of the population") {
  auto value = after(Bollinger(4, Decimal::of("1.5")), {"100", "2", "4", "4", "6"});
  REQUIRE(value);
  CHECK(value->middle == Decimal(4));
  CHECK(value->deviation == doctest::Approx(1.4142135623730951));
  CHECK(value->upper.to_double() == doctest::Approx(4 + 1.5 * 1.4142135623730951));
  CHECK(value->upper - value->middle == value->middle - value->lower);
  CHECK(after(Bollinger(2), {"67000.1", "67000.1"})->upper == Decimal::of("67000.1"));
}

TEST_CASE("VWAP takes trades and candles, keeps to its session, and is exact") {
  Vwap vwap{std::chrono::milliseconds(1000)};
  CHECK(!vwap.value());
  vwap.add({1'500}, Decimal::of("10"), Decimal::of("3"));
  vwap.add({1'200}, Decimal::of("20"), Decimal::of("1"));
  CHECK(vwap.value() == Decimal::of("12.5"));
  vwap.add_typical({1'600}, Decimal(31), Decimal(29), Decimal(30), Decimal(4));
  CHECK(vwap.value() == Decimal::of("21.25"));
  vwap.add({2'000}, Decimal(7), Decimal(1));
  vwap.add({1'999}, Decimal(100), Decimal(1));  // of a session that is over
  CHECK(vwap.value() == Decimal(7));
  vwap.add({-1}, Decimal(100), Decimal(1));
  CHECK(vwap.value() == Decimal(7));
}

TEST_CASE("volatility refuses what has no logarithm, and is annualised on request") {
  CHECK(after(Volatility(2), {"1", "2", "1"}).value() == doctest::Approx(0.98025814346854722));  // ln 2 · √2
  CHECK(after(Volatility(2, 100), {"1", "2", "1"}).value() == doctest::Approx(9.8025814346854722));
  CHECK(!after(Volatility(2), {"1", "2"}));
  CHECK_THROWS_AS(after(Volatility(2), {"1", "0"}), std::invalid_argument);
  CHECK_THROWS_AS(after(Volatility(2), {"-1"}), std::invalid_argument);
}

TEST_CASE("periods that make no sense are refused") {
  for (std::int64_t period : {0, -1}) {
    CHECK_THROWS_AS(Sma{period}, std::invalid_argument);
    CHECK_THROWS_AS(ema(period), std::invalid_argument);
    CHECK_THROWS_AS(Rsi{period}, std::invalid_argument);
    CHECK_THROWS_AS(Macd(12, 26, period), std::invalid_argument);
    CHECK_THROWS_AS(Bollinger{period}, std::invalid_argument);
    CHECK_THROWS_AS(Vwap{std::chrono::milliseconds(period)}, std::invalid_argument);
  }
  CHECK_THROWS_AS(Volatility{1}, std::invalid_argument);
  CHECK_THROWS_AS(Volatility(2, -1), std::invalid_argument);
  CHECK_THROWS_AS(Bollinger(2, Decimal(-1)), std::invalid_argument);
}

TEST_CASE("a set gives each indicator as soon as it has seen enough") {
  IndicatorSet set(small());
  std::vector<std::size_t> counts;
  std::set<std::string> names;
  for (int minute = 0; minute < 7; ++minute) {
    auto one = candle(minute, Decimal(100 + minute * minute));
    set.add(one);
    std::vector<Indicator> made;
    set.append_to(made, one);
    counts.push_back(made.size());
    for (const auto& indicator : made) {
      names.insert(indicator.name + "(" + indicator.parameters + ")");
      CHECK(indicator.source == "coinbase");
      CHECK(indicator.time == one.start);
    }
  }
  CHECK(counts == std::vector<std::size_t>{1, 1, 6, 9, 9, 11, 11});
  CHECK(names == std::set<std::string>{"bollinger_lower(3,2)", "bollinger_middle(3,2)", "bollinger_upper(3,2)",
                                       "ema(3)", "macd(2,4,3)", "macd_histogram(2,4,3)", "macd_signal(2,4,3)", "rsi(3)",
                                       "sma(3)", "volatility(3,525600)", "vwap(86400)"});
}

TEST_CASE("the latest candle may change, and state may be stored at any time") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  IndicatorSet plain(small());
  LiveIndicators live(small());
  for (int minute = 0; minute < 100; ++minute) {
    if (random() % 5 == 0) continue;  // a minute without trades
    auto final = candle(minute, Decimal(static_cast<std::int64_t>(50 + random() % 100)) * Decimal::of("0.1"));
    std::vector<Indicator> expected, got;
    plain.add(final);
    plain.append_to(expected, final);
    for (auto changes = random() % 3; changes > 0; --changes)
      CHECK(live.add(candle(minute, Decimal(static_cast<std::int64_t>(1 + random() % 9))), got));
    got.clear();
    CHECK(live.add(final, got));
    CHECK(lines(got) == lines(expected));
    LiveIndicators stored;
    REQUIRE(default_serde<LiveIndicators>().decode(json(live), stored));
    CHECK(stored.specification() == live.specification());
    live = stored;
    std::vector<Indicator> none;
    CHECK(!live.add(candle(minute - 1, Decimal(5)), none));
    CHECK(none.empty());
  }
}
