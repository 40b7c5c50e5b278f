// coin/1: a coin as a ranking site knows it: its place, its supply, its price, and what that is in other currencies.
#pragma once

#include <cryptostream/market/quote.h>

#include <map>

namespace cryptostream {

/// One coin from one source at one time. A source leaves `rates` and `prices` out; whoever joins it with exchange rates
/// fills them.
///
/// What makes it one of a kind is (source, asset_id, time). Key of the record: `symbol`.
struct Coin {
  std::string source;    ///< "coinmarketcap", "coingecko"
  std::string asset_id;  ///< the source's own name of it, as in quote/1: "1", "bitcoin"
  std::int64_t id = 0;   ///< a number for tables: the source's own, or coin_number(asset_id) where it has none
  std::string symbol;    ///< "BTC"
  std::string name;      ///< "Bitcoin"
  std::string currency;  ///< what price, market_cap and volume_24h are in: "USD"
  Decimal price;
  Timestamp time;  ///< when the source says the price was

  std::optional<Decimal> max_supply;
  std::optional<Decimal> circulating_supply;
  std::optional<Decimal> total_supply;
  std::optional<std::int64_t> cmc_rank;  ///< by market cap, from 1; CoinGecko's own rank where it is the source
  std::optional<std::int64_t> place;     ///< in the list that was asked for, from 1; nothing where single coins were
  std::optional<Decimal> market_cap;
  std::optional<Decimal> market_cap_dominance;  ///< per cent of all coins' market cap
  std::optional<Decimal> volume_24h;
  std::optional<Decimal> percent_change_1h;
  std::optional<Decimal> percent_change_24h;
  std::optional<Decimal> percent_change_7d;
  std::optional<Decimal> percent_change_30d;

  std::optional<std::map<std::string, Decimal>> rates;   ///< by currency: units of it for one of `currency`
  std::optional<std::map<std::string, Decimal>> prices;  ///< by currency: the price in it, price × rate
};
CRYPTOSTREAM_SCHEMA(Coin, source, asset_id, id, symbol, name, currency, price, time, max_supply, circulating_supply,
                    total_supply, cmc_rank, place, market_cap, market_cap_dominance, volume_24h, percent_change_1h,
                    percent_change_24h, percent_change_7d, percent_change_30d, rates, prices)

constexpr std::string_view cryptostream_type(TypeTag<Coin>) { return "coin/1"; }

/// What a list of the first coins is sorted by, largest first.
enum class CoinSort : std::uint8_t { market_cap, volume_24h };

/// The topics that coins go to if nothing else is said: as a source gives them, and with their rates.
inline constexpr std::string_view coins_raw_topic = "coins-raw";
inline constexpr std::string_view coins_topic = "coins";

/// A number made of a coin's name, always the same one, for tables whose key is a number. It is positive and has 53
/// bits at most, so that readers of JSON that compute in binary keep it.
std::int64_t coin_number(std::string_view asset_id);

/// The coin's price as quote/1.
Quote to_quote(const Coin& coin);

}  // namespace cryptostream
