#include <cryptostream/market/coin.h>

namespace cryptostream {

std::int64_t coin_number(std::string_view asset_id) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;  // FNV-1a
  for (unsigned char byte : asset_id) hash = (hash ^ byte) * 1'099'511'628'211U;
  constexpr std::uint64_t most = (std::uint64_t{1} << 53) - 1;
  return static_cast<std::int64_t>(hash % most) + 1;
}

Quote to_quote(const Coin& coin) {
  return {
      .source = coin.source,
      .asset_id = coin.asset_id,
      .symbol = coin.symbol,
      .name = coin.name,
      .currency = coin.currency,
      .price = coin.price,
      .time = coin.time,
      .volume_24h = coin.volume_24h,
      .market_cap = coin.market_cap,
      .change_percent_24h = coin.percent_change_24h,
      .circulating_supply = coin.circulating_supply,
      .max_supply = coin.max_supply,
      .rank = coin.cmc_rank,
  };
}

}  // namespace cryptostream
