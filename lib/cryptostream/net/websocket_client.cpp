// All of Boost.Beast that the library uses: it costs seconds to compile, so it stays in this one file.
#include <cryptostream/net/handle.h>
#include <cryptostream/net/http_message.h>
#include <cryptostream/net/websocket_client.h>

#include <charconv>
#include <utility>

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

namespace cryptostream {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;

/// A completion handler with its type forgotten.
class Handler {
 public:
  template <class H>
  explicit Handler(H handler) : box_(std::make_unique<Box<H>>(std::move(handler))) {}
  void operator()(beast::error_code error, std::size_t bytes) { std::exchange(box_, nullptr)->call(error, bytes); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void call(beast::error_code error, std::size_t bytes) = 0;
  };
  template <class H>
  struct Box final : Base {
    explicit Box(H h) : handler(std::move(h)) {}
    void call(beast::error_code error, std::size_t bytes) override { handler(error, bytes); }
    H handler;
  };
  std::unique_ptr<Base> box_;
};

/// TCP with or without TLS as one stream type with erased handlers: Beast's templates are instantiated once over it,
/// which halves what this file costs to compile.
class Wire {
 public:
  using executor_type = Executor;

  Wire(Socket socket, asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls) tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *tls);
  }
  executor_type get_executor() { return socket_.get_executor(); }
  asio::ssl::stream<Socket&>& tls() { return *tls_; }
  void close() {
    beast::error_code ignored;
    socket_.close(ignored);
  }

  template <class Buffers, class H>
  void async_read_some(const Buffers& buffers, H&& handler) {
    asio::mutable_buffer first;
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers) && first.size() == 0;
         ++at)
      first = *at;
    read(first, Handler(std::forward<H>(handler)));
  }
  template <class Buffers, class H>
  void async_write_some(const Buffers& buffers, H&& handler) {
    asio::const_buffer first;
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers) && first.size() == 0;
         ++at)
      first = *at;
    write(first, Handler(std::forward<H>(handler)));
  }

 private:
  void read(asio::mutable_buffer buffer, Handler handler) {
    if (tls_) return tls_->async_read_some(asio::mutable_buffers_1(buffer), std::move(handler));
    socket_.async_read_some(asio::mutable_buffers_1(buffer), std::move(handler));
  }
  void write(asio::const_buffer buffer, Handler handler) {
    if (tls_) return tls_->async_write_some(asio::const_buffers_1(buffer), std::move(handler));
    socket_.async_write_some(asio::const_buffers_1(buffer), std::move(handler));
  }

  Socket socket_;
  std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
};

// What Beast wants to know of a stream that is not its own.
void beast_close_socket(Wire& wire) { wire.close(); }
template <class H>
void async_teardown(beast::role_type, Wire& wire, H&& handler) {
  wire.close();  // the closing handshake is done: nothing is cut off
  asio::post(wire.get_executor(), [held = std::forward<H>(handler)]() mutable { held(beast::error_code()); });
}

struct Address {
  bool secure = false;
  std::string host;
  int port = 0;
  std::string target;
};

Result<Address> parse_url(const std::string& what, std::string_view url) {
  auto bad = [&](std::string_view why) {
    return fail(ErrorKind::configuration,
                fmt::format("{}: {} is no WebSocket address ({}); write ws://host:port/path or wss://host/path", what,
                            mask_url(url), why));
  };
  Address address;
  auto rest = url;
  if (rest.starts_with("wss://")) {
    address.secure = true;
    rest.remove_prefix(6);
  } else if (rest.starts_with("ws://")) {
    rest.remove_prefix(5);
  } else {
    return bad("it does not begin with ws:// or wss://");
  }
  auto authority = rest.substr(0, rest.find_first_of("/?"));
  address.target = std::string(rest.substr(authority.size()));
  if (!address.target.starts_with('/')) address.target.insert(0, "/");
  address.port = address.secure ? 443 : 80;
  auto host_end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[') && host_end == authority.npos) return bad("no ] after [");
  address.host = authority.starts_with('[') ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  if (auto colon = authority.find(':', authority.starts_with('[') ? host_end : 0); colon != authority.npos) {
    auto text = authority.substr(colon + 1);
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), address.port);
    if (error != std::errc() || end != text.data() + text.size() || address.port < 1 || address.port > 65535)
      return bad("the port is none");
  }
  if (address.host.empty() || authority.find('@') != authority.npos) return bad("the host is none");
  return address;
}

}  // namespace

