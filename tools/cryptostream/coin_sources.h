// Where coins and exchange rates come from: chosen by the settings.
#pragma once

#include "watched_source.h"

#include <cryptostream/market/coin.h>
#include <cryptostream/market/fx_rate.h>
#include <cryptostream/sources/coinmarketcap/source.h>

#include <vector>

namespace cryptostream::tool {

/// What the settings say of CoinMarketCap.
Result<CoinMarketCapOptions> coinmarketcap_options(const cli::Settings& settings, const SourceWatch& watch);

/// The source of coins: --source, else coinmarketcap where a key is configured, else coingecko. Says which and why.
/// Errors: configuration, for a source that gives no coins.
Result<std::string> choose_coin_source(const cli::Settings& settings);

/// The source of that name for `coins`; a list of them: see CoinMarketCapOptions.
Result<WatchedSource<Coin>> make_coin_source(const std::string& name, const cli::Settings& settings,
                                             std::vector<std::string> coins, std::shared_ptr<SourceWatch> watch);

/// The largest coins, ten of them, whole with each answer.
Result<WatchedSource<Coin>> make_top_source(const std::string& name, const cli::Settings& settings, bool by_volume,
                                            std::shared_ptr<SourceWatch> watch);

/// The source of rates: --rates, else fastforex where a key is configured, else frankfurter. Says which and why.
Result<std::string> choose_rate_source(const cli::Settings& settings);
Result<WatchedSource<FxRate>> make_rate_source(const std::string& name, const cli::Settings& settings,
                                               std::shared_ptr<SourceWatch> watch);

}  // namespace cryptostream::tool
