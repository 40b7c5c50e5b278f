#include <cryptostream/market/indicator_set.h>

#include <fmt/core.h>

namespace cryptostream {
namespace {

std::string parameters(const Sma& of) { return fmt::format("{}", of.period()); }
std::string parameters(const SmoothedAverage& of) { return fmt::format("{}", of.period()); }
std::string parameters(const Rsi& of) { return fmt::format("{}", of.period()); }
std::string parameters(const Macd& of) { return fmt::format("{},{},{}", of.fast(), of.slow(), of.signal()); }
std::string parameters(const Bollinger& of) { return fmt::format("{},{}", of.period(), of.width()); }
std::string parameters(const Vwap& of) {
  return fmt::format("{}", std::chrono::duration<double>(of.session()).count());
}
std::string parameters(const Volatility& of) {
  return of.periods_a_year() == 0 ? fmt::format("{}", of.period())
                                  : fmt::format("{},{}", of.period(), of.periods_a_year());
}

/// Puts indicators of one candle behind each other.
struct Writer {
  std::vector<Indicator>& into;
  const Candle& candle;

  void put(std::string_view name, const std::string& parameters, const Decimal& value) const {
    auto& made = into.emplace_back();
    made.source = candle.source;
    made.product = candle.product;
    made.time = candle.start;
    made.name = name;
    made.parameters = parameters;
    made.value = value;
  }
  void put(std::string_view name, const std::string& parameters, const std::optional<Decimal>& value) const {
    if (value) put(name, parameters, *value);
  }
};

}  // namespace

IndicatorSet::IndicatorSet(const IndicatorOptions& options) {
  for (auto period : options.sma) sma_.emplace_back(period);
  for (auto period : options.ema) ema_.push_back(ema(period));
  for (auto period : options.rsi) rsi_.emplace_back(period);
  for (const auto& periods : options.macd) macd_.emplace_back(periods.fast, periods.slow, periods.signal);
  for (const auto& bands : options.bollinger) bollinger_.emplace_back(bands.period, bands.width);
  for (auto session : options.vwap_sessions) vwap_.emplace_back(session);
  for (const auto& scatter : options.volatility) volatility_.emplace_back(scatter.period, scatter.periods_a_year);
}

void IndicatorSet::add(const Candle& candle) {
  auto add_close = [&](auto& indicators) {
    for (auto& indicator : indicators) indicator.add(candle.close);
  };
  add_close(sma_);
  add_close(ema_);
  add_close(rsi_);
  add_close(macd_);
  add_close(bollinger_);
  add_close(volatility_);
  for (auto& vwap : vwap_) vwap.add_typical(candle.start, candle.high, candle.low, candle.close, candle.volume);
}

void IndicatorSet::append_to(std::vector<Indicator>& into, const Candle& candle) const {
  Writer writer{into, candle};
  for (const auto& sma : sma_) writer.put("sma", parameters(sma), sma.value());
  for (const auto& average : ema_) writer.put("ema", parameters(average), average.value());
  for (const auto& rsi : rsi_) writer.put("rsi", parameters(rsi), rsi.value());
  for (const auto& macd : macd_) {
    auto value = macd.value();
    if (!value) continue;
    auto given = parameters(macd);
    writer.put("macd", given, value->macd);
    writer.put("macd_signal", given, value->signal);
    writer.put("macd_histogram", given, value->histogram);
  }
  for (const auto& bands : bollinger_) {
    auto value = bands.value();
    if (!value) continue;
    auto given = parameters(bands);
    writer.put("bollinger_upper", given, value->upper);
    writer.put("bollinger_middle", given, value->middle);
    writer.put("bollinger_lower", given, value->lower);
  }
  for (const auto& vwap : vwap_) writer.put("vwap", parameters(vwap), vwap.value());
  for (const auto& volatility : volatility_)
    if (auto value = volatility.value()) writer.put("volatility", parameters(volatility), decimal_of(*value));
}

std::string IndicatorSet::specification() const {
  std::string text;
  auto list = [&](std::string_view name, const auto& indicators) {
    for (const auto& indicator : indicators) text += fmt::format("{}({}) ", name, parameters(indicator));
  };
  list("sma", sma_);
  list("ema", ema_);
  list("rsi", rsi_);
  list("macd", macd_);
  list("bollinger", bollinger_);
  list("vwap", vwap_);
  list("volatility", volatility_);
  return text;
}

bool LiveIndicators::add(const Candle& candle, std::vector<Indicator>& into) {
  if (latest_ && candle.start < latest_->start) return false;
  if (latest_ && candle.start > latest_->start) settled_.add(*latest_);
  latest_ = candle;
  auto now = settled_;
  now.add(candle);
  now.append_to(into, candle);
  return true;
}

}  // namespace cryptostream
