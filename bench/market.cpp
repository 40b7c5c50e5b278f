// What the market operators cost an update, adding a price and asking for the answer, in processor time: one thread,
// so that it does not matter who else is at work.
#include "measure.h"

#include <cryptostream/market/candle.h>
#include <cryptostream/market/indicator_set.h>
#include <cryptostream/market/percent_change.h>
#include <cryptostream/market/window_statistics.h>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <string>
#include <vector>

namespace cs = cryptostream;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t updates = 100'000;
constexpr std::size_t rounds = 9;

/// A walk of prices of two decimals, one every 20 s.
std::vector<cs::Quote> make_trades() {
  std::mt19937 random(7);
  std::vector<cs::Quote> trades(updates);
  std::int64_t cents = 6'700'000;
  for (std::size_t i = 0; i < updates; ++i) {
    cents += static_cast<std::int64_t>(random() % 2001) - 1000;
    auto& trade = trades[i];
    trade.source = "coinbase";
    trade.asset_id = "BTC-USD";
    trade.time = {1'700'000'000'000 + static_cast<std::int64_t>(i) * 20'000};
    trade.trade_id = static_cast<std::int64_t>(i);
    trade.price = cs::Decimal(cents) * cs::Decimal::of("0.01");
    trade.size = cs::Decimal(static_cast<std::int64_t>(1 + random() % 100'000'000)) * cs::Decimal::of("0.00000001");
  }
  return trades;
}
const std::vector<cs::Quote> trades = make_trades();

/// Gives each trade to a fresh operator; `ask`: its answer, taken after each.
template <class Make, class Add, class Ask>
cs::bench::Contender contender(std::string name, Make make, Add add, Ask ask) {
  return {std::move(name), [=](std::size_t times) {
            auto one = make();
            for (std::size_t i = 0; i < times; ++i) {
              add(one, trades[i]);
              cs::bench::keep(ask(one));
            }
          }};
}
template <class Make>
cs::bench::Contender over_prices(std::string name, Make make) {
  return contender(
      std::move(name), make, [](auto& one, const cs::Quote& trade) { one.add(trade.price); },
      [](const auto& one) { return one.value(); });
}

double median_cpu_ns(const cs::bench::Contender& contender) {
  std::vector<double> all;
  for (std::size_t round = 0; round <= rounds; ++round) {
    const auto begin = std::clock();
    contender.run(updates);
    const auto took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC * 1e9;
    if (round > 0) all.push_back(took / static_cast<double>(updates));  // the first one warms up
  }
  std::nth_element(all.begin(), all.begin() + rounds / 2, all.end());
  return all[rounds / 2];
}

cs::Candle candle_of(const cs::Quote& trade) {
  cs::Candle candle;
  candle.source = trade.source;
  candle.product = trade.asset_id;
  candle.start = trade.time;
  candle.open = candle.high = candle.low = candle.close = trade.price;
  candle.volume = *trade.size;
  return candle;
}

}  // namespace

int main() {
  auto nothing = [](const auto&) { return 0; };
  auto add_sample = [](auto& one, const cs::Quote& trade) { one.add(cs::sample_of(trade)); };
  auto statistics = [] { return cs::WindowStatistics({.window = std::chrono::hours(24)}); };
  std::vector<cs::bench::Contender> contenders{
      over_prices("sma_20", [] { return cs::Sma(20); }),
      over_prices("ema_12", [] { return cs::ema(12); }),
      over_prices("rsi_14", [] { return cs::Rsi(14); }),
      over_prices("macd", [] { return cs::Macd(); }),
      over_prices("bollinger_20", [] { return cs::Bollinger(); }),
      over_prices("volatility_20", [] { return cs::Volatility(); }),
      contender(
          "vwap", [] { return cs::Vwap(); },
          [](cs::Vwap& one, const cs::Quote& trade) { one.add(trade.time, trade.price, *trade.size); },
          [](const cs::Vwap& one) { return one.value(); }),
      contender(
          "candle", [] { return cs::CandleBuilder(); },
          [](cs::CandleBuilder& one, const cs::Quote& trade) { one.add(trade); }, nothing),
      contender(
          "moments", [] { return cs::ExactMoments(); },
          [](cs::ExactMoments& one, const cs::Quote& trade) { one.add(trade.price); }, nothing),
      contender("statistics_24h_add", statistics, add_sample, nothing),
      contender("statistics_24h", statistics, add_sample, [](const auto& one) { return one.value(); }),
      contender(
          "changes_4", [] { return cs::ChangeHistory(); }, add_sample, [](const auto& one) { return one.changes(); }),
      contender(
          "indicators_all", [] { return cs::LiveIndicators(); },
          [](cs::LiveIndicators& one, const cs::Quote& trade) {
            static std::vector<cs::Indicator> made;
            made.clear();
            one.add(candle_of(trade), made);
          },
          nothing),
  };
  std::string line = "{\"benchmark\":\"market\",\"updates\":" + std::to_string(updates);
  for (const auto& contender : contenders)
    line += fmt::format(",\"{}_ns\":{:.0f}", contender.name, median_cpu_ns(contender));
  fmt::print("{}}}\n", line);
}
