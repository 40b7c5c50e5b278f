// The HTTP server against clients that are good, slow, greedy and wrong.
#include <cryptostream/net/http_client.h>
#include <cryptostream/net/http_server.h>

#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace cryptostream;
using namespace std::chrono_literals;

namespace {

HttpServerOptions quick() {
  HttpServerOptions options;
  options.request_timeout = 300ms;
  options.idle_timeout = 600ms;
  options.answer_timeout = 500ms;
  return options;
}

std::unique_ptr<HttpServer> serve(HttpServerOptions options = quick()) {
  auto server = HttpServer::start(
      std::move(options),
      {{"/hello",
        [](const ServedRequest& request) {
          return ServedAnswer{.body = request.method + " " + request.path + " [" + request.query + "]"};
        }},
       {"/throws", [](const ServedRequest&) -> ServedAnswer { throw std::runtime_error("no luck"); }},
       {"/large", [](const ServedRequest&) { return ServedAnswer{.body = std::string(64u << 20, 'x')}; }},
       {"/teapot", [](const ServedRequest&) {
          return ServedAnswer{.status = 418, .type = "application/json", .body = "{}", .headers = {{"X-Pot", "tea"}}};
        }}});
  REQUIRE_MESSAGE(server, (server ? "" : server.error().message()));
  return std::move(*server);
}

/// A client that says just what it is told to.
class Wire {
 public:
  explicit Wire(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(server.port());
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
  }
  ~Wire() { ::close(socket_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  bool say(std::string_view text) {
    return ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// What comes until the other side closes, or nothing more for `patience`; `closed` tells which.
  std::string hear(std::chrono::milliseconds patience = 3s) {
    std::string heard;
    for (;;) {
      pollfd one{socket_, POLLIN, 0};
      if (::poll(&one, 1, static_cast<int>(patience.count())) <= 0) return heard;
      char buffer[4096];
      auto got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) {
        closed = true;
        return heard;
      }
      heard.append(buffer, static_cast<std::size_t>(got));
    }
  }
  bool closed = false;

 private:
  int socket_;
};

std::string get(std::string_view path, std::string_view more = "") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, more);
}

std::string said(const HttpServer& server, std::string_view request) {
  Wire wire(server);
  REQUIRE(wire.say(request));
  return wire.hear(150ms);
}

}  // namespace

TEST_CASE("an answer has its status, type, headers and length, over a connection that is used again") {
  auto server = serve();
  HttpClient client;
  auto ask = [&](std::string path) { return client.get({.what = "test", .url = server->url() + path}, {}); };
  for (int i = 0; i < 3; ++i) {
    auto hello = ask("/hello?a=1&b");
    REQUIRE(hello);
    CHECK(hello->status == 200);
    CHECK(hello->body == "GET /hello [a=1&b]");
    CHECK(hello->header("content-type") == "text/plain; charset=utf-8");
    CHECK(hello->header("cache-control") == "no-store");
  }
  auto pot = ask("/teapot");
  REQUIRE(pot);
  CHECK(pot->status == 418);
  CHECK(pot->header("x-pot") == "tea");
  CHECK(pot->header("content-type") == "application/json");
}

