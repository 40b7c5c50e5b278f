// Boost.Beast's HTTP stays in this one file, as its WebSockets stay in theirs.
#include <cryptostream/core/log.h>
#include <cryptostream/net/http_server.h>

#include <sys/resource.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
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
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

std::string host_and_port(const tcp::endpoint& at) {
  auto host = at.address().to_string();
  return at.address().is_v6() ? fmt::format("[{}]:{}", host, at.port()) : fmt::format("{}:{}", host, at.port());
}

/// True for what is wrong with a message, false for a connection that failed.
bool about_http(error_code error) { return error.category() == make_error_code(http::error::bad_target).category(); }

ServedAnswer plain(int status, std::string body) { return {.status = status, .body = std::move(body) + "\n"}; }

ServedAnswer answer_to(const HttpServer::Routes& routes, const ServedRequest& request) {
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

bool same_word(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// "localhost" of "localhost:8080", "::1" of "[::1]:8080"; empty for what is neither.
std::string_view host_of(std::string_view host_and_port) {
  auto end = host_and_port.find_last_not_of("0123456789");
  auto host = end != host_and_port.npos && host_and_port[end] == ':' ? host_and_port.substr(0, end) : host_and_port;
  if (host.starts_with('[')) return host.ends_with(']') ? host.substr(1, host.size() - 2) : std::string_view();
  return host.find(':') == host.npos ? host : std::string_view();
}

/// What speaks against a request before anybody looks at its path.
std::optional<ServedAnswer> refused(const HttpServerOptions& options, const ServedRequest& request) {
  if (!request.path.starts_with('/')) return plain(400, "the request's target is no path");
  if (!options.check_host) return std::nullopt;
  auto host = request.header("Host");
  auto name = host_of(host);
  error_code no_address;
  asio::ip::make_address(std::string(name), no_address);
  bool known = !no_address || same_word(name, "localhost") ||
               std::any_of(options.host_names.begin(), options.host_names.end(),
                           [&](const auto& each) { return same_word(each, name); });
  if (name.empty() || !known) return plain(421, "this server does not go by that name");
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  auto origin = request.header("Origin");
  auto scheme = origin.find("://");
  bool foreign = !origin.empty() && (scheme == origin.npos || !same_word(origin.substr(scheme + 3), host));
  if (foreign || same_word(request.header("Sec-Fetch-Site"), "cross-site"))
    return plain(403, "a page from elsewhere may not do this");
  return std::nullopt;
}

/// As many connections as were asked for, or as there are file descriptors for, with some left for everything else.
std::size_t possible_connections(std::size_t wanted) {
  constexpr rlim_t for_others = 128;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
  auto room = files.rlim_cur > 2 * for_others ? files.rlim_cur - for_others : files.rlim_cur / 2;
  return std::min<std::size_t>(wanted, room);
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

/// What a stream's handle and its connection have in common.
struct EventStream::Shared {
  std::mutex mutex;
  std::deque<std::shared_ptr<const std::string>> queue;  // guarded by mutex, as is all that follows
  std::size_t bytes = 0;                                 // of the queue
  std::size_t most = 0;
  std::size_t dropped = 0;
  bool scheduled = false;  // the connection knows that there is something
  bool closed = false;
  std::shared_ptr<asio::io_context> context;
  std::function<void()> wake;  // on the network's thread
};

struct HttpReply::Pending {
  std::shared_ptr<asio::io_context> context;
  std::atomic<bool> answered{false};
  std::function<void(ServedAnswer)> answer;  // both on the network's thread
  std::function<void(std::shared_ptr<EventStream::Shared>)> begin;
  std::size_t max_queue = 0;

  ~Pending() {
    if (!answered) asio::post(*context, [answer = std::move(answer)] { answer(plain(500, "no answer was given")); });
  }
};

struct HttpServer::Impl {
  class Connection;

  HttpServerOptions options;
  Site site;
  std::shared_ptr<asio::io_context> context = std::make_shared<asio::io_context>(1);  // replies may outlive the server
  Acceptor acceptor{*context};
  Timer pause{*context}, beat{*context};
  std::list<std::shared_ptr<Connection>> connections;  // the thread's, as is what follows
  std::set<std::string, std::less<>> said;
  std::thread thread;

  Result<void> listen();
  void accept();
  void add(Socket socket);
  bool close_longest_idle();
  void watch_streams();
  void note(std::string_view kind, std::string_view what);
};

/// Reads one request after the other and writes its answer. Held by its own callbacks and the server's list.
class HttpServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, Socket socket) : server_(server), stream_(std::move(socket)) {}

  void begin() {
    place_ = std::prev(server_.connections.end());
    read(server_.options.request_timeout);
  }
  bool busy() const { return busy_; }
  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
    if (events_) {
      std::lock_guard lock(events_->mutex);
      events_->closed = true;
      events_->dropped += events_->queue.size();
      events_->queue.clear();
    }
    if (std::exchange(listed_, false)) server_.connections.erase(place_);
  }
  void look_after_stream(Steady::time_point now) {
    if (!events_) return;
    if (!sending_.empty() && now - sent_at_ > server_.options.answer_timeout) {
      server_.note("slow client", "it does not read its stream and is closed");
      return close();
    }
    static const auto comment = std::make_shared<const std::string>(": still here\n\n");
    if (!sending_.empty() || now - sent_at_ < server_.options.heartbeat * 2 / 3) return;
    {
      std::lock_guard lock(events_->mutex);
      if (events_->queue.empty()) events_->queue.push_back(comment);
      events_->bytes += comment->size();
    }
    send_events();
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
    if (error == http::error::header_limit) return refuse(plain(431, "the request's header is too large"), false);
    if (error == http::error::body_limit) return refuse(plain(413, "the request's body is too large"), false);
    if (error == beast::error::timeout) server_.note("slow request", "it did not come in whole in time and is closed");
    if (error == http::error::end_of_stream || (error && !about_http(error))) return close();
    if (error) return refuse(plain(400, "this is no HTTP request"), false);
    auto& message = parser_->get();
    ServedRequest request;
    request.method = std::string(message.method_string());
    std::string target(message.target());
    request.path = target.substr(0, target.find('?'));
    if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
    for (const auto& field : message) request.headers.emplace_back(field.name_string(), field.value());
    request.body = std::move(message.body());
    error_code gone;
    if (auto peer = stream_.socket().remote_endpoint(gone); !gone) request.peer = peer.address().to_string();
    bodiless_ = message.method() == http::verb::head;
    known_ = request.header("If-None-Match");
    bool keep = message.keep_alive();
    if (auto refusal = refused(server_.options, request)) return refuse(std::move(*refusal), keep);

    busy_ = true;
    auto pending = std::make_shared<HttpReply::Pending>();
    pending->context = server_.context;
    pending->max_queue = server_.options.max_stream_queue;
    auto weak = this->weak_from_this();
    pending->answer = [weak, keep](ServedAnswer given) {
      if (auto self = weak.lock(); self && self->listed_) self->write(std::move(given), keep);
    };
    pending->begin = [weak](std::shared_ptr<EventStream::Shared> events) {
      if (auto self = weak.lock(); self && self->listed_) return self->begin_events(std::move(events));
      std::lock_guard lock(events->mutex);
      events->closed = true;
    };
    HttpReply reply(std::move(pending));
    try {
      server_.site(std::move(request), reply);
    } catch (const std::exception& thrown) {
      reply(plain(500, thrown.what()));
    }
  }

  void refuse(ServedAnswer answer, bool keep) {
    server_.note(fmt::format("request refused ({})", answer.status),
                 std::string_view(answer.body).substr(0, answer.body.size() - 1));
    write(std::move(answer), keep);
  }

  void write(ServedAnswer answer, bool keep) {
    busy_ = true;
    answer_.emplace();
    answer_->set(http::field::content_type, answer.type);
    answer_->set(http::field::cache_control, "no-store");
    answer_->set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : answer.headers) answer_->set(name, value);
    auto tag = answer_->find(http::field::etag);
    if (answer.status == 200 && !known_.empty() && tag != answer_->end() &&
        known_.find(std::string(tag->value())) != known_.npos) {
      answer.status = 304;
      answer_->erase(http::field::content_type);
      bodiless_ = true;
    }
    answer_->result(static_cast<unsigned>(answer.status));
    if (answer.status != 304 && answer.status != 204) answer_->content_length(answer.body.size());
    if (!std::exchange(bodiless_, false)) answer_->body() = std::move(answer.body);
    answer_->keep_alive(keep);
    stream_.expires_after(server_.options.answer_timeout);
    http::async_write(stream_, *answer_, [self = this->shared_from_this(), keep](error_code error, std::size_t) {
      self->busy_ = false;
      self->answer_.reset();
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

  // A stream is written and watched on the socket itself: Beast's one deadline cannot serve both directions.
  void begin_events(std::shared_ptr<EventStream::Shared> events) {
    static const auto head = std::make_shared<const std::string>(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n");
    events_ = std::move(events);
    stream_.expires_never();
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    {
      std::lock_guard lock(events_->mutex);
      events_->queue.push_front(head);
      events_->bytes += head->size();
      events_->scheduled = true;
      events_->wake = [weak = this->weak_from_this()] {
        auto self = weak.lock();
        if (self && self->listed_) self->send_events();
      };
    }
    buffer_.clear();
    await_end();
    send_events();
  }
  void await_end() {
    stream_.socket().async_read_some(buffer_.prepare(64),
                                     [self = this->shared_from_this()](error_code error, std::size_t) {
                                       if (error) return self->close();
                                       self->await_end();
                                     });
  }
  void send_events() {
    if (!sending_.empty()) return;
    {
      std::lock_guard lock(events_->mutex);
      if (events_->queue.empty()) {
        events_->scheduled = false;
        if (!events_->closed) return;
      } else {
        sending_.assign(events_->queue.begin(), events_->queue.end());
        events_->queue.clear();
        events_->bytes = 0;
      }
    }
    if (sending_.empty()) return close();
    std::vector<asio::const_buffer> parts;
    parts.reserve(sending_.size());
    for (const auto& frame : sending_) parts.emplace_back(frame->data(), frame->size());
    sent_at_ = Steady::now();
    asio::async_write(stream_.socket(), parts, [self = this->shared_from_this()](error_code error, std::size_t) {
      self->sending_.clear();
      if (error || !self->listed_) return self->close();
      self->send_events();
    });
  }

  static constexpr std::size_t chunk = 4096;

  Impl& server_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> answer_;
  std::string known_;  // If-None-Match
  bool busy_ = false;  // from a request to its answer's end, and all through a stream
  bool bodiless_ = false;
  bool listed_ = true;
  std::list<std::shared_ptr<Connection>>::iterator place_;
  std::shared_ptr<EventStream::Shared> events_;
  std::vector<std::shared_ptr<const std::string>> sending_;
  Steady::time_point sent_at_{};
};

std::string_view ServedRequest::header(std::string_view name) const {
  for (const auto& [each, value] : headers)
    if (same_word(each, name)) return value;
  return {};
}

void HttpReply::operator()(ServedAnswer answer) const {
  if (pending_->answered.exchange(true)) return;
  asio::dispatch(*pending_->context,
                 [give = pending_->answer, answer = std::move(answer)]() mutable { give(std::move(answer)); });
}

std::shared_ptr<EventStream> HttpReply::events() const {
  if (pending_->answered.exchange(true)) return nullptr;
  auto shared = std::make_shared<EventStream::Shared>();
  shared->most = pending_->max_queue;
  shared->context = pending_->context;
  shared->scheduled = true;  // until the connection has begun
  asio::post(*pending_->context, [begin = pending_->begin, shared] { begin(shared); });
  return std::shared_ptr<EventStream>(new EventStream(std::move(shared)));
}

EventStream::~EventStream() { close(); }

bool EventStream::push(std::shared_ptr<const std::string> frame) {
  std::lock_guard lock(shared_->mutex);
  if (shared_->closed) return false;
  if (shared_->bytes + frame->size() > shared_->most) {
    shared_->dropped += shared_->queue.size() + 1;
    shared_->queue.clear();
    shared_->closed = true;
    log(LogLevel::info, "http", "a client does not read its stream and is dropped");
  } else {
    shared_->bytes += frame->size();
    shared_->queue.push_back(std::move(frame));
  }
  if (!std::exchange(shared_->scheduled, true))
    asio::post(*shared_->context, [shared = shared_] {
      if (shared->wake) shared->wake();
    });
  return !shared_->closed;
}

bool EventStream::open() const {
  std::lock_guard lock(shared_->mutex);
  return !shared_->closed;
}

std::size_t EventStream::dropped() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

void EventStream::close() {
  std::lock_guard lock(shared_->mutex);
  if (std::exchange(shared_->closed, true) || std::exchange(shared_->scheduled, true)) return;
  asio::post(*shared_->context, [shared = shared_] {
    if (shared->wake) shared->wake();
  });
}

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
    close_longest_idle();
    pause.expires_after(std::chrono::milliseconds(100));
    pause.async_wait([this](error_code aborted) {
      if (!aborted) accept();
    });
  });
}

