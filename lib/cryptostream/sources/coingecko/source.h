// CoinGecko: coins and their quotes, asked for at a fixed rate; works without a key.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/coin.h>
#include <cryptostream/net/http_client.h>
#include <cryptostream/sources/counts.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

/// What is asked.
enum class CoinGeckoEndpoint : std::uint8_t {
  markets,       ///< coins/markets: everything that coin/1 has but the share in all market cap
  simple_price,  ///< simple/price: price, market cap, volume and the day's change, of named coins; a smaller answer
};

struct CoinGeckoOptions {
  /// Symbols ("BTC"), looked up among the first 1,000 coins, or CoinGecko's ids, in small letters ("bitcoin"). None:
  /// the first `top` coins by `sort`.
  std::vector<std::string> coins{};
  CoinSort sort = CoinSort::market_cap;  ///< of such a list
  int top = 100;
  bool whole_list = false;  ///< as in CoinMarketCapOptions
  CoinGeckoEndpoint endpoint = CoinGeckoEndpoint::markets;
  std::string key{};  ///< not needed; with one more requests are granted. Sent as a header, never shown
  std::string url = "https://api.coingecko.com/api/v3";  ///< with a paid plan https://pro-api.coingecko.com/api/v3
  std::string quote = "USD";
  std::chrono::milliseconds interval{60'000};
  int page_size = 250;              ///< rows asked for in one request, at most 250
  double requests_per_minute = 10;  ///< shared by all readers of this url in the process
  Backoff::Options retry{.first = std::chrono::milliseconds(1'000), .most = std::chrono::milliseconds(60'000)};
  HttpOptions http{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count and report, if anybody wants to know
};

/// One coin/1 a coin and poll, keyed by symbol (in capitals), its time that of the coin's `last_updated`; `id` is
/// coin_number() of CoinGecko's id. As for the rest: see CoinMarketCapSource.
class CoinGeckoSource {
 public:
  using Key = std::string;
  using Value = Coin;

  explicit CoinGeckoSource(CoinGeckoOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coingecko"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinGeckoOptions options_;
};

/// The same as quote/1.
class CoinGeckoQuotes {
 public:
  using Key = std::string;
  using Value = Quote;

  explicit CoinGeckoQuotes(CoinGeckoOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coingecko"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinGeckoOptions options_;
};

}  // namespace cryptostream
