// An HTTP server for what a process says of itself: short answers, answers that take a while, and streams of events.
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
  std::string address = "127.0.0.1";  ///< an IP address; "0.0.0.0" or "::" for all of this machine's
  std::uint16_t port = 0;             ///< 0: a free one
  /// Beyond them the one that has been silent for longest is closed. Never more than file descriptors allow, less 128.
  std::size_t max_connections = 64;
  std::uint32_t max_header = 8u << 10;               ///< bytes of a request's first line and header; else 431
  std::uint64_t max_body = 64u << 10;                ///< bytes of a request's body; else 413
  std::chrono::milliseconds request_timeout{5'000};  ///< for a whole request to come in
  std::chrono::milliseconds idle_timeout{90'000};    ///< between two requests of one connection
  std::chrono::milliseconds answer_timeout{10'000};  ///< for a client to take an answer, or a part of a stream
  std::chrono::milliseconds heartbeat{15'000};       ///< the longest silence of a stream: then a comment is sent
  std::size_t max_stream_queue = 256u << 10;         ///< bytes that wait for one client of a stream; beyond: closed
  /// Refuses (421) requests whose Host is neither an IP address, nor localhost, nor one of `host_names`: a page from
  /// elsewhere whose name was made to point here sends its own. And (403) POST with the Origin of another page.
  bool check_host = false;
  std::vector<std::string> host_names{};

  /// Address and port from "ADDRESS:PORT", "[V6]:PORT", ":PORT" or "PORT". Errors: configuration.
  static Result<HttpServerOptions> parse(std::string_view text);
};

struct ServedRequest {
  std::string method{};  ///< "GET"; HEAD is answered as GET, without the body
  std::string path{};    ///< "/metrics", as it came
  std::string query{};   ///< what follows '?', as it came
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string peer{};  ///< the client's IP address

  /// The first header of that name, in any case; empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// With a header ETag it becomes 304 where the client has that already. Cache-Control is no-store unless given.
struct ServedAnswer {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
};

/// An answer that goes on: server-sent events to one client. Thread-safe. Ends when the last handle is gone.
class EventStream {
 public:
  ~EventStream();
  /// Queues a whole frame ("id: 7\ndata: {}\n\n"), which many clients may share. False once the client is gone, or
  /// was closed because it does not read.
  bool push(std::shared_ptr<const std::string> frame);
  bool open() const;
  void close();
  /// Frames that this client was too slow for.
  std::size_t dropped() const;

 private:
  friend class HttpServer;
  friend class HttpReply;
  struct Shared;
  explicit EventStream(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  std::shared_ptr<Shared> shared_;
};

/// Where the answer to one request goes: at once or later, from any thread. The first answer counts; without one, the
/// client gets 500 when the last copy is gone.
class HttpReply {
 public:
  void operator()(ServedAnswer answer) const;
  /// Begins a stream; null if an answer was given already.
  std::shared_ptr<EventStream> events() const;

 private:
  friend class HttpServer;
  struct Pending;
  explicit HttpReply(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}
  std::shared_ptr<Pending> pending_;
};

/// HTTP/1.1 on one thread of its own. What is wrong with requests is answered with its status and logged once a kind.
class HttpServer {
 public:
  /// Called on the server's thread, one at a time: it must not wait for anything.
  using Handler = std::function<ServedAnswer(const ServedRequest&)>;
  using Routes = std::map<std::string, Handler, std::less<>>;  ///< by path
  /// The same for every path and method; may hand the reply to another thread.
  using Site = std::function<void(ServedRequest, HttpReply)>;

  /// Listens from now on; answers GET and HEAD of the routes, 404 and 405 for the rest. Errors: configuration (no IP
  /// address), permission, unavailable (in use).
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, Routes routes);
  static Result<std::unique_ptr<HttpServer>> serve(HttpServerOptions options, Site site);
  /// Closes all connections. Replies and streams that are left do nothing any more.
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