TEST_CASE("wrong paths are 404, wrong methods 405, what is no HTTP is 400, a handler that throws is 500") {
  auto server = serve();
  CHECK(said(*server, get("/nothing")).starts_with("HTTP/1.1 404 "));
  CHECK(said(*server, get("/hello/")).starts_with("HTTP/1.1 404 "));
  CHECK(said(*server, get("http://elsewhere/hello")).starts_with("HTTP/1.1 400 "));
  auto refused = said(*server, "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(refused.starts_with("HTTP/1.1 405 "));
  CHECK(refused.find("Allow: GET, HEAD") != refused.npos);
  CHECK(said(*server, "\x16\x03\x01 this is TLS\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(said(*server, get("/throws")).starts_with("HTTP/1.1 500 "));
  CHECK(said(*server, get("/hello")).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("HEAD gives the length without the body, and requests may be sent in one go") {
  auto server = serve();
  auto head = said(*server, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 "));
  CHECK(head.find("Content-Length: 14\r\n") != head.npos);
  CHECK(head.ends_with("\r\n\r\n"));
  auto both = said(*server, get("/hello") + get("/teapot"));
  CHECK(both.find("HTTP/1.1 200 ") != both.npos);
  CHECK(both.find("HTTP/1.1 418 ") != both.npos);
}

TEST_CASE("a client that wants it, or speaks HTTP/1.0, has its connection closed after the answer") {
  auto server = serve();
  for (auto request : {get("/hello", "Connection: close\r\n"), std::string("GET /hello HTTP/1.0\r\n\r\n")}) {
    Wire wire(*server);
    REQUIRE(wire.say(request));
    CHECK(wire.hear().ends_with("GET /hello []"));
    CHECK(wire.closed);
  }
}

TEST_CASE("requests that are too large are refused, whatever else they are") {
  auto server = serve();
  {
    Wire wire(*server);
    wire.say(get("/hello", "X-Long: " + std::string(20'000, 'a') + "\r\n"));
    CHECK(wire.hear().starts_with("HTTP/1.1 431 "));
    CHECK(wire.closed);
  }
  {
    Wire wire(*server);
    wire.say("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n");
    CHECK(wire.hear().starts_with("HTTP/1.1 413 "));
    CHECK(wire.closed);
  }
  CHECK(said(*server, get("/hello")).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("headers that drip in are cut off at the deadline, and so is a silent connection") {
  auto server = serve();
  auto begin = std::chrono::steady_clock::now();
  Wire slow(*server);
  REQUIRE(slow.say("GET /hello HTTP/1.1\r\n"));
  std::string heard;
  for (int i = 0; i < 100 && !slow.closed; ++i) {
    slow.say("X-A: b\r\n");
    heard += slow.hear(20ms);
  }
  CHECK(slow.closed);
  CHECK(heard.empty());
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
  Wire silent(*server);
  CHECK(silent.hear().empty());
  CHECK(silent.closed);
  Wire kept(*server);
  REQUIRE(kept.say(get("/hello")));
  CHECK(kept.hear(5s).find("200") != std::string::npos);
  CHECK(kept.closed);
}

TEST_CASE("a client that does not take its answer is dropped, and others are served meanwhile") {
  auto server = serve();
  Wire greedy(*server);
  REQUIRE(greedy.say(get("/large")));
  CHECK(said(*server, get("/hello")).starts_with("HTTP/1.1 200 "));
  std::this_thread::sleep_for(1s);
  auto got = greedy.hear();
  CHECK(greedy.closed);
  CHECK(got.size() < (64u << 20));
}

TEST_CASE("beyond the bound of connections the most silent one makes room") {
  auto options = quick();
  options.max_connections = 4;
  options.request_timeout = 10s;
  auto server = serve(options);
  std::vector<std::unique_ptr<Wire>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<Wire>(*server));
    std::this_thread::sleep_for(20ms);
  }
  CHECK(said(*server, get("/hello")).starts_with("HTTP/1.1 200 "));
  idle[0]->hear(500ms);
  CHECK(idle[0]->closed);
  idle[3]->hear(50ms);
  CHECK_FALSE(idle[3]->closed);
}

TEST_CASE("a server that goes takes its connections along, and its port is free again") {
  auto server = serve();
  auto options = quick();
  options.port = server->port();
  Wire open(*server);
  auto taken = HttpServer::start(options, {});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind() == ErrorKind::unavailable);
  CHECK(taken.error().message().find(std::to_string(options.port)) != std::string::npos);
  server.reset();
  open.hear();
  CHECK(open.closed);
  CHECK(HttpServer::start(options, {}));
}

TEST_CASE("addresses to listen on") {
  auto at = [](std::string_view text) {
    auto options = HttpServerOptions::parse(text);
    return options ? fmt::format("{} {}", options->address, options->port) : options.error().message();
  };
  CHECK(at("127.0.0.1:9464") == "127.0.0.1 9464");
  CHECK(at(":9464") == "127.0.0.1 9464");
  CHECK(at("9464") == "127.0.0.1 9464");
  CHECK(at("localhost:0") == "127.0.0.1 0");
  CHECK(at("0.0.0.0:80") == "0.0.0.0 80");
  CHECK(at("[::1]:9464") == "::1 9464");
  for (auto bad : {"", ":", "host:1", "127.0.0.1:", "127.0.0.1:65536", "::1:9464", "127.0.0.1:9x", "1.2.3:4"}) {
    CAPTURE(bad);
    CHECK(at(bad).find("is no address to listen on") != std::string::npos);
  }
}
