#include "fake_upstream.h"

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/crc.hpp>

namespace cryptostream::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// Writes a fresh key and a certificate for localhost and 127.0.0.1, signed by itself.
void make_certificate(const std::string& key_file, const std::string& certificate_file) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_add_ext(certificate, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate, key, EVP_sha256());
  FILE* out = fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  fclose(out);
  out = fopen(certificate_file.c_str(), "w");
  PEM_write_X509(out, certificate);
  fclose(out);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

/// TCP with or without TLS as one blocking stream type, so that Beast's templates are compiled once.
class Wire {
 public:
  explicit Wire(tcp::socket& socket) : socket_(socket) {}
  void start_tls(asio::ssl::context& context) {
    tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, context);
    tls_->handshake(asio::ssl::stream_base::server);
  }
  tcp::socket& socket() { return socket_; }
  tcp::socket::executor_type get_executor() { return socket_.get_executor(); }

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, beast::error_code& error) {
    return read(first<asio::mutable_buffer>(buffers), error);
  }
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    return checked([&](beast::error_code& error) { return read_some(buffers, error); });
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, beast::error_code& error) {
    return write(first<asio::const_buffer>(buffers), error);
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return checked([&](beast::error_code& error) { return write_some(buffers, error); });
  }

 private:
  template <class Buffer, class Buffers>
  static Buffer first(const Buffers& buffers) {
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at)
      if (Buffer buffer = *at; buffer.size() > 0) return buffer;
    return {};
  }
  template <class F>
  static std::size_t checked(F f) {
    beast::error_code error;
    auto bytes = f(error);
    if (error) throw beast::system_error(error);
    return bytes;
  }
  std::size_t read(asio::mutable_buffer buffer, beast::error_code& error) {
    return tls_ ? tls_->read_some(asio::mutable_buffers_1(buffer), error)
                : socket_.read_some(asio::mutable_buffers_1(buffer), error);
  }
  std::size_t write(asio::const_buffer buffer, beast::error_code& error) {
    return tls_ ? tls_->write_some(asio::const_buffers_1(buffer), error)
                : socket_.write_some(asio::const_buffers_1(buffer), error);
  }

  tcp::socket& socket_;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls_;
};

// What Beast wants to know of a stream that is not its own.
void teardown(beast::role_type, Wire& wire, beast::error_code& error) {
  wire.socket().shutdown(tcp::socket::shutdown_both, error);
}

