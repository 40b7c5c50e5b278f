#include "quote_source.h"

#include "coin_sources.h"

#include <cryptostream/core/log.h>
#include <cryptostream/sources/coinbase/source.h>
#include <cryptostream/sources/coincap/source.h>
#include <cryptostream/sources/coingecko/source.h>
#include <cryptostream/sources/coinmarketcap/source.h>
#include <cryptostream/sources/replay/source.h>
#include <cryptostream/sources/simulator/source.h>

namespace cryptostream::tool {

Result<void> expect_one_sort(SourceWatch& watch, HeadersView headers) {
  bool simulated = headers.last(simulated_header).has_value();
  if (!watch.simulated) watch.simulated = simulated;
  if (*watch.simulated == simulated) return {};
  return fail(ErrorKind::configuration, simulated
                                            ? "the topic holds real prices, and invented ones must not get among "
                                              "them; give the simulator a log or topic of its own (--log, --topic)"
                                            : "the topic holds invented prices of the simulator, and real ones must "
                                              "not get among them; use another log or topic (--log, --topic)");
}

Result<std::string> choose_source(const cli::Settings& settings) {
  if (auto name = settings.text("source"); !name.empty()) return name;
  CRYPTOSTREAM_TRY_ASSIGN(auto key, settings.api_key("coincap"));
  if (key) {
    log(LogLevel::info, "source", "coincap, because a key for it is configured");
    return std::string("coincap");
  }
  log(LogLevel::info, "source", "coinbase, because no key for CoinCap is configured and Coinbase needs none");
  return std::string("coinbase");
}

Result<QuoteSource> make_source(const std::string& name, const cli::Settings& settings,
                                std::shared_ptr<SourceWatch> watch, QuoteSource::Seen seen) {
  watch->once = settings.toggle("once");
  if (name == "simulator") {
    SimulatorOptions options{.coins = settings.list("coins"),
                             .currency = settings.text("quote"),
                             .rate = static_cast<double>(settings.number("simulator-rate")),
                             .counts = watch->counts};
    watch->most = options.count = static_cast<std::uint64_t>(settings.number("simulator-records"));
    if (settings.given("simulator-seed")) options.seed = static_cast<std::uint64_t>(settings.number("simulator-seed"));
    return QuoteSource(SimulatorSource(options), watch, seen);
  }
  if (name == "replay") {
    auto files = settings.list("replay-file");
    if (files.empty()) return fail(ErrorKind::configuration, "the replay source needs files: --replay-file FILE");
    return QuoteSource(ReplaySource({.files = files, .on_end = [watch] { watch->ended = true; }}), watch, seen);
  }
  if (name == "coincap") {
    CoinCapOptions options;
    CRYPTOSTREAM_TRY(read_coin_vendor("coincap", settings, *watch, options));
    if (auto time = settings.duration("coincap-backfill")) options.max_backfill = *time;
    return QuoteSource(CoinCapSource(options), watch, seen);
  }
  if (name == "coinmarketcap") {
    CRYPTOSTREAM_TRY_ASSIGN(auto options, coinmarketcap_options(settings, *watch));
    return QuoteSource(CoinMarketCapQuotes(options), watch, seen);
  }
  if (name == "coingecko") {
    CoinGeckoOptions options;
    CRYPTOSTREAM_TRY(read_coin_vendor("coingecko", settings, *watch, options));
    return QuoteSource(CoinGeckoQuotes(options), watch, seen);
  }
  CoinbaseOptions options{.coins = settings.list("coins"), .quote = settings.text("quote"), .counts = watch->counts};
  if (auto url = settings.text("coinbase-url"); !url.empty()) options.url = url;
  if (auto url = settings.text("coinbase-rest-url"); !url.empty()) options.rest_url = url;
  return QuoteSource(CoinbaseSource(options), watch, seen);
}

}  // namespace cryptostream::tool
