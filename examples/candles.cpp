// One-minute candles with volume-weighted average price, each given once, when its minute is over.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

struct Trade {
  std::string symbol;
  cs::Decimal price;
  cs::Decimal volume;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price, volume)

struct Candle {
  cs::Decimal open, high, low, close, volume, turnover;
  void add(const Trade& trade) {
    if (volume == cs::Decimal()) open = high = low = trade.price;
    high = std::max(high, trade.price);
    low = std::min(low, trade.price);
    close = trade.price;
    volume = volume + trade.volume;
    turnover = turnover + trade.price * trade.volume;
  }
};
CRYPTOSTREAM_SCHEMA(Candle, open, high, low, close, volume, turnover)

int main() {
  const cs::KafkaTopic<std::string, Trade> trades{"trades"};
  const cs::KafkaTopic<std::string, Candle> candles{"candles"};

  cs::StreamsBuilder b;
  b.stream(trades)
      .group_by_key()
      .windowed_by(cs::TimeWindows::of(1min).grace(5s))
      .emit(cs::EmitStrategy::on_window_close)
      .aggregate<Candle>(&Candle::add, cs::Materialized("candles"))
      .to_stream()
      .map([](const cs::Windowed<std::string>& window, const Candle& candle) {
        return cs::KeyValue{window.key + " " + window.window.start.to_string(), candle};
      })
      .to(candles);

  cs::TestDriver driver(b.build());
  auto trade = [&](std::int64_t second, const char* price, const char* volume) {
    driver.pipe(trades, "BTC", {"BTC", cs::Decimal::parse(price).value(), cs::Decimal::parse(volume).value()},
                {second * 1000});
  };
  trade(3, "67000.5", "0.2");
  trade(40, "67010", "0.1");
  trade(61, "66990", "1");    // the next minute
  trade(58, "67020", "0.1");  // late, and within the grace
  trade(70, "66995", "1");    // closes the first minute
  for (const auto& candle : driver.read(candles))
    fmt::print("{} open {} high {} low {} close {} volume {}\n", candle.key, candle.value.open.to_string(),
               candle.value.high.to_string(), candle.value.low.to_string(), candle.value.close.to_string(),
               candle.value.volume.to_string());
}
