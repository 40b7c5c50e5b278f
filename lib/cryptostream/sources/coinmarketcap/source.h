// CoinMarketCap: coins and their quotes, asked for at a fixed rate.
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

struct CoinMarketCapOptions {
  /// Symbols ("BTC") or CoinMarketCap's numbers ("1"): quotes/latest. None: the first `top` coins by `sort`:
  /// listings/latest.
  std::vector<std::string> coins{};
  CoinSort sort = CoinSort::market_cap;
  int top = 100;  ///< at most 5000; 200 cost a credit
  /// A list is given whole as soon as one of its coins has news, for tables that are replaced as a whole. Else each
  /// coin comes when it has news, and once.
  bool whole_list = false;

  std::string key{};  ///< https://pro.coinmarketcap.com; sent as a header, never shown
  std::string url = "https://pro-api.coinmarketcap.com";
  int version = 2;  ///< of the API: 1, 2 or 3; each understands the answers of the others. Lists know 1 and 3
  std::string quote = "USD";
  std::chrono::milliseconds interval{60'000};  ///< answers are renewed once a minute
  /// Credits to spend in one day (UTC) by one reader, counted as the answers say; 0: as many as it takes. When they are
  /// spent it waits for the next day, having said so.
  std::int64_t credits_per_day = 0;
  double requests_per_minute = 30;  ///< shared by all readers of this url in the process
  Backoff::Options retry{.first = std::chrono::milliseconds(1'000), .most = std::chrono::milliseconds(60'000)};
  HttpOptions http{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count and report, if anybody wants to know
};

/// One coin/1 a coin and poll, keyed by symbol, its time that of the coin's `last_updated`; a coin that has no news
/// since the last poll is left out.
///
/// `open` turns coins into numbers (a request for symbols, one for numbers); errors, final or, if retriable, for the
/// caller to try again: permission (no key, or a refused one), configuration (unknown coins, each named), unavailable,
/// temporary. A reader that is open gives no errors any more: while CoinMarketCap cannot be used, it says so once,
/// waits (what it is told to, else backoff) and goes on when CoinMarketCap does. Bad rows are left out and counted,
/// said once. Polls keep to a fixed schedule: a late one is made up for by none.
///
/// Position: the newest time of each coin, so that a restart writes none twice.
class CoinMarketCapSource {
 public:
  using Key = std::string;
  using Value = Coin;

  explicit CoinMarketCapSource(CoinMarketCapOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coinmarketcap"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinMarketCapOptions options_;
};

/// The same as quote/1.
class CoinMarketCapQuotes {
 public:
  using Key = std::string;
  using Value = Quote;

  explicit CoinMarketCapQuotes(CoinMarketCapOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coinmarketcap"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinMarketCapOptions options_;
};

}  // namespace cryptostream
