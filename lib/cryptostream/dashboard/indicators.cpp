#include <cryptostream/dashboard/indicators.h>
#include <cryptostream/market/bollinger.h>
#include <cryptostream/market/macd.h>
#include <cryptostream/market/moving_average.h>
#include <cryptostream/market/rsi.h>
#include <cryptostream/market/volatility.h>
#include <cryptostream/market/vwap.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace cryptostream::dashboard {
namespace {

using Parameters = std::vector<std::int64_t>;

/// Lists of [time, value], by name.
class Lines {
 public:
  void add(const std::string& name, std::int64_t time, double value) {
    auto& line = lines_[name];
    if (std::isfinite(value))
      fmt::format_to(std::back_inserter(line), "{}[{},{}]", line.empty() ? "" : ",", time, value);
  }
  void add(const std::string& name, std::int64_t time, const std::optional<Decimal>& value) {
    add(name, time, value ? value->to_double() : std::nan(""));
  }
  std::string object() const {
    std::string out;
    for (const auto& [name, line] : lines_)
      fmt::format_to(std::back_inserter(out), R"({}"{}":[{}])", out.empty() ? "" : ",", name, line);
    return "{" + out + "}";
  }

 private:
  std::map<std::string, std::string> lines_;
};

template <class Indicator>
void follow(const std::vector<Bar>& bars, Indicator indicator, const std::string& name, Lines& into) {
  for (const auto& bar : bars) {
    indicator.add(decimal_of(bar.close));
    into.add(name, bar.start, indicator.value());
  }
}

void follow_macd(const std::vector<Bar>& bars, const Parameters& of, const std::string& name, Lines& into) {
  Macd macd(of[0], of[1], of[2]);
  for (const auto& bar : bars) {
    macd.add(decimal_of(bar.close));
    auto value = macd.value();
    into.add(name + ".macd", bar.start, value ? std::optional(value->macd) : std::nullopt);
    into.add(name + ".signal", bar.start, value ? value->signal : std::nullopt);
    into.add(name + ".histogram", bar.start, value ? value->histogram : std::nullopt);
  }
}

void follow_bollinger(const std::vector<Bar>& bars, const Parameters& of, const std::string& name, Lines& into) {
  Bollinger bollinger(of[0], Decimal(of[1]));
  for (const auto& bar : bars) {
    bollinger.add(decimal_of(bar.close));
    auto value = bollinger.value();
    into.add(name + ".middle", bar.start, value ? std::optional(value->middle) : std::nullopt);
    into.add(name + ".upper", bar.start, value ? std::optional(value->upper) : std::nullopt);
    into.add(name + ".lower", bar.start, value ? std::optional(value->lower) : std::nullopt);
  }
}

void follow_volatility(const std::vector<Bar>& bars, const Parameters& of, const std::string& name, Lines& into) {
  Volatility volatility(of[0]);
  for (const auto& bar : bars) {
    if (bar.close > 0) volatility.add(decimal_of(bar.close));
    into.add(name, bar.start, volatility.value().value_or(std::nan("")));
  }
}

void follow_vwap(const std::vector<Bar>& bars, const Parameters&, const std::string& name, Lines& into) {
  Vwap vwap;
  for (const auto& bar : bars) {
    vwap.add_typical({bar.start}, decimal_of(bar.high), decimal_of(bar.low), decimal_of(bar.close),
                     decimal_of(bar.volume.value_or(0)));
    into.add(name, bar.start, vwap.value());
  }
}

struct Known {
  std::string_view name;
  std::size_t parameters;
  std::int64_t least;  // of each parameter
  void (*follow)(const std::vector<Bar>&, const Parameters&, const std::string&, Lines&);
};

constexpr Known known[] = {
    {"sma", 1, 1, [](auto& bars, auto& of, auto& name, auto& into) { follow(bars, Sma(of[0]), name, into); }},
    {"ema", 1, 1, [](auto& bars, auto& of, auto& name, auto& into) { follow(bars, ema(of[0]), name, into); }},
    {"rsi", 1, 1, [](auto& bars, auto& of, auto& name, auto& into) { follow(bars, Rsi(of[0]), name, into); }},
    {"macd", 3, 1, follow_macd},
    {"bollinger", 2, 1, follow_bollinger},
    {"volatility", 1, 2, follow_volatility},
    {"vwap", 0, 0, follow_vwap},
};

/// "12-26-9" as numbers; empty if one of them is none.
Parameters numbers(std::string_view text) {
  Parameters found;
  while (!text.empty()) {
    auto part = text.substr(0, text.find('-'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size()) return {};
    found.push_back(value);
  }
  return found;
}

}  // namespace

Result<std::string> indicators_json(std::string_view list, const std::vector<Bar>& bars) {
  constexpr std::size_t most = 16;
  constexpr std::int64_t longest = 1000;
  Lines lines;
  for (std::size_t count = 0; !list.empty(); ++count) {
    auto word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    auto colon = word.find(':');
    auto parameters = numbers(colon == word.npos ? std::string_view() : word.substr(colon + 1));
    const auto* found = std::find_if(std::begin(known), std::end(known),
                                     [&](const Known& each) { return each.name == word.substr(0, colon); });
    bool good = count < most && found != std::end(known) && parameters.size() == found->parameters &&
                std::all_of(parameters.begin(), parameters.end(),
                            [&](std::int64_t each) { return each >= found->least && each <= longest; });
    if (!good)
      return fail(ErrorKind::usage,
                  "parameter indicators must be some of sma:20, ema:50, rsi:14, macd:12-26-9, bollinger:20-2, vwap, "
                  "volatility:20, with commas between them");
    found->follow(bars, parameters, std::string(word), lines);
  }
  return lines.object();
}

}  // namespace cryptostream::dashboard
