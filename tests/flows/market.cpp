// Candles, indicators, statistics and percent changes over streams: out of order, late, and across crashes.
#include <cryptostream/cryptostream.h>
#include <cryptostream/market/candle_stream.h>
#include <cryptostream/market/indicator_stream.h>
#include <cryptostream/market/percent_change_stream.h>
#include <cryptostream/market/registry.h>
#include <cryptostream/market/statistics_stream.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace cryptostream;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

const KafkaTopic<std::string, Quote> quotes{"quotes"};
const KafkaTopic<std::string, Candle> candle_topic{"candles"};
const KafkaTopic<std::string, Indicator> indicator_topic{"indicators"};
const KafkaTopic<std::string, Statistics> statistics_topic{"statistics"};
const KafkaTopic<std::string, PercentChanges> changes_topic{"changes"};

template <class T>
std::string json(const T& value) {
  std::string text;
  default_serde<T>().encode(value, text);
  return text;
}

Quote trade(const std::string& product, std::int64_t time, std::int64_t id, const Decimal& price) {
  Quote quote;
  quote.source = "coinbase";
  quote.asset_id = product;
  quote.symbol = product.substr(0, 3);
  quote.currency = "USD";
  quote.time = {time};
  quote.trade_id = id;
  quote.price = price;
  quote.size = Decimal::of("0.5");
  return quote;
}

/// Trades of two products that share a symbol, in the order of their times.
std::vector<Quote> random_trades(std::mt19937& random, std::size_t count) {
  std::vector<Quote> trades;
  std::int64_t time = 1'700'000'000'000;
  for (std::size_t i = 0; i < count; ++i) {
    time += static_cast<std::int64_t>(random() % 4'000) + (random() % 30 == 0 ? 150'000 : 0);
    trades.push_back(trade(random() % 2 == 0 ? "BTC-USD" : "BTC-EUR", time, static_cast<std::int64_t>(i),
                           Decimal(static_cast<std::int64_t>(100 + random() % 100)) * Decimal::of("0.01")));
  }
  return trades;
}

/// The same, displaced by a few seconds at most.
std::vector<Quote> jumbled(std::vector<Quote> trades, std::mt19937& random, milliseconds most) {
  std::vector<std::pair<std::int64_t, std::size_t>> arrival;
  for (std::size_t i = 0; i < trades.size(); ++i)
    arrival.emplace_back(trades[i].time.ms + static_cast<std::int64_t>(random() % (most.count() + 1)), i);
  std::sort(arrival.begin(), arrival.end());
  std::vector<Quote> result;
  for (const auto& [time, index] : arrival) result.push_back(trades[index]);
  return result;
}

void pipe(TestDriver& driver, const std::vector<Quote>& trades) {
  for (const auto& one : trades) driver.pipe(quotes, one.symbol, one, one.time);
}

IndicatorOptions small_indicators() {
  return {.sma = {3}, .ema = {3}, .rsi = {3}, .macd = {{2, 3, 2}}, .bollinger = {{3, Decimal(2)}}, .volatility = {{2}}};
}

/// Each key's last value, as JSON.
template <class V>
std::map<std::string, std::string> last_of(TestDriver& driver, const KafkaTopic<std::string, V>& topic) {
  std::map<std::string, std::string> last;
  for (const auto& record : driver.read(topic)) last[record.key] = json(record.value);
  return last;
}

}  // namespace

