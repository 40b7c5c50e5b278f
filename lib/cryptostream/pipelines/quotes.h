// quotes: chosen fields of chosen coins -> a table of prices; and the ten largest by market cap and by volume.
#pragma once

#include <cryptostream/market/selected_coin.h>
#include <cryptostream/pipelines/pipeline.h>
#include <cryptostream/runtime/direct_feed.h>

#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// Topic: crypto (selected_coin/1). Tables: quotes_coins, cap_top_10, vol_top_10.
struct QuotesOptions {
  Renames renames{};
};

/// crypto: what the source gives, with fewer fields.
template <Source S>
void ingest_quotes(StreamsBuilder& builder, S source, const QuotesOptions& options) {
  builder.stream(std::move(source))
      .map_values(selected, Named("select-fields"))
      .to(KafkaTopic<std::string, SelectedCoin>(renamed(options.renames, "crypto")));
}

/// crypto -> quotes_coins, a row for each. Errors: those of any_table.
Result<void> sink_quotes(StreamsBuilder& builder, const std::string& uri, const QuotesOptions& options);

/// A place in a list of the largest coins.
struct TopCoin {
  std::int64_t rank = 0;  ///< from 1
  std::string symbol;
  std::string name;
  Decimal price_usd;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> market_cap_dominance;
  std::optional<Decimal> volume_24h;
  std::optional<Decimal> percent_change_24h;
  std::optional<Decimal> circulating_supply;
  Timestamp updated;
};
CRYPTOSTREAM_SCHEMA(TopCoin, (rank, FieldFlags::key), symbol, name, price_usd, market_cap, market_cap_dominance,
                    volume_24h, percent_change_24h, circulating_supply, updated)

/// The coins of one answer in their places.
std::vector<TopCoin> top_coins(const std::vector<OwnedRecord<std::string, Coin>>& list);

/// Lists of the largest coins -> `table` ("cap_top_10", "vol_top_10"), which each list replaces as a whole, at once,
/// with no log between. `source` gives a whole list at a time. Errors: those of any_table.
template <Source S>
Result<DirectFeed> feed_top_coins(S source, const std::string& uri, const std::string& table,
                                  const std::string& application_id, const QuotesOptions& options) {
  CRYPTOSTREAM_TRY(expect_room_for_tables(uri));
  using TopSink = AnySink<TopCoin, std::string>;
  CRYPTOSTREAM_TRY_ASSIGN(auto sink,
                          TopSink::make(uri, {.table = renamed(options.renames, table), .mode = WriteMode::replace}));
  return DirectFeed::of(std::move(source), top_coins, std::move(sink), application_id);
}

}  // namespace cryptostream
