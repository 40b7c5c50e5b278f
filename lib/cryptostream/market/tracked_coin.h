// tracked/1: what a coin costs and what it cost first on that day; the columns are the tracker's file's.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/data/schema.h>

#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

/// One row of the tracker. Key of the record: `symbol`.
struct TrackedCoin {
  Decimal timestamp;  ///< when the price was, in seconds since 1970-01-01 UTC, with milliseconds
  std::string id;     ///< CoinCap's name of the coin: "bitcoin"
  std::string symbol;
  std::string name;
  Decimal price_usd;
  std::optional<Decimal> change_percent_24h;
  Decimal first_value;  ///< the first price of the day (UTC) that was known when the row was written
  std::optional<Decimal> vwap_24h;
};
CRYPTOSTREAM_SCHEMA(TrackedCoin, timestamp, (id, FieldFlags::key), symbol, name, (price_usd, "priceUsd"),
                    (change_percent_24h, "changePercent24Hr"), (first_value, "firstValue"), (vwap_24h, "vwap24Hr"))

constexpr std::string_view cryptostream_type(TypeTag<TrackedCoin>) { return "tracked/1"; }

}  // namespace cryptostream
