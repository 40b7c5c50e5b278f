// The market operators against TA-Lib, pandas and exact fractions: the cases that make_market_vectors.py wrote.
#include <cryptostream/market/candle.h>
#include <cryptostream/market/indicator_set.h>
#include <cryptostream/market/percent_change.h>
#include <cryptostream/market/window_statistics.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

using namespace cryptostream;
using Fields = std::vector<std::string>;

namespace {

Fields split(const std::string& text, char separator) {
  Fields fields{""};
  for (char c : text) {
    if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

/// The vectors of one kind.
std::vector<Fields> vectors(const std::string& kind) {
  std::ifstream file(MARKET_VECTORS);
  REQUIRE(file);
  std::vector<Fields> found;
  for (std::string line; std::getline(file, line);)
    if (auto fields = split(line, '\t'); fields[0] == kind) found.push_back(fields);
  REQUIRE(!found.empty());
  return found;
}

std::vector<Decimal> prices_of(const std::string& series) {
  const auto cases = vectors("series");
  for (const auto& fields : cases) {
    if (fields[1] != series) continue;
    std::vector<Decimal> prices;
    const auto entries = split(fields[2], ' ');
    for (const auto& price : entries) prices.push_back(Decimal::of(price));
    return prices;
  }
  FAIL("no series " << series);
  return {};
}

double number(const std::string& text) { return std::strtod(text.c_str(), nullptr); }
double number(const Decimal& value) { return value.to_double(); }
double number(double value) { return value; }

/// Absent where it should be, else within `tolerance`.
template <class T>
void check_near(const std::optional<T>& value, const std::string& expected, double tolerance) {
  REQUIRE(value.has_value() == (expected != "-"));
  if (value) CHECK(std::abs(number(*value) - number(expected)) <= tolerance);
}

/// The largest price, to which the rounding of references in double is relative.
double level(const std::vector<Decimal>& prices) { return std::max_element(prices.begin(), prices.end())->to_double(); }

/// Feeds a series to an indicator and compares each value.
template <class Indicator>
void check_series(const Fields& fields, Indicator indicator, double tolerance) {
  INFO(fields[0] << " " << fields[1] << " " << fields[2]);
  auto prices = prices_of(fields[1]);
  auto expected = split(fields[3], ' ');
  REQUIRE(prices.size() == expected.size());
  for (std::size_t i = 0; i < prices.size(); ++i) {
    INFO("price " << i);
    indicator.add(prices[i]);
    check_near(indicator.value(), expected[i], tolerance);
  }
}

std::vector<Sample> samples_of(const std::string& text) {
  std::vector<Sample> samples;
  const auto entries = split(text, ' ');
  for (const auto& entry : entries) {
    auto parts = split(entry, ':');
    samples.push_back({{std::atoll(parts[0].c_str())}, Decimal::of(parts[1])});
  }
  return samples;
}

}  // namespace

TEST_CASE("moving averages are TA-Lib's") {
  const auto simple = vectors("sma"), exponential = vectors("ema");
  for (const auto& fields : simple)
    check_series(fields, Sma(std::atoll(fields[2].c_str())), 1e-12 * level(prices_of(fields[1])));
  for (const auto& fields : exponential)
    check_series(fields, ema(std::atoll(fields[2].c_str())), 1e-12 * level(prices_of(fields[1])));
}

TEST_CASE("RSI is TA-Lib's wherever anything has moved") {
  const auto cases = vectors("rsi");
  for (const auto& fields : cases) check_series(fields, Rsi(std::atoll(fields[2].c_str())), 1e-5);
}

TEST_CASE("volatility is the rolling deviation of logarithmic returns") {
  const auto cases = vectors("volatility");
  for (const auto& fields : cases) check_series(fields, Volatility(std::atoll(fields[2].c_str())), 1e-14);
}

TEST_CASE("MACD is made of TA-Lib's EMAs") {
  const auto cases = vectors("macd");
  for (const auto& fields : cases) {
    INFO(fields[1] << " " << fields[2]);
    auto prices = prices_of(fields[1]);
    auto periods = split(fields[2], ',');
    auto lines = split(fields[3], ' '), signals = split(fields[4], ' '), histograms = split(fields[5], ' ');
    Macd macd(std::atoll(periods[0].c_str()), std::atoll(periods[1].c_str()), std::atoll(periods[2].c_str()));
    auto tolerance = 1e-12 * level(prices);
    for (std::size_t i = 0; i < prices.size(); ++i) {
      INFO("price " << i);
      macd.add(prices[i]);
      auto value = macd.value();
      check_near(value ? std::optional(value->macd) : std::nullopt, lines[i], tolerance);
      check_near(value ? value->signal : std::nullopt, signals[i], tolerance);
      check_near(value ? value->histogram : std::nullopt, histograms[i], tolerance);
    }
  }
}

TEST_CASE("Bollinger bands are TA-Lib's, and pandas' where prices are calm") {
  const auto cases = vectors("bollinger");
  for (const auto& fields : cases) {
    INFO(fields[1] << " " << fields[2]);
    auto prices = prices_of(fields[1]);
    auto given = split(fields[2], ',');
    auto upper = split(fields[3], ' '), middle = split(fields[4], ' '), lower = split(fields[5], ' ');
    Bollinger bands(std::atoll(given[0].c_str()), Decimal::of(given[1]));
    auto tolerance = 1e-9 * level(prices);
    for (std::size_t i = 0; i < prices.size(); ++i) {
      INFO("price " << i);
      bands.add(prices[i]);
      auto value = bands.value();
      check_near(value ? std::optional(value->upper) : std::nullopt, upper[i], tolerance);
      check_near(value ? std::optional(value->middle) : std::nullopt, middle[i], tolerance);
      check_near(value ? std::optional(value->lower) : std::nullopt, lower[i], tolerance);
    }
  }
}

TEST_CASE("VWAP of candles begins anew each day") {
  const auto cases = vectors("vwap");
  for (const auto& fields : cases) {
    Vwap vwap{std::chrono::milliseconds(std::atoll(fields[1].c_str()))};
    auto candles = split(fields[2], ' ');
    auto expected = split(fields[3], ' ');
    for (std::size_t i = 0; i < candles.size(); ++i) {
      INFO("candle " << i);
      auto parts = split(candles[i], ':');
      vwap.add_typical({std::atoll(parts[0].c_str())}, Decimal::of(parts[1]), Decimal::of(parts[2]),
                       Decimal::of(parts[3]), Decimal::of(parts[4]));
      check_near(vwap.value(), expected[i], 1e-7);
    }
  }
}

TEST_CASE("statistics of windows are numpy's, means and returns exact fractions'") {
  int compared = 0;
  const auto cases = vectors("statistics");
  for (const auto& fields : cases) {
    WindowStatistics window({.window = std::chrono::milliseconds(std::atoll(fields[1].c_str()))});
    auto samples = samples_of(fields[2]);
    auto answers = split(fields[3], ' ');
    for (std::size_t i = 0; i < samples.size(); ++i, ++compared) {
      INFO("window " << fields[1] << " value " << i);
      REQUIRE(window.add(samples[i]));
      auto value = window.value();
      auto expected = split(answers[i], ',');
      CHECK(value->count == std::atoll(expected[0].c_str()));
      CHECK(value->first.to_string() == expected[1]);
      CHECK(value->last.to_string() == expected[2]);
      CHECK(value->min.to_double() == number(expected[3]));
      CHECK(value->max.to_double() == number(expected[4]));
      CHECK(value->mean.to_string() == expected[5]);
      CHECK(value->median == Decimal::of(expected[6]));
      // numpy's deviations are those of values that were rounded to double.
      check_near(std::optional(value->deviation), expected[7], 1e-12 * number(expected[4]));
      check_near(value->sample_deviation, expected[8], 1e-12 * number(expected[4]));
      CHECK(value->simple_return->to_string() == expected[9]);
      check_near(value->realized_volatility, expected[10], 1e-13);
      CHECK(value->complete);
    }
  }
  CHECK(compared == 360);
}

TEST_CASE("candles are pandas' resampled trades, empty minutes left out") {
  const auto cases = vectors("candles");
  for (const auto& fields : cases) {
    std::chrono::milliseconds size{std::atoll(fields[1].c_str())};
    std::map<Timestamp, CandleBuilder> builders;
    const auto entries = split(fields[2], ' ');
    for (const auto& entry : entries) {
      auto parts = split(entry, ':');
      Quote trade;
      trade.time = {std::atoll(parts[0].c_str())};
      trade.trade_id = std::atoll(parts[1].c_str());
      trade.price = Decimal::of(parts[2]);
      trade.size = Decimal::of(parts[3]);
      builders[bucket_start(trade.time, size)].add(trade);
    }
    auto answers = split(fields[3], ' ');
    REQUIRE(builders.size() == answers.size());
    std::size_t i = 0;
    for (const auto& [start, builder] : builders) {
      auto expected = split(answers[i++], ',');
      auto candle = builder.candle(start);
      INFO(answers[i - 1]);
      CHECK(start.ms == std::atoll(expected[0].c_str()));
      CHECK(candle.open.to_double() == number(expected[1]));
      CHECK(candle.high.to_double() == number(expected[2]));
      CHECK(candle.low.to_double() == number(expected[3]));
      CHECK(candle.close.to_double() == number(expected[4]));
      CHECK(candle.volume.to_string() == expected[5]);
      CHECK(candle.vwap->to_string() == expected[6]);
      CHECK(candle.trades == std::atoll(expected[7].c_str()));
    }
  }
}

TEST_CASE("percent changes are those of pandas' as-of join") {
  using std::chrono::hours;
  const auto cases = vectors("changes");
  for (const auto& fields : cases) {
    PercentChangeOptions options;
    options.periods = {hours(1), hours(24), hours(7 * 24)};
    options.max_age = std::chrono::milliseconds(std::atoll(fields[1].c_str()));
    options.resolution = {};
    ChangeHistory history(options);
    auto samples = samples_of(fields[2]);
    auto answers = split(fields[3], ' ');
    for (std::size_t i = 0; i < samples.size(); ++i) {
      REQUIRE(history.add(samples[i]));
      std::string got;
      const auto changes = history.changes();
      for (const auto& change : changes->changes)
        if (change.percent)
          got += (got.empty() ? "" : "|") + std::to_string(change.period_ms) + "=" + change.percent->to_string();
      CHECK((got.empty() ? "-" : got) == answers[i]);
    }
  }
}
