// fx_rate/1: what one unit of a currency costs in another.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>

#include <string>
#include <string_view>

namespace cryptostream {

/// One exchange rate. What makes it one of a kind is (base, currency, time). Key of the record: `currency`.
struct FxRate {
  std::string base;      ///< "USD"
  std::string currency;  ///< "SEK"
  Decimal rate;          ///< units of `currency` for one of `base`
  Timestamp time;        ///< from when on the rate was known
};
CRYPTOSTREAM_SCHEMA(FxRate, base, currency, rate, time)

constexpr std::string_view cryptostream_type(TypeTag<FxRate>) { return "fx_rate/1"; }

/// The topic that rates go to if nothing else is said.
inline constexpr std::string_view fx_topic = "fx";

}  // namespace cryptostream
