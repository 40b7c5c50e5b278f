// Coinbase Exchange: every trade as it happens, over a WebSocket that needs no key.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/quote.h>
#include <cryptostream/net/http_client.h>
#include <cryptostream/net/websocket_client.h>
#include <cryptostream/sources/counts.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

/// What makes the quotes.
enum class CoinbaseChannel : std::uint8_t {
  matches,  ///< every trade; what is missed is fetched
  ticker,   ///< the last trade of each burst: less traffic, and nothing is missed because nothing is promised
};

struct CoinbaseOptions {
  std::vector<std::string> coins{};  ///< "BTC" (in `quote`) or products ("BTC-EUR"); at least one
  std::string quote = "USD";
  CoinbaseChannel channel = CoinbaseChannel::matches;
  std::string url = "wss://ws-feed.exchange.coinbase.com";
  std::string rest_url = "https://api.exchange.coinbase.com";

  std::chrono::milliseconds subscribe_timeout{5'000};  ///< for the feed's reply
  std::chrono::milliseconds stall_timeout{
      10'000};  ///< heartbeats come every second: without a message for so long, connect anew
  Backoff::Options retry{.first = std::chrono::milliseconds(500), .most = std::chrono::milliseconds(60'000)};

  std::chrono::milliseconds reorder_wait{1'000};  ///< how long a trade that is missing may still come by itself
  std::int64_t max_backfill = 10'000;             ///< trades fetched for one hole, the newest; older ones count as lost
  int backfill_tries = 5;                         ///< then the hole is given up
  int page_size = 1000;                           ///< trades in one answer, at most 1000
  double requests_per_minute = 300;               ///< shared by all readers of this rest_url in the process

  HttpOptions http{};
  WebSocketOptions websocket{.what = "coinbase feed"};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count what happens, if anybody wants to know
};

/// One quote/1 a trade, keyed by symbol, with trade_id, size and the taker's side; each trade once, ascending for each
/// product.
///
/// `open` connects and subscribes; errors: configuration (no product exists, each named; some exist: the others are
/// named in the log), unavailable. A reader that is open gives no errors any more: it says once that the feed is gone,
/// connects anew with backoff, and fetches what was missed. Position: the last trade of each product
/// ("BTC-USD:123,ETH-USD:45"), so a restart goes on without hole or repetition as far as max_backfill reaches. Each
/// hole is logged once, with what was fetched and what is lost.
class CoinbaseSource {
 public:
  using Key = std::string;
  using Value = Quote;

  explicit CoinbaseSource(CoinbaseOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coinbase"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinbaseOptions options_;
};

}  // namespace cryptostream
