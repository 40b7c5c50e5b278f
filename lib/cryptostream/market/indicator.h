// indicator/1: one number of technical analysis about one product at one time.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>

#include <string>
#include <string_view>

namespace cryptostream {

/// One value of one indicator. What makes it one of a kind is (source, product, time, name, parameters).
struct Indicator {
  std::string source;      ///< as in the candle or quote it was made of
  std::string product;     ///< likewise
  Timestamp time;          ///< the start of its last candle
  std::string name;        ///< "sma", "macd_signal", …: IndicatorSet's docstring lists them
  std::string parameters;  ///< "20"; several as "12,26,9"
  Decimal value;
};
CRYPTOSTREAM_SCHEMA(Indicator, source, product, time, name, parameters, value)

constexpr std::string_view cryptostream_type(TypeTag<Indicator>) { return "indicator/1"; }

/// The topic that indicators go to if nothing else is said.
inline constexpr std::string_view indicators_topic = "indicators";

}  // namespace cryptostream
