#include <cryptostream/sources/coingecko/client.h>
#include <cryptostream/sources/coingecko/source.h>

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

template <class V>
Result<std::unique_ptr<SourceReader<std::string, V>>> open_reader(CoinGeckoOptions options, const SourceTask& task,
                                                                  std::stop_token stop) {
  CRYPTOSTREAM_TRY(check(options));
  CRYPTOSTREAM_TRY_ASSIGN(auto known, parse_position(task.position.value_or("")));
  if (!options.counts) options.counts = std::make_shared<SourceCounts>();
  auto client = std::make_unique<CoinGeckoClient>(options);
  CRYPTOSTREAM_TRY(client->open(stop));
  PollOptions poll{.source = "coingecko",
                   .what = client->what(),
                   .interval = options.interval,
                   .retry = options.retry,
                   .counts = options.counts};
  return std::make_unique<RowReader<Coin, V>>(std::move(poll), std::move(client), std::move(known),
                                              options.whole_list && options.coins.empty());
}

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Coin>>> CoinGeckoSource::open(const SourceTask& task,
                                                                               std::stop_token stop) const {
  return open_reader<Coin>(options_, task, stop);
}

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinGeckoQuotes::open(const SourceTask& task,
                                                                                std::stop_token stop) const {
  return open_reader<Quote>(options_, task, stop);
}

}  // namespace cryptostream
