// indicators(): from a stream of candles to a stream of indicators.
#pragma once

#include <cryptostream/dsl/process.h>
#include <cryptostream/market/indicator_set.h>

#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

/// The store of indicators(): by key the state of its set.
inline auto indicator_store(const std::string& name) { return key_value_store<std::string, LiveIndicators>(name); }

/// Not for users: the processor of indicators().
class IndicatorProcessor : public FixedKeyProcessor<std::string, Candle, Indicator> {
 public:
  IndicatorProcessor(Context& context, const IndicatorOptions& options, const std::string& store)
      : FixedKeyProcessor(context),
        fresh_(options),
        specification_(fresh_.specification()),
        states_(context.store(indicator_store(store))) {}

  void process(const Record<std::string, Candle>& record) override {
    auto state = states_.get(record.key);
    if (!state || state->specification() != specification_) state = fresh_;
    made_.clear();
    if (!state->add(record.value, made_)) return;
    states_.put(record.key, *state);
    for (const auto& indicator : made_) context().forward(indicator);
  }

 private:
  LiveIndicators fresh_;
  std::string specification_;
  TypedKeyValueStore<std::string, LiveIndicators> states_;
  std::vector<Indicator> made_;
};

/// The indicators of each candle, a record each, under the candle's key. Each key's candles must come in order, as
/// candles() gives them; the latest may come again with other numbers (CandleOptions::live), and so do its indicators
/// then. Older ones are left out. Throws std::invalid_argument for a period that an indicator refuses. Cost: a store
/// named `name` with a value a key, read and written at each candle; other options than those of the stored state begin
/// anew.
inline Stream<std::string, Indicator> indicators(const Stream<std::string, Candle>& candles,
                                                 const IndicatorOptions& options = {},
                                                 const std::string& name = "indicators") {
  IndicatorSet checked(options);
  return candles.process_values<IndicatorProcessor>(
      [options, name](IndicatorProcessor::Context& context) { return IndicatorProcessor(context, options, name); },
      Named(name), Stores(indicator_store(name)));
}

}  // namespace cryptostream
