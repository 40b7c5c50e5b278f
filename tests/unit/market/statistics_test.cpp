// Statistics of windows against naive models, in any order of arrival. (market_vectors_test.cpp compares with numpy.)
#include <cryptostream/data/serde.h>
#include <cryptostream/market/window_statistics.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace cryptostream;
using std::chrono::milliseconds;

namespace {

unsigned new_seed() { return std::random_device()(); }

std::string text(const std::optional<Statistics>& statistics) {
  std::string json;
  if (statistics) default_serde<Statistics>().encode(*statistics, json);
  return json;
}

Decimal random_decimal(std::mt19937& random, int digits, int scale) {
  std::string number;
  for (int i = 0; i < digits; ++i) number += static_cast<char>('0' + random() % 10);
  return Decimal::of((random() % 2 == 0 ? "-" : "") + number + "e-" + std::to_string(scale));
}

/// Samples of distinct places, several at some times.
std::vector<Sample> random_samples(std::mt19937& random, std::size_t count) {
  std::vector<Sample> samples;
  std::int64_t time = 0;
  for (std::size_t i = 0; i < count; ++i) {
    time += static_cast<std::int64_t>(random() % 3) * static_cast<std::int64_t>(random() % 40);
    auto price =
        Decimal(static_cast<std::int64_t>(1 + random() % 2000)) * Decimal::of(random() % 2 == 0 ? "0.01" : "0.0100");
    samples.push_back({{time}, price, static_cast<std::int64_t>(i)});
  }
  return samples;
}

/// The window of all samples, written down anew.
std::vector<Sample> naive_window(std::vector<Sample> samples, milliseconds window, std::size_t most) {
  std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.before(b); });
  std::vector<Sample> inside;
  for (const auto& sample : samples)
    if (sample.time > samples.back().time - window) inside.push_back(sample);
  if (inside.size() > most) inside.erase(inside.begin(), inside.end() - static_cast<std::ptrdiff_t>(most));
  return inside;
}

}  // namespace

TEST_CASE("exact moments forget what is taken out, whatever was in between") {
  auto seed = new_seed();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    ExactMoments kept, changed;
    std::vector<Decimal> stay, go;
    for (int i = 0; i < 20; ++i) {
      stay.push_back(random_decimal(random, 1 + static_cast<int>(random() % 17), static_cast<int>(random() % 19)));
      go.push_back(random_decimal(random, 1 + static_cast<int>(random() % 38), static_cast<int>(random() % 50)));
    }
    for (const auto& value : stay) kept.add(value);
    std::vector<std::pair<Decimal, bool>> changes;
    for (const auto& value : go) changed.add(value);
    for (const auto& value : stay) changed.add(value);
    std::shuffle(go.begin(), go.end(), random);
    for (const auto& value : go) changed.remove(value);
    CHECK(changed.count() == 20);
    CHECK(changed.sum().same_text(kept.sum()));
    CHECK(changed.mean().same_text(kept.mean()));
    CHECK(changed.variance(0) == kept.variance(0));
    Decimal sum;
    for (const auto& value : stay) sum += value;
    CHECK(kept.sum().same_text(sum));
  }
}

TEST_CASE("exact moments keep the scatter of prices that are large and calm") {
  ExactMoments moments;
  for (const char* digit : {"1", "2", "3", "4"})
    moments.add(Decimal::of("98765432109876543210987654321.0000000" + std::string(digit)));
  CHECK(moments.mean().to_string() == "98765432109876543210987654321.000000025");
  CHECK(moments.variance(0) == doctest::Approx(1.25e-16).epsilon(1e-15));
  CHECK(moments.variance(1) == doctest::Approx(5e-16 / 3).epsilon(1e-15));
}

TEST_CASE("exact moments hold the largest and the smallest decimals at once") {
  auto largest = Decimal::of(std::string(38, '9'));
  auto smallest = Decimal::of("1e-38");
  ExactMoments moments;
  for (int i = 0; i < 1000; ++i) {
    moments.add(largest);
    moments.add(smallest);
  }
  CHECK_THROWS_AS(moments.sum(), DecimalError);
  for (int i = 0; i < 1000; ++i) moments.remove(largest);
  CHECK(moments.sum() == smallest * Decimal(1000));
  CHECK(moments.variance(0) == 0);
  for (int i = 0; i < 3; ++i) moments.add(-smallest);
  CHECK(moments.sum() == smallest * Decimal(997));
  moments = {};
  moments.add(largest);
  moments.add(-largest);
  CHECK(moments.sum().is_zero());
  CHECK(moments.variance(0) == doctest::Approx(1e76).epsilon(1e-15));
}

TEST_CASE("exact moments carry a sign through limbs of zero") {
  ExactMoments moments;
  moments.add(Decimal::of("-18446744073709551616"));  // -2^64
  moments.add(Decimal::of("0.5"));                    // another scale: the sum is multiplied
  CHECK(moments.sum().to_string() == "-18446744073709551615.5");
  moments.remove(Decimal::of("0.5"));  // and divided
  CHECK(moments.sum().to_string() == "-18446744073709551616");
}

TEST_CASE("a window's statistics do not depend on the order in which values come") {
  auto seed = new_seed();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    auto samples = random_samples(random, 1 + random() % 60);
    WindowStatisticsOptions options{.window = milliseconds(1 + random() % 1000), .max_samples = 1 + random() % 60};
    WindowStatistics in_order(options);
    for (const auto& sample : samples) in_order.add(sample);
    auto expected = text(in_order.value());
    for (int permutation = 0; permutation < 3; ++permutation) {
      std::shuffle(samples.begin(), samples.end(), random);
      WindowStatistics shuffled(options);
      for (const auto& sample : samples) shuffled.add(sample);
      CHECK(text(shuffled.value()) == expected);
    }
  }
}

