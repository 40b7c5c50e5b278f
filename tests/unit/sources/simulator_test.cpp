// The simulator: the same sequence however often it is interrupted, at the rate asked for, and prices that move like
// prices.
#include <cryptostream/data/serde.h>
#include <cryptostream/sources/simulator/pace.h>
#include <cryptostream/sources/simulator/random_path.h>
#include <cryptostream/sources/simulator/source.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <thread>

using namespace cryptostream;
using namespace std::chrono_literals;

static_assert(Source<SimulatorSource>);

namespace {

using Reader = std::unique_ptr<SourceReader<std::string, Quote>>;
using Batch = SourceBatch<std::string, Quote>;

/// Options for runs that repeat exactly.
SimulatorOptions exact(std::uint64_t seed = 7) {
  SimulatorOptions options;
  options.rate = 0;
  options.seed = seed;
  options.start = Timestamp{1'700'000'000'000};
  return options;
}

Reader open(const SimulatorOptions& options, std::optional<std::string> position = {}, int partition = 0,
            const Clock& clock = system_clock()) {
  auto reader = SimulatorSource(options, clock).open({partition, std::move(position)}, {});
  REQUIRE_MESSAGE(reader, (reader ? std::string() : reader.error().message()));
  return std::move(*reader);
}

Batch poll(SourceReader<std::string, Quote>& reader, std::stop_token stop = {}) {
  auto batch = reader.poll(stop);
  REQUIRE(batch);
  CHECK(batch->records.size() <= 1000);
  CHECK(batch->records.empty() == batch->position.empty());
  return std::move(*batch);
}

std::string line(const OwnedRecord<std::string, Quote>& record) {
  std::string text = record.key + " " + record.timestamp.to_string() + " ";
  default_serde<Quote>().encode(record.value, text);
  return text;
}

/// The first records of a fresh run, and of how far.
std::vector<std::string> lines(SourceReader<std::string, Quote>& reader, std::size_t count) {
  std::vector<std::string> all;
  while (all.size() < count)
    for (const auto& record : poll(reader).records) all.push_back(line(record));
  all.resize(count);
  return all;
}

std::string refusal(const SimulatorOptions& options, std::optional<std::string> position = {}) {
  auto reader = SimulatorSource(options).open({0, std::move(position)}, {});
  if (reader) return "";
  CHECK(reader.error().kind() == ErrorKind::configuration);
  return reader.error().message();
}

}  // namespace