void set_reset_on_close(int socket) {
  linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

class Session final : public FakeSession {
 public:
  Session(Wire& wire, const http::request<http::string_body>& request, int number)
      : websocket_(wire), socket_(wire.socket()), number_(number) {
    websocket_.accept(request);
    websocket_.auto_fragment(false);
  }

  std::optional<std::string> receive() override {
    beast::flat_buffer buffer;
    beast::error_code error;
    websocket_.read(buffer, error);
    if (error) return std::nullopt;
    return beast::buffers_to_string(buffer.data());
  }
  void send(const std::string& text) override {
    beast::error_code gone;
    websocket_.write(asio::buffer(text), gone);
  }
  void send_in_pieces(const std::string& text, std::size_t piece) override {
    beast::error_code gone;
    for (std::size_t at = 0; at < text.size(); at += piece)
      websocket_.write_some(at + piece >= text.size(),
                            asio::buffer(text.data() + at, std::min(piece, text.size() - at)), gone);
  }
  void send_raw(const std::string& bytes) override {
    beast::error_code gone;
    asio::write(websocket_.next_layer(), asio::buffer(bytes), gone);
  }
  void close() override {
    beast::error_code gone;
    websocket_.close(websocket::close_code::going_away, gone);
  }
  void reset() override {
    set_reset_on_close(socket_.native_handle());
    beast::error_code gone;
    socket_.close(gone);
  }
  void wait_for_end() override {
    while (receive()) {
    }
  }
  void wait_deaf() override {
    pollfd gone{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    ::poll(&gone, 1, -1);
  }
  int number() const override { return number_; }

 private:
  websocket::stream<Wire&> websocket_;
  tcp::socket& socket_;
  int number_;
};

}  // namespace

std::string FakeRequest::header(const std::string& name) const {
  for (const auto& [field, value] : headers)
    if (same_name(field, name)) return value;
  return {};
}

struct FakeUpstream::Impl {
  OnHttp on_http;
  OnWebSocket on_websocket;
  Tls tls;
  std::string folder;
  std::string ca_file;
  asio::io_context context;
  asio::ssl::context tls_context{asio::ssl::context::tls_server};
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  const int port = acceptor.local_endpoint().port();

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<FakeRequest> requests;      // guarded by mutex
  std::set<int> sockets;                  // guarded by mutex: open ones, to be shut when the upstream stops
  int sessions = 0;                       // guarded by mutex
  bool stopping = false;                  // guarded by mutex
  std::vector<std::jthread> connections;  // the acceptor's thread only, until it is joined
  std::jthread accepting;

  void accept() {
    while (true) {
      beast::error_code error;
      auto socket = std::make_shared<tcp::socket>(context);
      acceptor.accept(*socket, error);
      std::lock_guard lock(mutex);
      if (stopping) return;
      if (error) continue;
      auto handle = socket->native_handle();
      sockets.insert(handle);
      connections.emplace_back([this, socket, handle] {
        serve(*socket);
        std::lock_guard inner(mutex);
        sockets.erase(handle);
        beast::error_code gone;
        socket->close(gone);
      });
    }
  }

  void serve(tcp::socket& socket) try {
    Wire wire(socket);
    if (tls == Tls::yes) wire.start_tls(tls_context);
    talk(wire);
  } catch (const std::exception&) {
    // The client has gone, or was meant to be refused: the test looks at the client.
  }

  void talk(Wire& wire) {
    beast::flat_buffer buffer;
    while (true) {
      http::request<http::string_body> request;
      http::read(wire, buffer, request);
      if (websocket::is_upgrade(request)) {
        int number;
        {
          std::lock_guard lock(mutex);
          number = ++sessions;
        }
        changed.notify_all();
        Session session(wire, request, number);
        if (on_websocket) on_websocket(session);
        return;
      }
      if (!answer(wire, note(request))) return;
    }
  }

  FakeRequest note(const http::request<http::string_body>& request) {
    FakeRequest noted;
    noted.target = std::string(request.target());
    for (const auto& field : request)
      noted.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    std::lock_guard lock(mutex);
    noted.number = static_cast<int>(requests.size()) + 1;
    requests.push_back(noted);
    changed.notify_all();
    return noted;
  }

  /// False when the connection is over.
  bool answer(Wire& wire, const FakeRequest& request) {
    auto answer = on_http ? on_http(request) : FakeAnswer{.status = 404};
    std::string bytes;
    if (answer.raw) {
      bytes = *answer.raw;
    } else {
      bytes = "HTTP/1.1 " + std::to_string(answer.status) + " Fake\r\n";
      for (const auto& [name, value] : answer.headers) bytes += name + ": " + value + "\r\n";
      bytes += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
    }
    if (answer.drip.count() == 0) {
      asio::write(wire, asio::buffer(bytes));
    } else {
      for (char& byte : bytes) {
        asio::write(wire, asio::buffer(&byte, 1));
        std::unique_lock lock(mutex);
        if (changed.wait_for(lock, answer.drip, [this] { return stopping; })) return false;
      }
    }
    if (answer.then == FakeAnswer::Then::reset) set_reset_on_close(wire.socket().native_handle());
    if (answer.then == FakeAnswer::Then::hang) {
      char byte;
      beast::error_code gone;
      while (asio::read(wire, asio::buffer(&byte, 1), gone) > 0) {
      }
    }
    return answer.then == FakeAnswer::Then::keep;
  }
};

FakeUpstream::FakeUpstream(OnHttp on_http, OnWebSocket on_websocket, Tls tls) : impl_(new Impl) {
  impl_->on_http = std::move(on_http);
  impl_->on_websocket = std::move(on_websocket);
  impl_->tls = tls;
  if (tls == Tls::yes) {
    auto name = (std::filesystem::temp_directory_path() / "fake-upstream-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    impl_->folder = name;
    impl_->ca_file = name + "/certificate.pem";
    make_certificate(name + "/key.pem", impl_->ca_file);
    impl_->tls_context.use_certificate_chain_file(impl_->ca_file);
    impl_->tls_context.use_private_key_file(name + "/key.pem", asio::ssl::context::pem);
  }
  impl_->accepting = std::jthread([this] { impl_->accept(); });
}

FakeUpstream::~FakeUpstream() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    for (int socket : impl_->sockets) ::shutdown(socket, SHUT_RDWR);
  }
  impl_->changed.notify_all();
  ::shutdown(impl_->acceptor.native_handle(), SHUT_RDWR);
  impl_->accepting.join();
  impl_->connections.clear();
  if (!impl_->folder.empty()) std::filesystem::remove_all(impl_->folder);
}

int FakeUpstream::port() const { return impl_->port; }
std::string FakeUpstream::http_url() const {
  return (impl_->tls == Tls::yes ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}
std::string FakeUpstream::websocket_url() const {
  return (impl_->tls == Tls::yes ? "wss://127.0.0.1:" : "ws://127.0.0.1:") + std::to_string(port());
}
const std::string& FakeUpstream::ca_file() const { return impl_->ca_file; }

std::vector<FakeRequest> FakeUpstream::requests() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->requests;
}

int FakeUpstream::sessions() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->sessions;
}

bool FakeUpstream::wait_for_requests(int n, std::chrono::milliseconds patience) const {
  std::unique_lock lock(impl_->mutex);
  return impl_->changed.wait_for(lock, patience, [&] { return static_cast<int>(impl_->requests.size()) >= n; });
}

int unused_port() {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  return acceptor.local_endpoint().port();
}

std::string gzip(const std::string& text) {
  auto little_endian = [](std::uint32_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
    return out;
  };
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  for (std::size_t at = 0; at < text.size(); at += 0xffff) {  // stored blocks: packing well is not the point
    auto size = static_cast<std::uint32_t>(std::min<std::size_t>(text.size() - at, 0xffff));
    out += at + size == text.size() ? '\1' : '\0';
    out += little_endian(size, 2) + little_endian(~size, 2) + text.substr(at, size);
  }
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  return out + little_endian(crc.checksum(), 4) + little_endian(static_cast<std::uint32_t>(text.size()), 4);
}

}  // namespace cryptostream::testing