TEST_CASE("a window's statistics are those of a list that is gone through anew") {
  auto seed = new_seed();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 100; ++round) {
    auto samples = random_samples(random, 1 + random() % 60);
    std::shuffle(samples.begin(), samples.end(), random);
    WindowStatisticsOptions options{.window = milliseconds(1 + random() % 1500), .max_samples = 1 + random() % 60};
    WindowStatistics window(options);
    std::vector<Sample> so_far;
    for (const auto& sample : samples) {
      window.add(sample);
      so_far.push_back(sample);
      auto inside = naive_window(so_far, options.window, options.max_samples);
      auto all_inside = naive_window(so_far, options.window, so_far.size());
      auto value = window.value();
      REQUIRE(value->count == static_cast<std::int64_t>(inside.size()));
      CHECK(value->complete == (inside.size() == all_inside.size()));
      CHECK(value->first.same_text(inside.front().value));
      CHECK(value->last.same_text(inside.back().value));
      std::vector<Decimal> sorted;
      Decimal sum;
      for (const auto& one : inside) {
        sorted.push_back(one.value);
        sum += one.value;
      }
      std::sort(sorted.begin(), sorted.end());
      CHECK(value->min == sorted.front());
      CHECK(value->max == sorted.back());
      CHECK(value->median + value->median == sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]);
      CHECK(value->mean.same_text(sum / Decimal(value->count)));
      double squares = 0, returns = 0;
      for (std::size_t i = 0; i < inside.size(); ++i) {
        squares += std::pow((inside[i].value - value->mean).to_double(), 2);
        if (i > 0) returns += std::pow(std::log(inside[i].value.to_double() / inside[i - 1].value.to_double()), 2);
      }
      auto n = static_cast<double>(inside.size());
      CHECK(value->deviation == doctest::Approx(std::sqrt(squares / n)).epsilon(1e-12));
      CHECK(value->sample_deviation.has_value() == (inside.size() > 1));
      if (inside.size() > 1) {
        CHECK(*value->sample_deviation == doctest::Approx(std::sqrt(squares / (n - 1))).epsilon(1e-12));
        CHECK(*value->realized_volatility == doctest::Approx(std::sqrt(returns)).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("of what a full window has no room for, the latest is remembered") {
  WindowStatisticsOptions options{.window = milliseconds(100), .max_samples = 2};
  WindowStatistics window(options);
  for (int time : {100, 101}) window.add({{time}, Decimal(time)});
  CHECK(window.value()->complete);
  CHECK(window.add({{50}, Decimal(1)}));
  CHECK(!window.value()->complete);
  CHECK(!window.add({{49}, Decimal(1)}));  // no news
  CHECK(window.add({{60}, Decimal(1)}));
  REQUIRE(window.removed().size() == 1);
  CHECK(window.removed()[0].time == Timestamp{50});
  CHECK(window.add({{160}, Decimal(2)}));  // 100 has no room any more, and 60 is behind the window
  REQUIRE(window.removed().size() == 1);
  CHECK(window.removed()[0].time == Timestamp{60});
  CHECK(!window.value()->complete);
  CHECK(window.add({{200}, Decimal(2)}));  // 101 is there in place of 100, which is behind the window too
  CHECK(window.value()->count == 2);
  CHECK(!window.value()->complete);
  CHECK(window.add({{201}, Decimal(3)}));
  CHECK(window.add({{300}, Decimal(4)}));
  CHECK(window.value()->complete);
  CHECK(window.value()->count == 2);
}

TEST_CASE("a sample of the same time and id replaces the one before") {
  WindowStatistics window({.window = milliseconds(100)}), plain({.window = milliseconds(100)});
  for (const auto& [time, value] : {std::pair{1, 5}, {2, -1}, {3, 9}}) window.add({{time}, Decimal(value), 7});
  window.add({{2}, Decimal(4), 7});
  for (const auto& [time, value] : {std::pair{1, 5}, {2, 4}, {3, 9}}) plain.add({{time}, Decimal(value), 7});
  CHECK(text(window.value()) == text(plain.value()));
  CHECK(window.value()->realized_volatility.has_value());
  window.add({{2}, Decimal(4), 8});  // another trade of the same millisecond
  CHECK(window.count() == 4);
}

TEST_CASE("a window says what has left it, and leaves out what comes behind it") {
  WindowStatistics window({.window = milliseconds(10)});
  CHECK(!window.value());
  CHECK(window.add({{100}, Decimal(1)}));
  CHECK(window.add({{95}, Decimal(2)}));
  CHECK(!window.add({{90}, Decimal(3)}));
  CHECK(window.removed().empty());
  CHECK(window.add({{106}, Decimal(4)}));
  REQUIRE(window.removed().size() == 1);
  CHECK(window.removed()[0].time == Timestamp{95});
  CHECK(window.value()->from == Timestamp{96});
  CHECK(window.add({{500}, Decimal(0)}));
  CHECK(window.removed().size() == 2);
  auto alone = *window.value();
  CHECK(alone.count == 1);
  CHECK(alone.deviation == 0);
  CHECK(!alone.sample_deviation);
  CHECK(!alone.simple_return);  // the first is 0
  CHECK(!alone.realized_volatility);
  CHECK_THROWS_AS(WindowStatistics({.window = milliseconds(0)}), std::invalid_argument);
  CHECK_THROWS_AS(WindowStatistics({.max_samples = 0}), std::invalid_argument);
}
