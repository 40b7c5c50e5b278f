// An upstream under a test's control, over real sockets: scripted HTTP answers and WebSocket sessions, with TLS if
// asked for.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream::testing {

/// What a client asked for.
struct FakeRequest {
  int number = 0;  ///< of this upstream, from 1
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string header(const std::string& name) const;  ///< empty if there is none
};

/// What it gets.
struct FakeAnswer {
  enum class Then { keep, close, reset, hang };

  int status = 200;
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::optional<std::string> raw{};   ///< sent as it is instead of status, headers and body
  Then then = Then::keep;             ///< hang: the connection stays open and silent
  std::chrono::milliseconds drip{0};  ///< between single bytes
};

/// The server's side of one WebSocket connection; calls block, and return at once when the upstream is stopped.
class FakeSession {
 public:
  virtual ~FakeSession() = default;
  virtual std::optional<std::string> receive() = 0;  ///< nothing: the client has gone
  virtual void send(const std::string& text) = 0;
  virtual void send_in_pieces(const std::string& text, std::size_t piece) = 0;  ///< one message, many frames
  virtual void send_raw(const std::string& bytes) = 0;                          ///< past the WebSocket layer
  virtual void close() = 0;                                                     ///< with the handshake
  virtual void reset() = 0;                                                     ///< without a word (TCP RST)
  virtual void wait_for_end() = 0;  ///< silent (pings are answered) until the client goes
  virtual void wait_deaf() = 0;     ///< the same without reading anything
  virtual int number() const = 0;   ///< of this upstream's sessions, from 1
};

class FakeUpstream {
 public:
  using OnHttp = std::function<FakeAnswer(const FakeRequest&)>;
  using OnWebSocket = std::function<void(FakeSession&)>;
  enum class Tls { no, yes };

  /// Listens on a free port of 127.0.0.1. Handlers run on the connections' own threads.
  explicit FakeUpstream(OnHttp on_http, OnWebSocket on_websocket = {}, Tls tls = Tls::no);
  ~FakeUpstream();

  std::string http_url() const;       ///< "http(s)://127.0.0.1:PORT"
  std::string websocket_url() const;  ///< "ws(s)://127.0.0.1:PORT"
  int port() const;
  const std::string& ca_file() const;  ///< the certificate, for clients that shall trust it

  std::vector<FakeRequest> requests() const;  ///< HTTP ones so far
  int sessions() const;                       ///< WebSocket sessions begun so far
  /// Waits for the n-th HTTP request; false if it does not come in time.
  bool wait_for_requests(int n, std::chrono::milliseconds patience = std::chrono::seconds(10)) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A port of 127.0.0.1 on which nobody listens.
int unused_port();

/// The text packed as `Content-Encoding: gzip` has it.
std::string gzip(const std::string& text);

}  // namespace cryptostream::testing
