// quote/1: one price of one asset from one source, whatever the source.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

/// The taker's side of a trade.
enum class Side : std::uint8_t { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

/// One price. Trade feeds fill trade_id, side and size, one quote a trade; price APIs fill what follows.
///
/// What makes it one of a kind is (source, asset_id, trade_id) or, without a trade_id, (source, asset_id, time). That
/// is no table key (one of the two is always missing), so sinks that need one are told which.
struct Quote {
  std::string source;               ///< "coincap", "coinbase", "simulator"
  std::string asset_id;             ///< the source's own name of it: "bitcoin", "BTC-USD"
  std::string symbol;               ///< "BTC"; also the key of the record
  std::optional<std::string> name;  ///< "Bitcoin"
  std::string currency;             ///< what the price is in: "USD"
  Decimal price;
  Timestamp time;  ///< when the source says the price was

  std::optional<std::int64_t> trade_id;
  std::optional<Side> side;
  std::optional<Decimal> size;  ///< of the asset

  std::optional<Decimal> volume_24h;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> vwap_24h;
  std::optional<Decimal> change_percent_24h;
  std::optional<Decimal> circulating_supply;
  std::optional<Decimal> max_supply;
  std::optional<std::int64_t> rank;
};
CRYPTOSTREAM_SCHEMA(Quote, source, asset_id, symbol, name, currency, price, time, trade_id, side, size, volume_24h,
                    market_cap, vwap_24h, change_percent_24h, circulating_supply, max_supply, rank)

constexpr std::string_view cryptostream_type(TypeTag<Quote>) { return "quote/1"; }

/// The topic that quotes go to if nothing else is said.
inline constexpr std::string_view quotes_topic = "quotes";

}  // namespace cryptostream
