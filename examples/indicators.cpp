// From trades to minute candles to indicators, and how far the price is from where it was a while ago.
#include <cryptostream/cryptostream.h>
#include <cryptostream/market/candle_stream.h>
#include <cryptostream/market/indicator_stream.h>
#include <cryptostream/market/percent_change_stream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

int main() {
  const cs::KafkaTopic<std::string, cs::Quote> trades{"quotes"};
  const cs::KafkaTopic<std::string, cs::Candle> candle_topic{"candles"};
  const cs::KafkaTopic<std::string, cs::Indicator> indicator_topic{"indicators"};
  const cs::KafkaTopic<std::string, cs::PercentChanges> change_topic{"changes"};

  cs::StreamsBuilder b;
  auto quotes = b.stream(trades);
  auto candles = cs::candles(quotes, {.size = 1min, .grace = 5s});
  candles.to(candle_topic);
  cs::IndicatorOptions chosen{.sma = {3}, .ema = {}, .rsi = {2}, .macd = {}, .bollinger = {}, .vwap_sessions = {}};
  cs::indicators(candles, chosen).to(indicator_topic);
  cs::percent_changes(quotes, {.periods = {2min}, .max_age = 30s, .resolution = 1s}).to(change_topic);

  cs::TestDriver driver(b.build());
  auto trade = [&](std::int64_t second, std::int64_t id, const char* price, const char* size) {
    cs::Quote quote{"coinbase", "BTC-USD", "BTC", {}, "USD", cs::Decimal::of(price), {second * 1000}};
    quote.trade_id = id;
    quote.size = cs::Decimal::of(size);
    driver.pipe(trades, quote.symbol, quote, quote.time);
  };
  trade(3, 1, "67000", "0.2");
  trade(40, 2, "67100", "0.1");
  trade(61, 4, "67050", "1");
  trade(58, 3, "67020", "0.1");  // late, and within the grace
  trade(130, 5, "67110", "0.5");
  trade(170, 6, "67200", "0.5");
  trade(260, 7, "67300", "1");  // no trade in the minute before: no candle
  trade(400, 8, "67300", "1");
  for (const auto& [key, candle, time, headers] : driver.read(candle_topic))
    fmt::print("{} at {} s: open {} close {} vwap {:.10}\n", key, candle.start.ms / 1000, candle.open, candle.close,
               candle.vwap->to_string());
  for (const auto& indicator : driver.read(indicator_topic))
    fmt::print("{} at {} s: {:.8}\n", indicator.value.name, indicator.value.time.ms / 1000,
               indicator.value.value.to_string());
  for (const auto& change : driver.read(change_topic))
    if (auto percent = change.value.changes[0].percent)
      fmt::print("at {} s {:.6} % in two minutes\n", change.value.time.ms / 1000, percent->to_string());
}
