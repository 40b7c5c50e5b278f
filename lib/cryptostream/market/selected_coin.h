// selected_coin/1: those fields of coin/1 that people put into a table of prices.
#pragma once

#include <cryptostream/market/coin.h>

#include <optional>
#include <string>
#include <string_view>

namespace cryptostream {

/// One coin at one time. Key of the record: `symbol`.
struct SelectedCoin {
  std::string symbol;
  std::string name;
  Timestamp time;
  Decimal price_usd;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> market_cap_dominance;
  std::optional<Decimal> circulating_supply;
  std::optional<Decimal> volume_24h;
  std::optional<Decimal> percent_change_1h;
  std::optional<Decimal> percent_change_24h;
  std::optional<Decimal> percent_change_7d;
  std::optional<Decimal> percent_change_30d;
};
CRYPTOSTREAM_SCHEMA(SelectedCoin, symbol, name, time, price_usd, market_cap, market_cap_dominance, circulating_supply,
                    volume_24h, percent_change_1h, percent_change_24h, percent_change_7d, percent_change_30d)

constexpr std::string_view cryptostream_type(TypeTag<SelectedCoin>) { return "selected_coin/1"; }

inline SelectedCoin selected(const Coin& coin) {
  return {coin.symbol,
          coin.name,
          coin.time,
          coin.price,
          coin.market_cap,
          coin.market_cap_dominance,
          coin.circulating_supply,
          coin.volume_24h,
          coin.percent_change_1h,
          coin.percent_change_24h,
          coin.percent_change_7d,
          coin.percent_change_30d};
}

}  // namespace cryptostream
