#include "coin_sources.h"

#include <cryptostream/core/log.h>
#include <cryptostream/sources/coingecko/source.h>
#include <cryptostream/sources/ecb/source.h>
#include <cryptostream/sources/fastforex/source.h>
#include <cryptostream/sources/frankfurter/source.h>

#include <fmt/format.h>

namespace cryptostream::tool {
namespace {

/// The one that is named, else `keyed` where a key for it is configured, else `free`.
Result<std::string> choose(const cli::Settings& settings, const char* option, const char* keyed, const char* free) {
  if (auto name = settings.text(option); !name.empty()) return name;
  CRYPTOSTREAM_TRY_ASSIGN(auto key, settings.api_key(keyed));
  if (key) {
    log(LogLevel::info, option, "{}, because a key for it is configured", keyed);
    return std::string(keyed);
  }
  log(LogLevel::info, option, "{}, because no key for {} is configured and it needs none", free, keyed);
  return std::string(free);
}

Result<CoinGeckoOptions> coingecko_options(const cli::Settings& settings, const SourceWatch& watch) {
  CoinGeckoOptions options;
  CRYPTOSTREAM_TRY(read_coin_vendor("coingecko", settings, watch, options));
  return options;
}

}  // namespace

Result<CoinMarketCapOptions> coinmarketcap_options(const cli::Settings& settings, const SourceWatch& watch) {
  CoinMarketCapOptions options;
  CRYPTOSTREAM_TRY(read_coin_vendor("coinmarketcap", settings, watch, options));
  options.version = settings.text("coinmarketcap-version")[0] - '0';
  options.credits_per_day = settings.number("coinmarketcap-credits");
  return options;
}

Result<std::string> choose_coin_source(const cli::Settings& settings) {
  CRYPTOSTREAM_TRY_ASSIGN(auto name, choose(settings, "source", "coinmarketcap", "coingecko"));
  if (name == "coinmarketcap" || name == "coingecko") return name;
  return fail(ErrorKind::configuration,
              fmt::format("this pipeline needs coins with ranks and supplies, which {} does not give: use --source "
                          "coinmarketcap, or coingecko, which needs no key",
                          name));
}

Result<WatchedSource<Coin>> make_coin_source(const std::string& name, const cli::Settings& settings,
                                             std::vector<std::string> coins, std::shared_ptr<SourceWatch> watch) {
  watch->once = settings.toggle("once");
  if (name == "coingecko") {
    CRYPTOSTREAM_TRY_ASSIGN(auto options, coingecko_options(settings, *watch));
    options.coins = std::move(coins);
    return WatchedSource<Coin>(CoinGeckoSource(options), watch);
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto options, coinmarketcap_options(settings, *watch));
  options.coins = std::move(coins);
  return WatchedSource<Coin>(CoinMarketCapSource(options), watch);
}

Result<WatchedSource<Coin>> make_top_source(const std::string& name, const cli::Settings& settings, bool by_volume,
                                            std::shared_ptr<SourceWatch> watch) {
  constexpr int places = 10;
  watch->once = settings.toggle("once");
  if (name == "coingecko") {
    CRYPTOSTREAM_TRY_ASSIGN(auto options, coingecko_options(settings, *watch));
    options.coins.clear();
    options.top = places;
    options.sort = by_volume ? CoinSort::volume_24h : CoinSort::market_cap;
    options.whole_list = true;
    return WatchedSource<Coin>(CoinGeckoSource(options), watch);
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto options, coinmarketcap_options(settings, *watch));
  options.coins.clear();
  options.top = places;
  options.sort = by_volume ? CoinSort::volume_24h : CoinSort::market_cap;
  options.whole_list = true;
  return WatchedSource<Coin>(CoinMarketCapSource(options), watch);
}

Result<std::string> choose_rate_source(const cli::Settings& settings) {
  return choose(settings, "rates", "fastforex", "frankfurter");
}

Result<WatchedSource<FxRate>> make_rate_source(const std::string& name, const cli::Settings& settings,
                                               std::shared_ptr<SourceWatch> watch) {
  watch->once = settings.toggle("once");
  auto made = [&]<class Options, class S>(Options options, S*) -> Result<WatchedSource<FxRate>> {
    options.base = settings.text("quote");
    options.currencies = settings.list("currencies");
    CRYPTOSTREAM_TRY(read_vendor(name, settings, *watch, options));
    return WatchedSource<FxRate>(S(options), watch);
  };
  if (name == "frankfurter") return made(FrankfurterOptions(), static_cast<FrankfurterSource*>(nullptr));
  if (name == "ecb") return made(EcbOptions(), static_cast<EcbSource*>(nullptr));
  return made(FastForexOptions(), static_cast<FastForexSource*>(nullptr));
}

}  // namespace cryptostream::tool
