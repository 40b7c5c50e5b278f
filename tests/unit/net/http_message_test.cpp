// What an HTTP answer means, without a network.
#include <cryptostream/net/http_message.h>
#include <cryptostream/net/rate_budget.h>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace std::chrono_literals;

namespace {

const HttpRequest request{.what = "coincap /assets", .url = "https://h/v3/assets?limit=5", .secret = "s3cret"};

HttpResponse answer(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

Error error_of(const HttpResponse& response) {
  auto result = check_answer(request, response);
  REQUIRE_FALSE(result);
  return result.error();
}

}  // namespace

TEST_CASE("each status is of the kind that decides what happens next") {
  CHECK(check_answer(request, answer(200, "{}")));
  CHECK(check_answer(request, answer(200, " [1]")));
  for (const auto& [given, kind] : std::vector<std::pair<int, ErrorKind>>{{301, ErrorKind::failure},
                                                                          {400, ErrorKind::failure},
                                                                          {401, ErrorKind::permission},
                                                                          {402, ErrorKind::permission},
                                                                          {403, ErrorKind::permission},
                                                                          {404, ErrorKind::failure},
                                                                          {408, ErrorKind::unavailable},
                                                                          {429, ErrorKind::temporary},
                                                                          {500, ErrorKind::unavailable},
                                                                          {503, ErrorKind::unavailable}}) {
    int status = given;
    CAPTURE(status);
    auto error = error_of(answer(status, "{\"error\":\"because\"}"));
    CHECK(error.kind() == kind);
    CHECK(error.message().starts_with("coincap /assets: "));
    if (status != 301) CHECK(error.message().find("because") != std::string::npos);
  }
  CHECK(error_of(answer(200, "")).kind() == ErrorKind::unavailable);
  CHECK(error_of(answer(200, "<!DOCTYPE html><html>")).kind() == ErrorKind::unavailable);
  CHECK(error_of(answer(200, "hello", {{"Content-Type", "text/html"}})).kind() == ErrorKind::unavailable);
}

TEST_CASE("where XML is asked for, XML is no web page") {
  const HttpRequest xml{.what = "ecb daily", .url = "https://h/daily.xml", .accept = "application/xml"};
  CHECK(check_answer(xml, answer(200, "<?xml version=\"1.0\"?><a/>", {{"Content-Type", "text/xml"}})));
  for (const char* page : {"<!DOCTYPE html><html>", " <HTML><body>"}) {
    auto refused = check_answer(xml, answer(200, page));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::unavailable);
    CHECK(refused.error().message().find("where XML was expected") != std::string::npos);
  }
  CHECK_FALSE(check_answer(xml, answer(200, "<a/>", {{"Content-Type", "text/html"}})));
}

TEST_CASE("the request's secret is not in the message, even where the server sends it back") {
  auto error = error_of(answer(401, "{\"error\":\"no such key s3cret, s3cret\"}"));
  CHECK(error.message().find("s3cret") == std::string::npos);
  CHECK(error.message().find("no such key ***, ***") != std::string::npos);
  CHECK(error.message().find("check the key") != std::string::npos);
}

TEST_CASE("control characters and long bodies do not reach the terminal") {
  auto message = error_of(answer(500, "a\x1b[31m\r\n\tb" + std::string(5000, 'x'))).message();
  CHECK(message.find("a?[31m b") != std::string::npos);
  CHECK(message.size() < 400);
}

TEST_CASE("the wait a server asks for is read in each of its spellings") {
  const Timestamp now{1773026820'000};  // 2026-03-09T03:27:00Z
  auto wait = [&](std::string name, std::string value) {
    return wait_asked_for(answer(429, "{}", {{std::move(name), std::move(value)}}), now);
  };
  CHECK(wait("Retry-After", "7") == 7s);
  CHECK(wait("retry-after", " 119 ") == 119s);
  CHECK(wait("Retry-After", "1.5") == 1s);
  CHECK(wait("Retry-After", "Mon, 09 Mar 2026 03:28:00 GMT") == 60s);
  CHECK(wait("Retry-After", "Mon, 09 Mar 2026 03:20:00 GMT") == 0s);
  CHECK(wait("Retry-After", "-5") == 0s);
  CHECK(wait("Retry-After", "99999999") == 24h);
  CHECK_FALSE(wait("Retry-After", "soon"));
  CHECK(wait("x-ratelimit-reset", "2026-03-09 03:28:00 +0000") == 60s);
  CHECK(wait("x-ratelimit-reset", std::to_string(now.ms / 1000 + 30)) == 30s);
  CHECK(wait("x-ratelimit-reset", "30") == 30s);
  CHECK_FALSE(wait_asked_for(answer(429, "{}"), now));
}

TEST_CASE("a URL is shown without keys and passwords") {
  CHECK(mask_url("https://h/v3/assets?ids=bitcoin&apiKey=abc") == "https://h/v3/assets?ids=bitcoin&apiKey=***");
  CHECK(mask_url("https://h/?access_token=a&limit=1") == "https://h/?access_token=***&limit=1");
  CHECK(mask_url("https://user:pass@h:1/x") == "https://***@h:1/x");
  CHECK(mask_url("wss://h/prices") == "wss://h/prices");
}

TEST_CASE("a budget gives its burst at once, then refuses what would take too long and says how long") {
  RateBudget budget(60, 2);
  CHECK(budget.take(0ms, {}));
  CHECK(budget.take(0ms, {}));
  auto refused = budget.take(10ms, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::temporary);
  REQUIRE(refused.error().retry_after());
  CHECK(*refused.error().retry_after() > 500ms);
  CHECK(*refused.error().retry_after() <= 1s);
  CHECK(RateBudget::of("a", 60, 1) == RateBudget::of("a", 5, 5));
  CHECK(RateBudget::of("a", 60, 1) != RateBudget::of("b", 60, 1));
}

TEST_CASE("a wait for the budget ends when stop is requested") {
  RateBudget budget(1, 1);
  CHECK(budget.take(0ms, {}));
  std::stop_source stop;
  stop.request_stop();
  auto begun = std::chrono::steady_clock::now();
  CHECK_FALSE(budget.take(1h, stop.get_token()));
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}
