// Boost.Beast's HTTP stays in this one file, as its WebSockets stay in theirs.
#include <cryptostream/net/http_server.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <list>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace cryptostream {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Stream = beast::basic_stream<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using beast::error_code;

std::string host_and_port(const tcp::endpoint& at) {
  auto host = at.address().to_string();
  return at.address().is_v6() ? fmt::format("[{}]:{}", host, at.port()) : fmt::format("{}:{}", host, at.port());
}

/// True for what is wrong with a message, false for a connection that failed.
bool about_http(error_code error) { return error.category() == make_error_code(http::error::bad_target).category(); }

ServedAnswer plain(int status, std::string body) { return {.status = status, .body = std::move(body) + "\n"}; }

ServedAnswer answer_to(const HttpServer::Routes& routes, const ServedRequest& request) {
  if (!request.path.starts_with('/')) return plain(400, "the request's target is no path");
  auto route = routes.find(request.path);
  if (route == routes.end()) return plain(404, "nothing here");
  if (request.method != "GET" && request.method != "HEAD") {
    auto answer = plain(405, "only GET and HEAD");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    return answer;
  }
  try {
    return route->second(request);
  } catch (const std::exception& error) {
    return plain(500, error.what());
  }
}

}  // namespace

Result<HttpServerOptions> HttpServerOptions::parse(std::string_view text) {
  auto bad = [&] {
    return fail(
        ErrorKind::configuration,
        fmt::format("`{}` is no address to listen on; write ADDRESS:PORT, as 127.0.0.1:9464 or [::1]:9464", text));
  };
  HttpServerOptions options;
  auto colon = text.rfind(':');
  auto number = colon == text.npos ? text : text.substr(colon + 1);
  if (colon != text.npos && colon > 0) {
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != host.npos) {
      return bad();
    }
    options.address = host == "localhost" ? "127.0.0.1" : host;
  }
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), options.port);
  if (number.empty() || error != std::errc() || end != number.data() + number.size()) return bad();
  error_code not_an_address;
  asio::ip::make_address(options.address, not_an_address);
  if (not_an_address) return bad();
  return options;
}

struct HttpServer::Impl {
  class Connection;

  HttpServerOptions options;
  Routes routes;
  asio::io_context context{1};
  Acceptor acceptor{context};
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> pause{
      context};
  std::list<std::shared_ptr<Connection>> connections;  // the thread's
  std::thread thread;

  Result<void> listen();
  void accept();
  void add(Socket socket);
};

/// Reads one request after the other and writes its answer. Held by its own callbacks and the server's list.
class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, Socket socket) : server_(server), stream_(std::move(socket)) {}

  void begin() {
    place_ = std::prev(server_.connections.end());
    read(server_.options.request_timeout);
  }
  bool answering() const { return answering_; }
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
    if (std::exchange(listed_, false)) server_.connections.erase(place_);
  }

 private:
  // Silence may last longer than a request that has begun: first anything at all, then the rest of the request.
  void read(std::chrono::milliseconds silence) {
    parser_.emplace();
    parser_->header_limit(server_.options.max_header);
    parser_->body_limit(server_.options.max_body);
    if (buffer_.size() > 0) return read_request();
    stream_.expires_after(silence);
    stream_.async_read_some(buffer_.prepare(chunk),
                            [self = this->shared_from_this()](error_code error, std::size_t got) {
                              self->buffer_.commit(got);
                              if (error) return self->close();
                              self->read_request();
                            });
  }
  void read_request() {
    stream_.expires_after(server_.options.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = this->shared_from_this()](error_code error, std::size_t) { self->answer(error); });
  }

  void answer(error_code error) {
    if (error == http::error::header_limit) return write(plain(431, "the request's header is too large"), false);
    if (error == http::error::body_limit) return write(plain(413, "the request's body is too large"), false);
    if (error == http::error::end_of_stream || (error && !about_http(error))) return close();
    if (error) return write(plain(400, "this is no HTTP request"), false);
    const auto& message = parser_->get();
    ServedRequest request;
    request.method = std::string(message.method_string());
    std::string target(message.target());
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
    bodiless_ = message.method() == http::verb::head;
    write(answer_to(server_.routes, request), message.keep_alive());
  }

  void write(ServedAnswer answer, bool keep) {
    answering_ = true;
    answer_.emplace();
    answer_->result(static_cast<unsigned>(answer.status));
    answer_->set(http::field::content_type, answer.type);
    answer_->set(http::field::cache_control, "no-store");
    answer_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) answer_->set(name, value);
    answer_->content_length(answer.body.size());
    if (!std::exchange(bodiless_, false)) answer_->body() = std::move(answer.body);
    answer_->keep_alive(keep);
    stream_.expires_after(server_.options.answer_timeout);
    http::async_write(stream_, *answer_, [self = this->shared_from_this(), keep](error_code error, std::size_t) {
      self->answering_ = false;
      if (error || !self->listed_) return self->close();  // an answer may have left just before it was closed
      if (keep) return self->next();
      self->let_go();
    });
  }
  void next() {
    // To the end of the list: the first ones have been silent for longest.
    server_.connections.splice(server_.connections.end(), server_.connections, place_);
    read(server_.options.idle_timeout);
  }
  // A close with bytes unread would reset the connection, and the client might never see the answer.
  void let_go() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    swallow();
  }
  void swallow() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(chunk), [self = this->shared_from_this()](error_code error, std::size_t) {
      if (error) return self->close();
      self->swallow();
    });
  }

  static constexpr std::size_t chunk = 4096;

  Impl& server_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> answer_;
  bool answering_ = false;
  bool bodiless_ = false;
  bool listed_ = true;
  std::list<std::shared_ptr<Connection>>::iterator place_;
};

Result<void> HttpServer::Impl::listen() {
  error_code error;
  auto address = asio::ip::make_address(options.address, error);
  if (error) return fail(ErrorKind::configuration, fmt::format("`{}` is no IP address to listen on", options.address));
  tcp::endpoint at(address, options.port);
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return {};
  auto kind = error == asio::error::access_denied ? ErrorKind::permission : ErrorKind::unavailable;
  return fail(
      kind, fmt::format("cannot listen on {}: {}; choose another address or port", host_and_port(at), error.message()));
}

void HttpServer::Impl::accept() {
  acceptor.async_accept([this](error_code error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      add(std::move(socket));
      return accept();
    }
    // Out of file descriptors, say: trying on at once would only burn the processor.
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](error_code aborted) {
      if (!aborted) accept();
    });
  });
}

void HttpServer::Impl::add(Socket socket) {
  if (connections.size() >= options.max_connections) {
    auto silent = std::find_if(connections.begin(), connections.end(), [](auto& one) { return !one->answering(); });
    if (silent == connections.end()) return;  // closes the new one
    auto oldest = *silent;
    oldest->close();
  }
  connections.push_back(std::make_shared<Connection>(*this, std::move(socket)));
  connections.back()->begin();
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, Routes routes) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->routes = std::move(routes);
  CRYPTOSTREAM_TRY(impl->listen());
  impl->accept();
  impl->thread = std::thread([&server = *impl] { server.context.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  auto& server = *impl_;
  asio::post(server.context, [&server] {
    error_code ignored;
    server.acceptor.close(ignored);
    server.pause.cancel();
    while (!server.connections.empty()) {
      auto connection = server.connections.front();
      connection->close();
    }
  });
  server.thread.join();
}

std::uint16_t HttpServer::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

std::string HttpServer::url() const {
  error_code ignored;
  return "http://" + host_and_port(impl_->acceptor.local_endpoint(ignored));
}

}  // namespace cryptostream