struct WebSocketClient::Impl {
  Impl(WebSocketOptions given, asio::ssl::context context, bool secure, int handle)
      : options(std::move(given)), tls(std::move(context)), stream(take(handle), secure ? &tls : nullptr) {
    stream.set_option(websocket::stream_base::timeout{websocket::stream_base::none(), options.idle_timeout, true});
    stream.set_option(websocket::stream_base::decorator([agent = options.user_agent](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, agent);
    }));
    stream.read_message_max(options.max_message);
  }
  ~Impl() { drop(); }

  Socket take(int handle) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    ::getsockname(handle, reinterpret_cast<sockaddr*>(&name), &length);
    Socket socket(io.get_executor());
    beast::error_code error;
    socket.assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), handle, error);
    if (error) ::close(handle);
    socket.set_option(tcp::no_delay(true), error);
    return socket;
  }

  /// Closes the socket and lets go of what pending handlers refer to.
  void drop() {
    alive = false;
    stream.next_layer().close();
    io.poll();
  }

  /// Runs handlers until `done`, the deadline or a stop; true if done.
  bool run_until(const bool& done, std::chrono::steady_clock::time_point deadline, std::stop_token stop) {
    std::stop_callback wake(stop, [this] { asio::post(io, [] {}); });
    while (!done && !stop.stop_requested())
      if (io.run_one_until(deadline) == 0) break;
    return done;
  }

  /// A handler for the operation that `await` then waits for.
  auto finish() {
    finished = false;
    return [this](beast::error_code error, std::size_t = 0) {
      finished = true;
      result = error;
    };
  }
  /// The outcome of that operation. When it does not end in time the connection is dropped.
  Result<beast::error_code> await(std::chrono::milliseconds patience, std::stop_token stop, std::string_view doing) {
    if (run_until(finished, std::chrono::steady_clock::now() + patience, stop)) return result;
    drop();
    if (stop.stop_requested()) return fail(ErrorKind::temporary, "stopped");
    return fail(ErrorKind::unavailable,
                fmt::format("{}: {} did not finish within {} ms", options.what, doing, patience.count()));
  }

  Result<void> secure(const Address& address, std::stop_token stop) {
    auto& layer = stream.next_layer().tls();
    beast::error_code error;
    layer.set_verify_mode(asio::ssl::verify_peer, error);
    layer.set_verify_callback(asio::ssl::host_name_verification(address.host), error);
    asio::ip::make_address(address.host, error);
    if (error) SSL_set_tlsext_host_name(layer.native_handle(), address.host.c_str());  // names only, not numbers
    layer.async_handshake(asio::ssl::stream_base::client, finish());
    CRYPTOSTREAM_TRY_ASSIGN(auto outcome, await(options.connect_timeout, stop, "the TLS handshake"));
    if (!outcome) return {};
    if (SSL_get_verify_result(layer.native_handle()) != X509_V_OK)
      return fail(
          ErrorKind::unavailable,
          fmt::format(
              "{}: the certificate of {} is not trusted; check the clock, the CA certificates, and what is in between",
              options.what, address.host));
    return fail(ErrorKind::unavailable,
                fmt::format("{}: no TLS connection to {}: {}", options.what, address.host, outcome.message()));
  }

  Result<void> upgrade(const Address& address, const std::string& url, std::stop_token stop) {
    websocket::response_type response;
    auto host = address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
    if (address.port != (address.secure ? 443 : 80)) host += fmt::format(":{}", address.port);
    stream.async_handshake(response, host, address.target, finish());
    CRYPTOSTREAM_TRY_ASSIGN(auto outcome, await(options.connect_timeout, stop, "the WebSocket handshake"));
    if (!outcome) return {};
    if (outcome == websocket::error::upgrade_declined) {
      HttpResponse declined{.status = static_cast<int>(response.result_int()), .body = response.body()};
      for (const auto& field : response)
        declined.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
      CRYPTOSTREAM_TRY(check_answer({.what = options.what, .url = url}, declined));
    }
    return fail(ErrorKind::unavailable, fmt::format("{}: {} does not speak WebSocket there: {}", options.what,
                                                    address.host, outcome.message()));
  }

  std::string closed_because() const {
    const auto& reason = stream.reason();
    std::string_view text(reason.reason.data(), reason.reason.size());
    return text.empty() ? fmt::format("code {}", static_cast<int>(reason.code))
                        : fmt::format("code {}: {}", static_cast<int>(reason.code), text);
  }

  WebSocketOptions options;
  asio::io_context io{1};
  asio::executor_work_guard<Executor> work = asio::make_work_guard(io);
  asio::ssl::context tls;
  websocket::stream<Wire> stream;
  bool alive = true;

  bool finished = false;  // of the one operation besides reading
  beast::error_code result;

  beast::flat_buffer buffer;  // of the message being read, across calls of receive
  bool reading = false;
  bool read_done = false;
  beast::error_code read_result;
};

