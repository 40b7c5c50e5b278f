#include <cryptostream/pipelines/quotes.h>

namespace cryptostream {

Result<void> sink_quotes(StreamsBuilder& builder, const std::string& uri, const QuotesOptions& options) {
  CRYPTOSTREAM_TRY(expect_room_for_tables(uri));
  const KafkaTopic<std::string, SelectedCoin> crypto{renamed(options.renames, "crypto")};
  return into_table(builder.stream(crypto, Named("crypto")), uri, {.table = renamed(options.renames, "quotes_coins")});
}

std::vector<TopCoin> top_coins(const std::vector<OwnedRecord<std::string, Coin>>& list) {
  std::vector<TopCoin> top;
  for (const auto& record : list) {
    const auto& coin = record.value;
    auto rank = coin.place.value_or(static_cast<std::int64_t>(top.size()) + 1);
    top.push_back({rank, coin.symbol, coin.name, coin.price, coin.market_cap, coin.market_cap_dominance,
                   coin.volume_24h, coin.percent_change_24h, coin.circulating_supply, coin.time});
  }
  return top;
}

}  // namespace cryptostream
