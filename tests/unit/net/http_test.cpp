// The HTTP client against a server that misbehaves in every way.
#include "fake_upstream.h"

#include <cryptostream/net/http_client.h>

#include <thread>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

using Then = FakeAnswer::Then;

HttpRequest request_to(const FakeUpstream& upstream, std::string path = "/assets") {
  return {.what = "fake " + path, .url = upstream.http_url() + path};
}

/// The error a client gets from a server that gives this answer.
Error error_from(FakeAnswer answer, HttpOptions options = {}) {
  FakeUpstream upstream([answer](const FakeRequest&) { return answer; });
  HttpClient client(options);
  auto result = client.get(request_to(upstream), {});
  REQUIRE_FALSE(result);
  return result.error();
}

bool has(const Error& error, std::string_view part) { return error.message().find(part) != std::string::npos; }

}  // namespace

TEST_CASE("an answer arrives with status, headers and body, and the connection is used again") {
  FakeUpstream upstream([](const FakeRequest& request) {
    return FakeAnswer{.status = request.number == 1 ? 200 : 418, .body = "{\"n\":1}", .headers = {{"X-Thing", "yes"}}};
  });
  HttpClient client;
  auto request = request_to(upstream);
  request.headers.emplace_back("Authorization", "Bearer abc");
  auto first = client.get(request, {});
  REQUIRE(first);
  CHECK(first->status == 200);
  CHECK(first->body == "{\"n\":1}");
  CHECK(first->header("x-thing") == "yes");
  CHECK_FALSE(first->header("x-other"));
  auto second = client.get(request_to(upstream), {});
  REQUIRE(second);
  CHECK(second->status == 418);
  auto requests = upstream.requests();
  CHECK(requests[0].header("authorization") == "Bearer abc");
  CHECK(requests[1].header("authorization").empty());
  CHECK(requests[0].header("accept") == "application/json");
}

TEST_CASE("a packed answer is unpacked") {
  FakeUpstream upstream([](const FakeRequest& request) {
    CHECK(request.header("accept-encoding").find("gzip") != std::string::npos);
    return FakeAnswer{.body = gzip("{\"packed\":true}"), .headers = {{"Content-Encoding", "gzip"}}};
  });
  auto answer = HttpClient().get(request_to(upstream), {});
  REQUIRE(answer);
  CHECK(answer->body == "{\"packed\":true}");
  CHECK(error_from({.body = "not packed", .headers = {{"Content-Encoding", "gzip"}}}).kind() == ErrorKind::unavailable);
}

TEST_CASE("an answer that breaks off is unavailable, never half a body") {
  for (auto then : {Then::close, Then::reset}) {
    auto error = error_from({.raw = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"data\":[", .then = then});
    CHECK(error.kind() == ErrorKind::unavailable);
    CHECK(has(error, "broke off"));
  }
  CHECK(error_from({.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"da", .then = Then::close})
            .kind() == ErrorKind::unavailable);
  CHECK(error_from({.raw = "", .then = Then::close}).kind() == ErrorKind::unavailable);
}

TEST_CASE("an answer larger than allowed is given up, announced or not") {
  HttpOptions options{.max_body = 1000};
  auto body = std::string(1001, 'x');
  CHECK(has(error_from({.body = body}, options), "larger than the 1000 bytes"));
  auto error = error_from({.raw = "HTTP/1.1 200 OK\r\n\r\n" + body, .then = Then::hang}, options);
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK(has(error, "larger than the 1000 bytes"));
  // Headers are bounded too.
  auto headers = error_from({.raw = "HTTP/1.1 200 OK\r\nX: " + std::string(90'000, 'x') + "\r\n\r\n"});
  CHECK(headers.kind() == ErrorKind::unavailable);
  CHECK(has(headers, "headers of 127.0.0.1"));
  FakeUpstream upstream([](const FakeRequest&) { return FakeAnswer{.body = std::string(1000, 'x')}; });
  CHECK(HttpClient(options).get(request_to(upstream), {}));
}

TEST_CASE("a silent server is given up after the stall timeout, a slow one after the total") {
  auto begun = std::chrono::steady_clock::now();
  auto silent = error_from({.raw = "HTTP/1.1 200 OK\r\n", .then = Then::hang}, {.stall_timeout = 150ms});
  CHECK(silent.kind() == ErrorKind::unavailable);
  CHECK(has(silent, "said nothing for 150 ms"));
  auto slow =
      error_from({.body = std::string(10'000, 'x'), .drip = 20ms}, {.total_timeout = 300ms, .stall_timeout = 5s});
  CHECK(slow.kind() == ErrorKind::unavailable);
  CHECK(has(slow, "did not finish in time"));
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("nobody there is unavailable") {
  HttpClient client;
  auto refused = client.get({.what = "fake", .url = fmt::format("http://127.0.0.1:{}/", unused_port())}, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::unavailable);
  auto unknown = client.get({.what = "fake", .url = "http://no-such-host.invalid/"}, {});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind() == ErrorKind::unavailable);
  CHECK(has(unknown.error(), "no-such-host.invalid"));
}

TEST_CASE("an address that is none is a matter of configuration, and its key stays hidden") {
  HttpClient client;
  for (const char* url : {"ftp://h/?key=abc", "file:///etc/passwd?key=abc", "http://"}) {
    auto result = client.get({.what = "fake", .url = url}, {});
    REQUIRE_FALSE(result);
    CAPTURE(url);
    CHECK(result.error().kind() == ErrorKind::configuration);
    CHECK_FALSE(has(result.error(), "abc"));
  }
}

TEST_CASE("stop ends a request at once") {
  FakeUpstream upstream([](const FakeRequest&) { return FakeAnswer{.raw = "", .then = Then::hang}; });
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::jthread stopper([&] {
    upstream.wait_for_requests(1);
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  auto result = HttpClient().get(request_to(upstream), stop.get_token());
  auto ended = std::chrono::steady_clock::now();
  stopper.join();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == ErrorKind::temporary);
  CHECK(ended - asked < 2s);
}

TEST_CASE("redirects are followed a few times, without the key when they lead elsewhere") {
  FakeUpstream other([](const FakeRequest&) { return FakeAnswer{.body = "{}"}; });
  FakeUpstream upstream([&](const FakeRequest& request) {
    auto to = request.target == "/loop" ? "/loop" : other.http_url() + "/there";
    return FakeAnswer{.status = 302, .headers = {{"Location", to}}};
  });
  HttpClient client;
  auto request = request_to(upstream, "/away");
  request.headers.emplace_back("Authorization", "Bearer abc");
  auto answer = client.get(request, {});
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(other.requests().at(0).header("authorization").empty());
  auto loop = client.get(request_to(upstream, "/loop"), {});
  REQUIRE_FALSE(loop);
  CHECK(has(loop.error(), "redirects more than 3 times"));
}

TEST_CASE("TLS is verified: a stranger's certificate is refused, a trusted one taken") {
  FakeUpstream upstream([](const FakeRequest&) { return FakeAnswer{.body = "{}"}; }, {}, FakeUpstream::Tls::yes);
  auto refused = HttpClient().get(request_to(upstream), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::unavailable);
  CHECK(has(refused.error(), "not trusted"));
  CHECK(upstream.requests().empty());
  auto taken = HttpClient({.ca_file = upstream.ca_file()}).get(request_to(upstream), {});
  REQUIRE(taken);
  CHECK(taken->body == "{}");
  auto no_file = HttpClient({.ca_file = "/nowhere.pem"}).get(request_to(upstream), {});
  REQUIRE_FALSE(no_file);
  CHECK(no_file.error().kind() == ErrorKind::configuration);
}
