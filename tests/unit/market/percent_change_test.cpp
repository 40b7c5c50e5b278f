// Percent changes against a naive model, in any order of arrival. (market_vectors_test.cpp compares with pandas.)
#include <cryptostream/data/serde.h>
#include <cryptostream/market/percent_change.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <vector>

using namespace cryptostream;
using std::chrono::milliseconds;

namespace {

std::string text(const PercentChanges& changes) {
  std::string json;
  default_serde<PercentChanges>().encode(changes, json);
  return json;
}

PercentChanges naive(std::vector<Sample> samples, const PercentChangeOptions& options) {
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.before(b); });
  std::vector<Sample> remembered;
  for (const auto& sample : samples) {
    if (options.resolution.count() > 0 && !remembered.empty() &&
        sample.time.ms / options.resolution.count() == remembered.back().time.ms / options.resolution.count())
      remembered.pop_back();
    remembered.push_back(sample);
  }
  const auto& latest = remembered.back();
  PercentChanges result{latest.time, latest.value, {}};
  for (auto period : options.periods) {
    PercentChange change{period.count(), {}, {}, {}};
    for (const auto& sample : remembered) {
      auto age = latest.time - sample.time;
      if (age < period || age > period + *options.max_age) continue;
      change.then = sample.value;
      change.then_time = sample.time;
      change.percent = (latest.value - sample.value) * Decimal(100) / sample.value;
    }
    result.changes.push_back(change);
  }
  return result;
}

}  // namespace

TEST_CASE("percent changes are those of a list that is gone through anew, in any order of arrival") {
  auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    PercentChangeOptions options{.periods = {milliseconds(10), milliseconds(70), milliseconds(300)},
                                 .max_age = milliseconds(random() % 60),
                                 .resolution = milliseconds(random() % 3 == 0 ? 0 : random() % 25)};
    std::vector<Sample> samples;
    std::int64_t time = 1000;
    for (std::size_t i = 0, count = 1 + random() % 80; i < count; ++i) {
      time += static_cast<std::int64_t>(random() % 20) * static_cast<std::int64_t>(random() % 2);
      samples.push_back({{time},
                         Decimal(static_cast<std::int64_t>(1 + random() % 500)) * Decimal::of("0.25"),
                         static_cast<std::int64_t>(i)});
    }
    auto expected = text(naive(samples, options));
    for (int permutation = 0; permutation < 3; ++permutation) {
      ChangeHistory history(options);
      for (const auto& sample : samples) history.add(sample);
      CHECK(text(*history.changes()) == expected);
      std::shuffle(samples.begin(), samples.end(), random);
    }
  }
}

TEST_CASE("memory is bounded by history and resolution") {
  PercentChangeOptions options{
      .periods = {milliseconds(10'000)}, .max_age = milliseconds(1'000), .resolution = milliseconds(100)};
  ChangeHistory history(options);
  for (std::int64_t time = 0; time < 100'000; time += 7) history.add({{time}, Decimal(time + 1)});
  CHECK(history.samples().size() <= 112);
  CHECK(history.samples().size() >= 110);
}

TEST_CASE("a value that is too old is no value of that time, and 0 is none to compare with") {
  using std::chrono::hours;
  using std::chrono::minutes;
  auto hour = [](int n) { return Timestamp{} + hours(n); };
  ChangeHistory history;
  CHECK(!history.changes());
  history.add({hour(100), Decimal(200)});
  history.add({hour(124) + minutes(144), Decimal(210)});  // 24 h and a tenth of it later
  auto changes = history.changes()->changes;
  REQUIRE(changes.size() == 4);
  CHECK(!changes[0].percent);
  CHECK(changes[1].percent == Decimal(5));
  CHECK(changes[1].then_time == hour(100));
  history.add({hour(124) + minutes(145), Decimal(210)});
  CHECK(!history.changes()->changes[1].percent);
  history.add({hour(101), Decimal()});  // late, and what was 24 h before the last
  changes = history.changes()->changes;
  CHECK(changes[1].then == Decimal());
  CHECK(!changes[1].percent);
  CHECK(!history.add({hour(124) + minutes(145) - hours(34 * 24), Decimal(1)}));
}

TEST_CASE("options of percent changes that make no sense are refused") {
  CHECK_THROWS_AS(ChangeHistory({.periods = {}}), std::invalid_argument);
  CHECK_THROWS_AS(ChangeHistory({.periods = {milliseconds(0)}}), std::invalid_argument);
  CHECK_THROWS_AS(ChangeHistory({.max_age = milliseconds(-1)}), std::invalid_argument);
  CHECK_THROWS_AS(ChangeHistory({.resolution = milliseconds(-1)}), std::invalid_argument);
}
