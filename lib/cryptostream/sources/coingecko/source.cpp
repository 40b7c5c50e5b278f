#include <cryptostream/sources/coingecko/client.h>
#include <cryptostream/sources/coingecko/source.h>
#include <cryptostream/sources/row_reader.h>

namespace cryptostream {
namespace {

Result<void> check(const CoinGeckoOptions& options) {
  auto wrong = [](std::string_view why) { return fail(ErrorKind::configuration, std::string(why)); };
  if (options.page_size < 1 || options.page_size > 250) return wrong("page_size is not between 1 and 250");
  if (options.interval.count() <= 0) return wrong("the interval is not positive");
  if (options.quote.empty()) return wrong("no currency is given (--quote)");
  if (options.coins.empty() && options.top < 1) return wrong("no coins are asked for");
  if (options.coins.empty() && options.endpoint == CoinGeckoEndpoint::simple_price)
    return wrong("simple/price wants coins by name; name them, or ask coins/markets");
  return check_key(options.key);
}

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Coin>>> CoinGeckoSource::open(const SourceTask& task,
                                                                               std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check(options_));
  return open_coin_reader<Coin, CoinGeckoClient>("coingecko", options_, task, stop);
}

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinGeckoQuotes::open(const SourceTask& task,
                                                                                std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check(options_));
  return open_coin_reader<Quote, CoinGeckoClient>("coingecko", options_, task, stop);
}

}  // namespace cryptostream
