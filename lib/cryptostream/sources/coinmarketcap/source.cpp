#include <cryptostream/sources/coinmarketcap/client.h>
#include <cryptostream/sources/coinmarketcap/source.h>

namespace cryptostream {
namespace {

Result<void> check(const CoinMarketCapOptions& options) {
  auto wrong = [](std::string_view why) { return fail(ErrorKind::configuration, std::string(why)); };
  if (options.version < 1 || options.version > 3) return wrong("version 1, 2 or 3 of CoinMarketCap's API, no other");
  if (options.interval.count() <= 0) return wrong("the interval is not positive");
  if (options.quote.empty()) return wrong("no currency is given (--quote)");
  if (options.coins.empty() && (options.top < 1 || options.top > 5000)) return wrong("top is not between 1 and 5000");
  CRYPTOSTREAM_TRY(check_key(options.key));
  if (options.key.empty() && options.url == CoinMarketCapOptions().url)
    return fail(ErrorKind::permission,
                "CoinMarketCap needs a key; get one at https://pro.coinmarketcap.com and set "
                "CRYPTOSTREAM_COINMARKETCAP_KEY or --coinmarketcap-key-file, or use a source without keys (--source "
                "coingecko)");
  return {};
}

template <class V>
Result<std::unique_ptr<SourceReader<std::string, V>>> open_reader(CoinMarketCapOptions options, const SourceTask& task,
                                                                  std::stop_token stop) {
  CRYPTOSTREAM_TRY(check(options));
  CRYPTOSTREAM_TRY_ASSIGN(auto known, parse_position(task.position.value_or("")));
  if (!options.counts) options.counts = std::make_shared<SourceCounts>();
  auto client = std::make_unique<CoinMarketCapClient>(options);
  CRYPTOSTREAM_TRY(client->open(stop));
  PollOptions poll{.source = "coinmarketcap",
                   .what = client->what(),
                   .interval = options.interval,
                   .retry = options.retry,
                   .counts = options.counts};
  return std::make_unique<RowReader<Coin, V>>(std::move(poll), std::move(client), std::move(known),
                                              options.whole_list && options.coins.empty());
}

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Coin>>> CoinMarketCapSource::open(const SourceTask& task,
                                                                                   std::stop_token stop) const {
  return open_reader<Coin>(options_, task, stop);
}

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinMarketCapQuotes::open(const SourceTask& task,
                                                                                    std::stop_token stop) const {
  return open_reader<Quote>(options_, task, stop);
}

}  // namespace cryptostream
