// One WebSocket connection, with a bound on every wait.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace cryptostream {

struct WebSocketOptions {
  std::string what = "websocket";                     ///< for messages: who this is ("coinbase feed")
  std::chrono::milliseconds connect_timeout{10'000};  ///< for each of: name and TCP; TLS; the upgrade
  std::chrono::milliseconds write_timeout{10'000};
  std::chrono::milliseconds idle_timeout{
      30'000};                         ///< without a byte: a ping goes out at half of it, the end comes at the whole
  std::size_t max_message = 8u << 20;  ///< bytes of one message, all its frames together
  std::string ca_file{};               ///< certificates to trust instead of the system's
  std::string user_agent = "cryptostream";
};

/// A connection that is up until a call gives an error; then it is to be replaced. TLS is always verified. Pings are
/// answered while `receive` waits. One thread only.
class WebSocketClient {
 public:
  /// Connects to `ws://host[:port][/path]` or `wss://…`. A stop request ends it at once, with an error of kind
  /// temporary. Errors: unavailable; a refused upgrade as check_answer has it; configuration (bad URL or CA file).
  static Result<WebSocketClient> connect(const std::string& url, WebSocketOptions options, std::stop_token stop);

  WebSocketClient(WebSocketClient&&) noexcept;
  WebSocketClient& operator=(WebSocketClient&&) noexcept;
  ~WebSocketClient();  ///< drops the connection without a handshake

  /// Sends one text message.
  Result<void> send(std::string_view text, std::stop_token stop);

  /// The next message, or nothing if none came in `wait` or stop was requested; a message under way is not lost. Errors
  /// (unavailable): closed, broken, silent for `idle_timeout`, a message too large or not UTF-8.
  Result<std::optional<std::string>> receive(std::chrono::milliseconds wait, std::stop_token stop);

  /// Takes leave of the other side, waiting up to `patience` for its answer.
  void close(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit WebSocketClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cryptostream
