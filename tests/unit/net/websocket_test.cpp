// The WebSocket client against a server that misbehaves in every way.
#include "fake_upstream.h"

#include <cryptostream/net/websocket_client.h>

#include <thread>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

/// What a client meets that connects to a server with this session, then reads until an error.
Error error_from(FakeUpstream::OnWebSocket session, WebSocketOptions options = {}) {
  FakeUpstream upstream({}, std::move(session));
  auto client = WebSocketClient::connect(upstream.websocket_url(), options, {});
  REQUIRE(client);
  while (true) {
    auto message = client->receive(10s, {});
    if (!message) {
      CHECK_FALSE(client->receive(1ms, {}));  // stays down
      CHECK_FALSE(client->send("x", {}));
      return message.error();
    }
    REQUIRE(*message);
  }
}

bool has(const Error& error, std::string_view part) { return error.message().find(part) != std::string::npos; }

}  // namespace

TEST_CASE("messages go both ways, whole, in order") {
  for (auto tls : {FakeUpstream::Tls::no, FakeUpstream::Tls::yes}) {
    FakeUpstream upstream(
        {},
        [](FakeSession& session) {
          while (auto text = session.receive()) session.send("echo " + *text);
        },
        tls);
    auto client = WebSocketClient::connect(upstream.websocket_url() + "/feed?x=1", {.ca_file = upstream.ca_file()}, {});
    REQUIRE_MESSAGE(client, client.error().message());
    auto large = std::string(300'000, 'x');
    CHECK(client->send("one", {}));
    CHECK(client->send(large, {}));
    CHECK(**client->receive(10s, {}) == "echo one");
    CHECK(**client->receive(10s, {}) == "echo " + large);
    client->close(5s);
    CHECK_FALSE(client->send("three", {}));
  }
}

TEST_CASE("a wait without a message gives nothing, and loses nothing of one that is under way") {
  FakeUpstream upstream({}, [](FakeSession& session) {
    session.send_raw(
        std::string("\x81\x05"
                    "he",
                    4));  // the beginning of a text frame of five bytes
    session.receive();
    session.send_raw("llo");
    session.wait_for_end();
  });
  auto client = WebSocketClient::connect(upstream.websocket_url(), {}, {});
  REQUIRE(client);
  auto nothing = client->receive(100ms, {});
  REQUIRE(nothing);
  CHECK_FALSE(*nothing);
  CHECK(client->send("go on", {}));
  auto message = client->receive(10s, {});
  REQUIRE(message);
  CHECK(**message == "hello");
}

TEST_CASE("a message in many frames is one message") {
  FakeUpstream upstream({}, [](FakeSession& session) {
    session.send_in_pieces("in very many pieces", 3);
    session.wait_for_end();
  });
  auto client = WebSocketClient::connect(upstream.websocket_url(), {}, {});
  REQUIRE(client);
  CHECK(**client->receive(10s, {}) == "in very many pieces");
}

TEST_CASE("a message too large is refused, in one frame or in many") {
  WebSocketOptions options{.what = "fake feed", .max_message = 1000};
  for (std::size_t piece : {5000u, 100u}) {
    auto error = error_from(
        [piece](FakeSession& session) {
          session.send_in_pieces(std::string(1001, 'x'), piece);
          session.wait_for_end();
        },
        options);
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(has(error, "fake feed: a message is larger than the 1000 bytes allowed"));
  }
  // A frame that announces more than a client can hold.
  auto error = error_from(
      [](FakeSession& session) {
        session.send_raw(std::string("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10));
        session.wait_for_end();
      },
      options);
  CHECK(error.kind() == ErrorKind::unavailable);
}

TEST_CASE("an end of the connection is an error that says which") {
  CHECK(has(error_from([](FakeSession& session) { session.close(); }), "the server closed the connection (code 1001)"));
  auto reset = error_from([](FakeSession& session) {
    session.send("x");
    session.reset();
  });
  CHECK(reset.kind() == ErrorKind::unavailable);
  auto gone = error_from([](FakeSession& session) { session.send("x"); });  // TCP ends without a handshake
  CHECK(gone.kind() == ErrorKind::unavailable);
  CHECK(has(error_from([](FakeSession& session) {
              session.send_raw("\x81\x02\xff\xfe");
              session.wait_for_end();
            }),
            "not UTF-8"));
  CHECK(error_from([](FakeSession& session) {
          session.send_raw("not a frame at all");
          session.wait_for_end();
        }).kind() == ErrorKind::unavailable);
}

TEST_CASE("a server that does not even answer pings is given up after the idle timeout, one that does is not") {
  auto error = error_from([](FakeSession& session) { session.wait_deaf(); }, {.idle_timeout = 200ms});
  CHECK(has(error, "silent for 200 ms"));

  FakeUpstream upstream({}, [](FakeSession& session) { session.wait_for_end(); });
  auto client = WebSocketClient::connect(upstream.websocket_url(), {.idle_timeout = 200ms}, {});
  REQUIRE(client);
  CHECK(client->receive(700ms, {}));
}

TEST_CASE("stop ends connecting and waiting at once") {
  FakeUpstream upstream([](const FakeRequest&) { return FakeAnswer{}; },
                        [](FakeSession& session) { session.wait_for_end(); });
  std::stop_source stop;
  auto client = WebSocketClient::connect(upstream.websocket_url(), {}, {});
  REQUIRE(client);
  std::jthread stopper([&] { stop.request_stop(); });
  auto begun = std::chrono::steady_clock::now();
  auto nothing = client->receive(1h, stop.get_token());
  REQUIRE(nothing);
  CHECK_FALSE(*nothing);
  CHECK(WebSocketClient::connect(upstream.websocket_url(), {}, stop.get_token()).error().kind() ==
        ErrorKind::temporary);
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("a connection that cannot be made is an error that says what to look at") {
  auto kind = [](const std::string& url, WebSocketOptions options = {}) {
    auto client = WebSocketClient::connect(url, options, {});
    REQUIRE_FALSE(client);
    CHECK(client.error().message().starts_with("websocket: "));
    return client.error().kind();
  };
  CHECK(kind("http://h/") == ErrorKind::configuration);
  CHECK(kind("wss://") == ErrorKind::configuration);
  CHECK(kind("ws://h:0/") == ErrorKind::configuration);
  CHECK(kind("ws://h:port/") == ErrorKind::configuration);
  CHECK(kind("ws://user@h/") == ErrorKind::configuration);
  CHECK(kind("ws://h/", {.ca_file = "/nowhere.pem"}) == ErrorKind::configuration);
  CHECK(kind(fmt::format("ws://127.0.0.1:{}/", unused_port())) == ErrorKind::unavailable);
  CHECK(kind("ws://no-such-host.invalid/") == ErrorKind::unavailable);
}

TEST_CASE("a stranger's certificate is refused") {
  FakeUpstream upstream(
      {}, [](FakeSession& session) { session.wait_for_end(); }, FakeUpstream::Tls::yes);
  auto refused = WebSocketClient::connect(upstream.websocket_url(), {}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::unavailable);
  CHECK(has(refused.error(), "not trusted"));
  CHECK(upstream.sessions() == 0);
  auto plain =
      WebSocketClient::connect(fmt::format("wss://127.0.0.1:{}", FakeUpstream({}).port()), {.connect_timeout = 2s}, {});
  REQUIRE_FALSE(plain);
  CHECK(plain.error().kind() == ErrorKind::unavailable);
}
