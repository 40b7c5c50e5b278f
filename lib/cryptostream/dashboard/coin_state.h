// What is known of a coin at one time, as the API gives it. Private to the module.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream::dashboard {

/// `Coin` of docs/dashboard-api.yaml.
struct CoinState {
  std::string symbol;
  std::optional<std::string> name;
  std::optional<std::string> source;
  std::optional<std::int64_t> rank;
  Decimal price;
  Timestamp time;
  std::optional<Decimal> percent_change_1h;
  std::optional<Decimal> percent_change_24h;
  std::optional<Decimal> percent_change_7d;
  std::optional<Decimal> percent_change_30d;
  std::optional<Decimal> volume_24h;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> market_cap_dominance;
  std::optional<Decimal> circulating_supply;
  std::optional<Decimal> max_supply;
  std::optional<std::vector<double>> sparkline;
  std::optional<std::map<std::string, Decimal>> rates;
};
CRYPTOSTREAM_SCHEMA(CoinState, symbol, name, source, rank, price, time, percent_change_1h, percent_change_24h,
                    percent_change_7d, percent_change_30d, volume_24h, market_cap, market_cap_dominance,
                    circulating_supply, max_supply, sparkline, rates)

/// Takes over what `newer` knows; keeps the rest. An older one fills only what was not known.
void merge(CoinState& into, const CoinState& other);

}  // namespace cryptostream::dashboard
