// A small HTTP server for what a process says of itself.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream {

/// Where to listen, and how much any client may take. Every wait has an end.
struct HttpServerOptions {
  std::string address = "127.0.0.1";                 ///< an IP address; "0.0.0.0" or "::" for all of this machine's
  std::uint16_t port = 0;                            ///< 0: a free one
  std::size_t max_connections = 64;                  ///< beyond them the one that has been silent for longest is closed
  std::uint32_t max_header = 8u << 10;               ///< bytes of a request's first line and header; else 431
  std::uint64_t max_body = 64u << 10;                ///< bytes of a request's body; else 413
  std::chrono::milliseconds request_timeout{5'000};  ///< for a whole request to come in
  std::chrono::milliseconds idle_timeout{90'000};    ///< between two requests of one connection
  std::chrono::milliseconds answer_timeout{10'000};  ///< for a client to take an answer

  /// Address and port from "ADDRESS:PORT", "[V6]:PORT", ":PORT" or "PORT". Errors: configuration.
  static Result<HttpServerOptions> parse(std::string_view text);
};

struct ServedRequest {
  std::string method{};  ///< "GET"; HEAD is handled as GET
  std::string path{};    ///< "/metrics"
  std::string query{};   ///< what follows '?', as it came
  std::vector<std::pair<std::string, std::string>> headers{};
};

struct ServedAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// HTTP/1.1 on one thread of its own. Answers GET and HEAD of the paths it was given; 404 and 405 for the rest.
class HttpServer {
 public:
  /// Called on the server's thread, one at a time: it must not wait for anything.
  using Handler = std::function<ServedAnswer(const ServedRequest&)>;
  using Routes = std::map<std::string, Handler, std::less<>>;  ///< by path

  /// Listens from now on. Errors: configuration (no IP address), permission, unavailable (in use).
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, Routes routes);
  /// Closes all connections.
  ~HttpServer();

  std::uint16_t port() const;
  /// "http://127.0.0.1:9464"
  std::string url() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cryptostream
