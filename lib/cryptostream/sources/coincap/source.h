// CoinCap: prices of coins, asked for at a fixed rate.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/quote.h>
#include <cryptostream/net/http_client.h>
#include <cryptostream/sources/counts.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

struct CoinCapOptions {
  /// Symbols ("BTC") or CoinCap's ids ("bitcoin"); none: the `top` coins by rank.
  std::vector<std::string> coins{};
  int top = 100;
  std::string key{};  ///< version 3 wants one (https://pro.coincap.io); sent as a header, never shown
  std::string url = "https://rest.coincap.io/v3";
  std::string quote = "USD";  ///< CoinCap knows no other
  std::chrono::milliseconds interval{20'000};
  /// How far back prices are fetched that a long pause has missed (more than two polls and two minutes): one a minute,
  /// of coins that were named; 0: not at all. CoinCap charges by the byte: a day of one coin is some 60 credits.
  std::chrono::milliseconds max_backfill{0};
  int page_size = 100;               ///< rows asked for in one request, at most 2000; CoinCap charges by the byte
  double requests_per_minute = 100;  ///< shared by all readers of this url in the process
  Backoff::Options retry{.first = std::chrono::milliseconds(1'000), .most = std::chrono::milliseconds(60'000)};
  HttpOptions http{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count what is left out, if anybody wants to know
};

/// One quote/1 a coin and poll, keyed by symbol, its time that of CoinCap's answer.
///
/// `open` turns coins into ids; its errors are final or, if retriable, for the caller to try again: permission (no key,
/// or a refused one), configuration (unknown coins, each named; another currency than USD), unavailable. A reader that
/// is open gives no errors any more: while CoinCap cannot be used, it says so once, waits (`Retry-After`, else backoff)
/// and goes on when CoinCap does. Bad rows are left out and counted, said once. Polls keep to a fixed schedule: a late
/// one is made up for by none.
///
/// With `max_backfill` a pause, of the program or of CoinCap, is filled with prices of that time, oldest first; what
/// cannot be fetched in five tries is said.
///
/// Position: the newest envelope time given; an answer that is not newer is left out, so that no (coin, time) is
/// written twice.
class CoinCapSource {
 public:
  using Key = std::string;
  using Value = Quote;

  explicit CoinCapSource(CoinCapOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coincap"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinCapOptions options_;
};

}  // namespace cryptostream
