#include <cryptostream/sources/coinmarketcap/client.h>
#include <cryptostream/sources/coinmarketcap/source.h>
#include <cryptostream/sources/row_reader.h>

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

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Coin>>> CoinMarketCapSource::open(const SourceTask& task,
                                                                                   std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check(options_));
  return open_coin_reader<Coin, CoinMarketCapClient>("coinmarketcap", options_, task, stop);
}

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinMarketCapQuotes::open(const SourceTask& task,
                                                                                    std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check(options_));
  return open_coin_reader<Quote, CoinMarketCapClient>("coinmarketcap", options_, task, stop);
}

}  // namespace cryptostream