TEST_CASE("candles of each product are those of its trades, out of order, with empty minutes and a crash in between") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  auto trades = random_trades(random, 300);
  std::map<std::pair<std::string, Timestamp>, CandleBuilder> builders;
  for (const auto& one : trades) builders[{product_key(one), bucket_start(one.time, 1min)}].add(one);
  std::multimap<std::string, std::string> expected;
  for (const auto& [key, builder] : builders) expected.emplace(key.first, json(builder.candle(key.second)));

  StreamsBuilder b;
  candles(b.stream(quotes)).to(candle_topic);
  TestDriver driver(b.build());
  auto arriving = jumbled(trades, random, 4s);
  auto half = static_cast<std::ptrdiff_t>(arriving.size() / 2);
  pipe(driver, {arriving.begin(), arriving.begin() + half});
  driver.restart();
  pipe(driver, {arriving.begin() + half, arriving.end()});
  pipe(driver, {trade("end", trades.back().time.ms + 600'000, 0, Decimal(1))});
  std::multimap<std::string, std::string> got;
  for (const auto& record : driver.read(candle_topic)) {
    got.emplace(record.key, json(record.value));
    CHECK(record.headers.view().last("cryptostream.type") == "candle/1");
  }
  CHECK(got == expected);
}

TEST_CASE("live candles end as the final ones, and so do their indicators") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  auto trades = random_trades(random, 200);
  auto end = trade("end", trades.back().time.ms + 600'000, 0, Decimal(1));

  using Rows = std::map<std::string, std::string>;
  auto run = [&](bool live) {
    StreamsBuilder b;
    auto made = candles(b.stream(quotes), {.live = live});
    made.to(candle_topic);
    indicators(made, small_indicators()).to(indicator_topic);
    TestDriver driver(b.build());
    pipe(driver, trades);
    driver.restart();
    pipe(driver, {end});
    Rows rows;
    for (const auto& record : driver.read(candle_topic))
      rows[record.key + " " + record.value.start.to_string()] = json(record.value);
    for (const auto& record : driver.read(indicator_topic)) {
      const auto& of = record.value;
      rows[record.key + " " + of.time.to_string() + " " + of.name + of.parameters] = json(of);
    }
    std::erase_if(rows, [](const auto& row) { return row.first.starts_with("coinbase:end"); });
    return rows;
  };
  auto final = run(false);
  CHECK(final.size() > 20);
  CHECK(run(true) == final);
}

TEST_CASE("indicators of a stream are those of its candles, whatever crashes") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  StreamsBuilder b;
  indicators(b.stream(candle_topic), small_indicators()).to(indicator_topic);
  TestDriver driver(b.build());
  std::map<std::string, IndicatorSet> sets;
  std::map<std::string, std::vector<Indicator>> expected;
  for (int minute = 0; minute < 40; ++minute) {
    auto key = random() % 2 == 0 ? "a" : "b";
    Candle candle;
    candle.source = "s";
    candle.product = key;
    candle.start = {minute * 60'000};
    candle.close = Decimal(static_cast<std::int64_t>(10 + random() % 90));
    candle.high = candle.close + Decimal(1);
    candle.low = candle.close - Decimal(1);
    candle.volume = Decimal(2);
    auto& set = sets.try_emplace(key, IndicatorSet(small_indicators())).first->second;
    set.add(candle);
    set.append_to(expected[key], candle);
    driver.pipe(candle_topic, key, candle, candle.start);
    if (random() % 8 == 0) driver.restart();
    if (minute == 20) {
      candle.start = {0};
      candle.close = Decimal(1'000);
      driver.pipe(candle_topic, key, candle, candle.start);  // old news
    }
  }
  std::map<std::string, std::vector<std::string>> got, wanted;
  for (const auto& record : driver.read(indicator_topic)) got[record.key].push_back(json(record.value));
  for (const auto& [key, of] : expected)
    for (const auto& indicator : of) wanted[key].push_back(json(indicator));
  CHECK(got == wanted);
}

TEST_CASE("statistics over a stream are those of its windows, in any order of arrival and across crashes") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  WindowStatisticsOptions options{.window = 30s, .max_samples = 12};
  StreamsBuilder b;
  window_statistics(b.stream(quotes).select_key([](const Quote& quote) { return quote.asset_id; }), options)
      .to(statistics_topic);
  auto topology = b.build();
  TestDriver driver(topology);
  auto trades = random_trades(random, 150);
  std::map<std::string, WindowStatistics> windows;
  for (const auto& one : jumbled(trades, random, 60s)) {
    auto& window = windows.try_emplace(one.asset_id, options).first->second;
    bool taken = window.add(sample_of(one));
    pipe(driver, {one});
    auto told = driver.read(statistics_topic);
    REQUIRE(told.size() == (taken ? 1 : 0));
    if (taken) CHECK(json(told[0].value) == json(*window.value()));
    if (random() % 10 == 0) driver.restart();
  }
  std::size_t kept = 0;
  for (const auto& [key, window] : windows) kept += window.count() + (window.value()->complete ? 0 : 1);
  CHECK(driver.rows("statistics").size() == kept);  // what left its window has left the store
}

TEST_CASE("the last answers about a stream do not depend on the order in which it came") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  auto trades = random_trades(random, 120);
  PercentChangeOptions periods{.periods = {10s, 60s}, .max_age = 20s, .resolution = 1s};
  auto run = [&](const std::vector<Quote>& arriving) {
    StreamsBuilder b;
    auto stream = b.stream(quotes).select_key([](const Quote& quote) { return quote.asset_id; });
    window_statistics(stream, {.window = 100s}).to(statistics_topic);
    percent_changes(stream, periods).to(changes_topic);
    TestDriver driver(b.build());
    pipe(driver, arriving);
    return std::pair(last_of(driver, statistics_topic), last_of(driver, changes_topic));
  };
  auto expected = run(trades);
  CHECK(expected.first.size() == 2);
  std::shuffle(trades.begin(), trades.end(), random);
  auto got = run(trades);
  CHECK(got.first == expected.first);
  CHECK(got.second == expected.second);
}

TEST_CASE("percent changes over a stream are those of a history in memory, across crashes") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  PercentChangeOptions options{.periods = {10s, 60s}, .max_age = 20s, .resolution = 1s};
  StreamsBuilder b;
  percent_changes(b.stream(quotes), options).to(changes_topic);
  TestDriver driver(b.build());
  ChangeHistory history(options);
  for (const auto& one : jumbled(random_trades(random, 200), random, 90s)) {
    bool changed = history.add(sample_of(one));
    pipe(driver, {one});
    auto told = driver.read(changes_topic);
    REQUIRE(told.size() == (changed ? 1 : 0));
    if (changed) CHECK(json(told[0].value) == json(*history.changes()));
    if (random() % 10 == 0) driver.restart();
  }
  CHECK(driver.rows("percent-changes").size() == history.samples().size());
}