WebSocketClient::WebSocketClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WebSocketClient::WebSocketClient(WebSocketClient&&) noexcept = default;
WebSocketClient& WebSocketClient::operator=(WebSocketClient&&) noexcept = default;
WebSocketClient::~WebSocketClient() = default;

Result<WebSocketClient> WebSocketClient::connect(const std::string& url, WebSocketOptions options,
                                                 std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto address, parse_url(options.what, url));
  asio::ssl::context tls(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  beast::error_code error;
  if (options.ca_file.empty()) {
    tls.set_default_verify_paths(error);
  } else {
    tls.load_verify_file(options.ca_file, error);
  }
  if (error)
    return fail(ErrorKind::configuration,
                fmt::format("{}: cannot read certificates from {}", options.what,
                            options.ca_file.empty() ? "the system (package ca-certificates)" : options.ca_file));
  CRYPTOSTREAM_TRY_ASSIGN(int handle,
                          connect_tcp(options.what, address.host, address.port, options.connect_timeout, stop));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(tls), address.secure, handle);
  if (address.secure) CRYPTOSTREAM_TRY(impl->secure(address, stop));
  CRYPTOSTREAM_TRY(impl->upgrade(address, url, stop));
  return WebSocketClient(std::move(impl));
}

Result<void> WebSocketClient::send(std::string_view text, std::stop_token stop) {
  if (!impl_->alive)
    return fail(ErrorKind::unavailable, fmt::format("{}: the connection is down", impl_->options.what));
  impl_->stream.text(true);
  impl_->stream.async_write(asio::const_buffer(text.data(), text.size()), impl_->finish());
  CRYPTOSTREAM_TRY_ASSIGN(auto outcome, impl_->await(impl_->options.write_timeout, stop, "sending"));
  if (!outcome) return {};
  impl_->drop();
  return fail(ErrorKind::unavailable, fmt::format("{}: sending failed: {}", impl_->options.what, outcome.message()));
}

Result<std::optional<std::string>> WebSocketClient::receive(std::chrono::milliseconds wait, std::stop_token stop) {
  auto& impl = *impl_;
  auto down = [&](std::string why) {
    return fail(ErrorKind::unavailable, fmt::format("{}: {}", impl.options.what, why));
  };
  if (!impl.alive && !impl.read_done) return down("the connection is down");
  if (!impl.reading) {
    impl.reading = true;
    impl.stream.async_read(impl.buffer, [&impl](beast::error_code error, std::size_t) {
      impl.read_done = true;
      impl.read_result = error;
    });
  }
  if (!impl.run_until(impl.read_done, std::chrono::steady_clock::now() + wait, stop)) return std::nullopt;
  impl.reading = false;
  impl.read_done = false;
  auto error = impl.read_result;
  if (!error) {
    auto message = beast::buffers_to_string(impl.buffer.data());
    impl.buffer.consume(impl.buffer.size());
    return message;
  }
  impl.drop();
  if (error == websocket::error::closed)
    return down(fmt::format("the server closed the connection ({})", impl.closed_because()));
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow)
    return down(fmt::format("a message is larger than the {} bytes allowed", impl.options.max_message));
  if (error == beast::error::timeout)
    return down(fmt::format("the server was silent for {} ms", impl.options.idle_timeout.count()));
  if (error == websocket::error::bad_frame_payload) return down("a message is not UTF-8");
  return down(fmt::format("the connection broke off: {}", error.message()));
}

void WebSocketClient::close(std::chrono::milliseconds patience) {
  if (!impl_->alive) return;
  impl_->stream.async_close(websocket::close_code::normal, impl_->finish());
  (void)impl_->await(patience, {}, "closing");
  impl_->drop();
}

}  // namespace cryptostream
