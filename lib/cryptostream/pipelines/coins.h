// coins: coins of a ranking site and exchange rates -> each coin with its price in every currency -> two tables.
#pragma once

#include <cryptostream/market/fx_conversion.h>
#include <cryptostream/pipelines/pipeline.h>

#include <string>
#include <utility>

namespace cryptostream {

/// Topics: coins-raw (coin/1), fx (fx_rate/1), coins (coin/1 with rates). Tables: crypto, price.
struct CoinsOptions {
  FxConversionOptions conversion{};
  Renames renames{};
};

/// coins-raw and fx.
template <Source C, Source R>
void ingest_coins(StreamsBuilder& builder, C coins, R rates, const CoinsOptions& options) {
  builder.stream(std::move(coins)).to(KafkaTopic<std::string, Coin>(renamed(options.renames, coins_raw_topic)));
  builder.stream(std::move(rates)).to(KafkaTopic<std::string, FxRate>(renamed(options.renames, fx_topic)));
}

/// coins-raw and fx -> coins.
void process_coins(StreamsBuilder& builder, const CoinsOptions& options);

/// coins -> crypto(id, name, symbol, max_supply, circul_supply, cmc_rank), one row a coin, and price(crypto_id, time,
/// price_usd, price_sek, …, volume_24h, percent_change_1h, percent_change_24h, percent_change_7d), one a coin and time:
/// a column for each of options.conversion.currencies. Errors: those of any_table.
Result<void> sink_coins(StreamsBuilder& builder, const std::string& uri, const CoinsOptions& options);

}  // namespace cryptostream