TEST_CASE("keys that begin alike, or are empty, do not see each other's samples") {
  StreamsBuilder b;
  const KafkaTopic<std::string, Sample> in{"in"};
  window_statistics(b.stream(in), {.window = 1h}).to(statistics_topic);
  TestDriver driver(b.build());
  for (const auto& key : std::vector<std::string>{"", "a", "ab", "b", std::string("a\0\0", 3)}) {
    driver.pipe(in, key, {{1}, Decimal(5), 0}, {1});
    driver.pipe(in, key, {{-5}, Decimal(7), -3}, {1});  // negative times and ids are in order, too
    driver.restart();
    driver.pipe(in, key, {{2}, Decimal(6), 0}, {2});
    auto told = driver.read(statistics_topic);
    REQUIRE(told.size() == 3);
    CHECK(told.back().value.count == 3);
    CHECK(told.back().value.first == Decimal(7));
  }
}

TEST_CASE("options that make no sense are refused when the topology is made") {
  StreamsBuilder b;
  auto stream = b.stream(quotes);
  CHECK_THROWS_AS(window_statistics(stream, {.window = 0s}), std::invalid_argument);
  CHECK_THROWS_AS(percent_changes(stream, {.periods = {}}), std::invalid_argument);
  CHECK_THROWS_AS(indicators(b.stream(candle_topic), {.sma = {0}}), std::invalid_argument);
}