TEST_CASE("one seed gives one sequence, another seed another") {
  auto first = lines(*open(exact()), 5'000);
  CHECK(lines(*open(exact()), 5'000) == first);
  CHECK(lines(*open(exact(8)), 5'000) != first);
  CHECK(std::set<std::string>(first.begin(), first.end()).size() == first.size());
}

TEST_CASE("a run that is interrupted anywhere goes on as if it had never stopped") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (double rate : {0.0, 137.5}) {
    auto options = exact();
    options.rate = rate;
    ManualClock clock;
    auto whole = open(options, {}, 0, clock);
    auto broken = open(options, {}, 0, clock);
    std::vector<std::string> expected, got;
    std::string position;
    while (got.size() < 6'000) {
      clock.advance(200ms);
      for (const auto& record : poll(*whole).records) expected.push_back(line(record));
      auto batch = poll(*broken);
      for (const auto& record : batch.records) got.push_back(line(record));
      if (!batch.position.empty()) position = batch.position;
      if (random() % 3 == 0) {
        auto resume = options;
        if (random() % 2 == 0) resume.seed.reset();  // the position knows it
        broken = open(resume, position, 0, clock);
      }
    }
    auto common = std::min(expected.size(), got.size());
    CHECK(common > 5'000);
    expected.resize(common);
    got.resize(common);
    CHECK(expected == got);
  }
}

TEST_CASE("without a seed every run is another one, and its position still resumes it") {
  auto options = exact();
  options.seed.reset();
  auto one = open(options), other = open(options);
  auto first = poll(*one);
  CHECK(line(first.records[0]) != line(poll(*other).records[0]));
  auto resumed = open(options, first.position);
  CHECK(line(poll(*resumed).records[0]) == line(poll(*one).records[0]));
}

TEST_CASE(
    "records are simulated trades, each coin as often as the others, with rising trade ids and its own decimals") {
  auto options = exact();
  options.coins = {"btc", "ETH", "WHATEVER"};
  options.currency = "EUR";
  auto reader = open(options);
  std::map<std::string, std::int64_t> next_id;
  std::map<std::string, std::set<int>> price_scales, size_scales;
  std::map<std::string, int> counts;
  std::map<Side, int> sides;
  std::set<std::string> orders;
  for (int i = 0; i < 9; ++i) {
    auto batch = poll(*reader);
    REQUIRE(batch.records.size() == 1000);
    for (const auto& [key, quote, timestamp, headers] : batch.records) {
      CHECK(headers.view().last("cryptostream.simulated") == "1");
      CHECK(quote.source == "simulator");
      CHECK(key == quote.symbol);
      CHECK(quote.asset_id == quote.symbol + "-EUR");
      CHECK(quote.currency == "EUR");
      CHECK(timestamp == quote.time);
      CHECK(quote.price > 0);
      CHECK(quote.size.value() > 0);
      auto [id, fresh] = next_id.try_emplace(quote.symbol, *quote.trade_id);
      CHECK(quote.trade_id == id->second++);
      price_scales[key].insert(quote.price.scale());
      size_scales[key].insert(quote.size->scale());
      ++counts[key];
      ++sides[*quote.side];
    }
  }
  CHECK(counts == std::map<std::string, int>{{"BTC", 3000}, {"ETH", 3000}, {"WHATEVER", 3000}});
  CHECK(price_scales["BTC"] == std::set<int>{2});
  CHECK(size_scales["BTC"] == std::set<int>{8});
  for (const auto& [coin, scales] : price_scales) CHECK(scales.size() == 1);
  CHECK(sides[Side::buy] > 4'000);
  CHECK(sides[Side::sell] > 4'000);
}

TEST_CASE("there are as many coins as asked for, with plausible prices") {
  auto options = exact();
  options.coin_count = 300;
  auto reader = open(options);
  std::set<std::string> symbols;
  for (const auto& record : poll(*reader).records) {
    symbols.insert(record.key);
    CHECK(record.value.price > Decimal::of("0.000001"));
    CHECK(record.value.price < 1'000'000);
    CHECK(record.value.price.coefficient() >= 1000);  // four digits at least: a tick is a small step
  }
  CHECK(symbols.size() == 300);
  CHECK(symbols.contains("BTC"));
  CHECK(symbols.contains("SIM300"));
}

TEST_CASE("the rate is exact over time, fractions included, and nothing bursts after a stall") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (double rate : {0.25, 3.7, 1000.0, 33'333.0, 1e7 / 3}) {
    CAPTURE(rate);
    std::chrono::nanoseconds now = 12345ns;
    simulator::Pace pace(rate, now);
    std::uint64_t given = 0;
    auto take = [&] {
      auto due = pace.due(now, 1'000'000'000);
      pace.give(due);
      return due;
    };
    auto in = [&](std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count() * rate; };

    // Polls come at any time; none of them waits longer than a quarter of a second after a record was due.
    const auto began = now;
    for (int i = 0; i < 10'000; ++i) {
      now += std::chrono::nanoseconds(random() % 240'000'000);
      given += take();
    }
    CHECK(std::abs(static_cast<double>(given) - in(now - began)) <= 1);

    now += std::max<std::chrono::nanoseconds>(60s, std::chrono::nanoseconds(std::llround(2e9 / rate)));
    CHECK(take() == 1);
    CHECK(take() == 0);
    const auto resumed = now;
    given = 0;
    for (int i = 0; i < 10'000; ++i) {
      now += 100ms;
      given += take();
    }
    CHECK(std::abs(static_cast<double>(given) - in(now - resumed)) <= 1);
  }
}

TEST_CASE("a reader gives what is due by the clock, a thousand records a poll at most") {
  SimulatorOptions options;
  options.rate = 10'000;
  ManualClock clock;
  auto reader = open(options, {}, 0, clock);
  CHECK(poll(*reader).records.size() == 1);
  clock.advance(150ms);
  CHECK(poll(*reader).records.size() == 1000);
  CHECK(poll(*reader).records.size() == 500);
  CHECK(poll(*reader).records.empty());
  clock.advance(1ms);
  CHECK(poll(*reader).records.size() == 10);
}

TEST_CASE("times are the clock's, or run from the start by number and rate") {
  SimulatorOptions options;
  ManualClock clock(Timestamp{5'000});
  CHECK(poll(*open(options, {}, 0, clock)).records[0].value.time == Timestamp{5'000});
  options = exact();
  auto batch = poll(*open(options));
  CHECK(batch.records[0].value.time == Timestamp{1'700'000'000'000});
  CHECK(batch.records[999].value.time == Timestamp{1'700'000'000'999});
}

TEST_CASE("a count ends the sequence exactly, across restarts and partitions") {
  auto options = exact();
  options.count = 2'345;
  options.partitions = 3;
  options.coin_count = 5;
  std::size_t total = 0;
  std::set<std::string> coins;
  for (int partition = 0; partition < 3; ++partition) {
    auto reader = open(options, {}, partition);
    std::set<std::string> own;
    for (int i = 0; i < 4; ++i) {
      auto batch = poll(*reader);
      total += batch.records.size();
      for (const auto& record : batch.records) own.insert(record.key);
      if (!batch.position.empty()) reader = open(options, batch.position, partition);
    }
    for (const auto& coin : own) CHECK(coins.insert(coin).second);
  }
  CHECK(total == 2'345);
  CHECK(coins.size() == 5);

  options.partitions = 7;  // two more than coins
  CHECK(poll(*open(options, {}, 6)).records.empty());
}

TEST_CASE("a poll that waits ends soon after a stop is requested") {
  SimulatorOptions options;
  options.rate = 0.001;
  auto reader = open(options);
  CHECK(poll(*reader).records.size() == 1);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  auto began = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) poll(*reader, stop.get_token());
  CHECK(poll(*reader, stop.get_token()).records.empty());
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("options and positions that make no sense are refused with the reason") {
  auto with = [](auto change) {
    auto options = exact();
    change(options);
    return refusal(options);
  };
  CHECK(with([](auto&) {}) == "");
  CHECK(with([](auto& o) { o.rate = -1; }) != "");
  CHECK(with([](auto& o) { o.rate = std::nan(""); }) != "");
  CHECK(with([](auto& o) { o.coin_count = 0; }) == "at least one coin is needed");
  CHECK(with([](auto& o) { o.coins = {"BTC", "btc"}; }) == "coin BTC is named twice");
  CHECK(with([](auto& o) { o.coins = {""}; }) != "");
  CHECK(with([](auto& o) { o.partitions = 0; }) != "");
  CHECK(refusal(exact(), "seed=7 count=10") == "");
  CHECK(refusal(exact(), "seed=8 count=10") ==
        "seed 7 was asked for, but this run began with seed 8: leave the seed out, or begin a new log");
  for (const char* position : {"", "seed=7", "seed=7 count=", "seed=7 count=1 ", "seed=-7 count=1",
                               "seed=7 count=99999999999999999999", "BTC-USD:17"}) {
    CAPTURE(position);
    CHECK(refusal(exact(), position) != "");
  }
}

TEST_CASE("a random path moves by the square root of time, at every scale") {
  using simulator::RandomPath;
  for (double seconds : {0.01, 1.0, 60.0, 3'600.0, 86'400.0}) {
    CAPTURE(seconds);
    double squares = 0;
    int steps = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      RandomPath path(seed);
      double last = path.at(0);
      CHECK(last == 0);
      for (int i = 1; i <= 50; ++i, ++steps) {
        double value = path.at(static_cast<std::uint64_t>(i * seconds * RandomPath::ticks_per_second));
        squares += (value - last) * (value - last);
        last = value;
      }
    }
    double deviation = std::sqrt(squares / steps);
    CHECK(deviation > 0.8 * std::sqrt(seconds));
    CHECK(deviation < 1.25 * std::sqrt(seconds));
  }
  RandomPath jumping(3), walking(3);
  for (std::uint64_t time = 0; time < 5'000'000; time += 777) walking.at(time);
  CHECK(jumping.at(5'000'000) == walking.at(5'000'000));
}

TEST_CASE("prices move by their volatility and follow the market together") {
  auto options = exact(11);
  options.coins = {"BTC", "ETH", "USDT"};
  options.rate = 0.01;  // five minutes between two trades of a coin
  ManualClock clock;
  auto reader = open(options, {}, 0, clock);
  std::map<std::string, std::vector<double>> logs;
  while (logs["USDT"].size() < 3'000) {
    clock.advance(100s);
    for (const auto& record : poll(*reader).records)
      logs[record.key].push_back(std::log(record.value.price.to_double()));
  }
  std::map<std::string, std::vector<double>> returns;
  for (auto& [coin, values] : logs)
    for (std::size_t i = 1; i < 2'999; ++i) returns[coin].push_back(values[i] - values[i - 1]);
  auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
    return sum / static_cast<double>(a.size());
  };
  auto yearly = [&](const char* coin) { return std::sqrt(product(returns[coin], returns[coin]) * 365.25 * 288); };
  CHECK(yearly("BTC") > 0.4);
  CHECK(yearly("BTC") < 0.75);
  CHECK(yearly("ETH") > 0.55);
  CHECK(yearly("ETH") < 1.0);
  CHECK(yearly("USDT") < 0.1);
  auto together = product(returns["BTC"], returns["ETH"]) /
                  std::sqrt(product(returns["BTC"], returns["BTC"]) * product(returns["ETH"], returns["ETH"]));
  CHECK(together > 0.3);  // 0.95 * 0.9, less what trading at different moments hides
  CHECK(std::exp(logs["BTC"][0]) == doctest::Approx(67'250).epsilon(0.01));
}
