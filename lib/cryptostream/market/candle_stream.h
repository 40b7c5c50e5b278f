// candles(): from a stream of trades to a stream of candles.
#pragma once

#include <cryptostream/dsl/windowed_stream.h>
#include <cryptostream/market/candle.h>

#include <chrono>
#include <string>
#include <utility>

namespace cryptostream {

struct CandleOptions {
  std::chrono::milliseconds size = std::chrono::minutes(1);  ///< of the interval; intervals begin at its multiples, UTC
  std::chrono::milliseconds grace = std::chrono::seconds(5);  ///< how late a trade may come and still be counted
  /// False: each candle once, when stream time has passed its end by the grace. True: at each trade (with a record
  /// cache at each commit), so that the candle of the present interval is there too; later ones replace earlier ones.
  bool live = false;
};

/// Candles by product, keyed by product_key(): "coinbase:BTC-USD". A record's own time decides which candle it belongs
/// to; sources set it to the quote's. An interval without trades has no candle. What comes later than the grace is
/// dropped and counted. `name` names store and repartition topic. Cost: a repartition topic and a window store.
inline Stream<std::string, Candle> candles(const Stream<std::string, Quote>& trades, CandleOptions options = {},
                                           const std::string& name = "candles") {
  auto grouped = trades.group_by([](const Quote& quote) { return product_key(quote); }, Grouped(name))
                     .windowed_by(TimeWindows::of(options.size).grace(options.grace));
  auto finish = [](const Windowed<std::string>& window, const CandleBuilder& builder) {
    return KeyValue{window.key, builder.candle(window.window.start)};
  };
  auto made = [&](const auto& windowed) -> Stream<std::string, Candle> {
    return windowed.template aggregate<CandleBuilder>(&CandleBuilder::add, Materialized(name)).to_stream().map(finish);
  };
  return options.live ? made(grouped) : made(grouped.emit(EmitStrategy::on_window_close));
}

}  // namespace cryptostream
