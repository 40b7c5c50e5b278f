// One connection to the feed, subscribed. Private to this folder.
#pragma once

#include <cryptostream/net/websocket_client.h>
#include <cryptostream/sources/coinbase/messages.h>
#include <cryptostream/sources/coinbase/source.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace cryptostream {

/// One thread only.
class CoinbaseFeed {
 public:
  /// Connects and subscribes to these products; those that the exchange refuses go from `products` to `refused`, with
  /// its reason. Errors: unavailable; configuration when no product is left or the channels are refused.
  static Result<CoinbaseFeed> connect(const CoinbaseOptions& options, std::set<std::string>& products,
                                      std::map<std::string, std::string>& refused, std::stop_token stop);

  /// The next frame, or nothing: see WebSocketClient::receive.
  Result<std::optional<std::string>> receive(std::chrono::milliseconds wait, std::stop_token stop);

 private:
  explicit CoinbaseFeed(WebSocketClient socket) : socket_(std::move(socket)) {}
  Result<void> subscribe(const CoinbaseOptions& options, std::set<std::string>& products,
                         std::map<std::string, std::string>& refused, std::stop_token stop);

  WebSocketClient socket_;
  std::deque<std::string> early_;  // frames that came before the reply
};

/// The product among these that a refusal is about, or nothing.
std::optional<std::string> product_in(std::string_view reason, const std::set<std::string>& products);

}  // namespace cryptostream
