#include "quote_source.h"

#include <cryptostream/core/log.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/coinbase/source.h>
#include <cryptostream/sources/coincap/source.h>
#include <cryptostream/sources/coingecko/source.h>
#include <cryptostream/sources/coinmarketcap/source.h>
#include <cryptostream/sources/replay/source.h>
#include <cryptostream/sources/simulator/source.h>

#include <condition_variable>
#include <mutex>

namespace cryptostream::tool {
namespace {

using Record = OwnedRecord<std::string, Quote>;

/// Passes batches on, ends when it has given enough, and keeps invented prices and real ones apart.
class WatchedReader final : public QuoteSource::Reader {
 public:
  WatchedReader(std::unique_ptr<QuoteSource::Reader> reader, std::shared_ptr<SourceWatch> watch)
      : reader_(std::move(reader)), watch_(std::move(watch)) {}

  Result<SourceBatch<std::string, Quote>> poll(std::stop_token stop) override {
    if (watch_->ended) {
      wait(stop);
      return SourceBatch<std::string, Quote>{};
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto batch, reader_->poll(stop));
    for (const auto& record : batch.records) {
      CRYPTOSTREAM_TRY(check(record));
      if (watch_->seen) watch_->seen(record);
    }
    watch_->given += batch.records.size();
    if ((watch_->once && !batch.records.empty()) || (watch_->most > 0 && watch_->given >= watch_->most))
      watch_->ended = true;
    return batch;
  }

 private:
  Result<void> check(const Record& record) {
    bool simulated = record.headers.view().last(simulated_header).has_value();
    if (!watch_->simulated) watch_->simulated = simulated;
    if (*watch_->simulated == simulated) return {};
    return fail(ErrorKind::configuration, simulated
                                              ? "the topic holds real prices, and invented ones must not get among "
                                                "them; give the simulator a log or topic of its own (--log, --topic)"
                                              : "the topic holds invented prices of the simulator, and real ones must "
                                                "not get among them; use another log or topic (--log, --topic)");
  }

  void wait(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
  }

  std::unique_ptr<QuoteSource::Reader> reader_;
  std::shared_ptr<SourceWatch> watch_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
};

/// Coins, currency, key and address of an API that is asked.
template <class Options>
Result<void> read_common(const std::string& source, const cli::Settings& settings, SourceWatch& watch,
                         Options& options) {
  options.coins = settings.list("coins");
  options.quote = settings.text("quote");
  options.counts = watch.counts;
  CRYPTOSTREAM_TRY_ASSIGN(auto key, settings.api_key(source));
  if (key) options.key = *key;
  if (auto url = settings.text(source + "-url"); !url.empty()) options.url = url;
  return {};
}

}  // namespace

Result<std::unique_ptr<QuoteSource::Reader>> QuoteSource::open(const SourceTask& task, std::stop_token stop) const {
  CRYPTOSTREAM_TRY_ASSIGN(auto reader, open_(task, stop));
  return std::make_unique<WatchedReader>(std::move(reader), watch_);
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
                                std::shared_ptr<SourceWatch> watch) {
  watch->once = settings.toggle("once");
  if (name == "simulator") {
    SimulatorOptions options{.coins = settings.list("coins"),
                             .currency = settings.text("quote"),
                             .rate = static_cast<double>(settings.number("simulator-rate"))};
    watch->most = options.count = static_cast<std::uint64_t>(settings.number("simulator-records"));
    if (settings.given("simulator-seed")) options.seed = static_cast<std::uint64_t>(settings.number("simulator-seed"));
    return QuoteSource(SimulatorSource(options), watch);
  }
  if (name == "replay") {
    auto files = settings.list("replay-file");
    if (files.empty()) return fail(ErrorKind::configuration, "the replay source needs files: --replay-file FILE");
    return QuoteSource(ReplaySource({.files = files, .on_end = [watch] { watch->ended = true; }}), watch);
  }
  if (name == "coincap") {
    CoinCapOptions options{.interval = *settings.duration("interval")};
    CRYPTOSTREAM_TRY(read_common("coincap", settings, *watch, options));
    return QuoteSource(CoinCapSource(options), watch);
  }
  if (name == "coinmarketcap") {
    CoinMarketCapOptions options;
    CRYPTOSTREAM_TRY(read_common("coinmarketcap", settings, *watch, options));
    if (settings.given("interval")) options.interval = *settings.duration("interval");
    options.version = settings.text("coinmarketcap-version")[0] - '0';
    options.credits_per_day = settings.number("coinmarketcap-credits");
    return QuoteSource(CoinMarketCapQuotes(options), watch);
  }
  if (name == "coingecko") {
    CoinGeckoOptions options;
    CRYPTOSTREAM_TRY(read_common("coingecko", settings, *watch, options));
    if (settings.given("interval")) options.interval = *settings.duration("interval");
    return QuoteSource(CoinGeckoQuotes(options), watch);
  }
  CoinbaseOptions options{.coins = settings.list("coins"), .quote = settings.text("quote"), .counts = watch->counts};
  if (auto url = settings.text("coinbase-url"); !url.empty()) options.url = url;
  if (auto url = settings.text("coinbase-rest-url"); !url.empty()) options.rest_url = url;
  return QuoteSource(CoinbaseSource(options), watch);
}

}  // namespace cryptostream::tool