bool HttpServer::Impl::close_longest_idle() {
  auto silent = std::find_if(connections.begin(), connections.end(), [](auto& one) { return !one->busy(); });
  if (silent == connections.end()) return false;
  auto oldest = *silent;
  oldest->close();
  note("too many connections", "the one that was silent for longest makes room");
  return true;
}

void HttpServer::Impl::add(Socket socket) {
  if (connections.size() >= options.max_connections && !close_longest_idle()) return;  // closes the new one
  connections.push_back(std::make_shared<Connection>(*this, std::move(socket)));
  connections.back()->begin();
}

void HttpServer::Impl::watch_streams() {
  beat.expires_after(std::min(options.heartbeat, options.answer_timeout) / 3);
  beat.async_wait([this](error_code error) {
    if (error) return;
    auto now = Steady::now();
    auto each = connections.begin();
    while (each != connections.end()) {
      auto connection = *each++;
      connection->look_after_stream(now);
    }
    watch_streams();
  });
}

void HttpServer::Impl::note(std::string_view kind, std::string_view what) {
  if (said.emplace(kind).second) log(LogLevel::warning, "http", "{}: {} (said once)", kind, what);
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, Routes routes) {
  return serve(std::move(options), [routes = std::move(routes)](const ServedRequest& request, const HttpReply& reply) {
    reply(answer_to(routes, request));
  });
}

Result<std::unique_ptr<HttpServer>> HttpServer::serve(HttpServerOptions options, Site site) {
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->options.max_connections = possible_connections(impl->options.max_connections);
  impl->site = std::move(site);
  CRYPTOSTREAM_TRY(impl->listen());
  impl->accept();
  impl->watch_streams();
  impl->thread = std::thread([&server = *impl] { server.context->run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  auto& server = *impl_;
  asio::post(*server.context, [&server] {
    error_code ignored;
    server.acceptor.close(ignored);
    server.pause.cancel();
    server.beat.cancel();
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
