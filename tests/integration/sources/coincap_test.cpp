// CoinCapSource against an upstream that fails in every way it can: the reader lives, says so once, keeps what it has,
// and goes on when the upstream does.
#include "fake_upstream.h"
#include "source_driver.h"

#include <cryptostream/sources/coincap/source.h>

#include <atomic>
#include <deque>
#include <mutex>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

using Then = FakeAnswer::Then;

std::string row(const std::string& id, const std::string& symbol, int rank, const std::string& price) {
  return fmt::format(R"({{"id":"{}","rank":"{}","symbol":"{}","name":"N","priceUsd":{}}})", id, rank, symbol, price);
}

std::string envelope(const std::string& rows, std::int64_t timestamp) {
  return fmt::format(R"({{"data":[{}],"timestamp":{}}})", rows, timestamp);
}

/// A CoinCap that knows three coins, two of them with one symbol. Polls (`ids=`) get the scripted answers, then good
/// ones.
class FakeCoinCap {
 public:
  explicit FakeCoinCap(std::deque<FakeAnswer> script = {}, FakeUpstream::Tls tls = FakeUpstream::Tls::no)
      : script_(std::move(script)), upstream([this](const FakeRequest& request) { return answer(request); }, {}, tls) {}

  CoinCapOptions options() const {
    CoinCapOptions options;
    options.coins = {"BTC", "ETH"};
    options.url = upstream.http_url();
    options.interval = 20ms;
    options.requests_per_minute = 100'000;
    options.retry = {.first = 5ms, .most = 20ms};
    options.http.ca_file = upstream.ca_file();
    options.counts = counts;
    return options;
  }
  int polls() const { return polls_; }
  std::vector<std::chrono::steady_clock::time_point> times() const {
    std::lock_guard lock(mutex_);
    return times_;
  }

  std::shared_ptr<SourceCounts> counts = std::make_shared<SourceCounts>();

 private:
  FakeAnswer answer(const FakeRequest& request) {
    auto has = [&](std::string_view part) { return request.target.find(part) != std::string::npos; };
    if (has("search=BTC")) return {.body = envelope(row("bitcoin", "BTC", 1, "\"1\""), 1)};
    if (has("search=ETH")) return {.body = envelope(row("ethereum", "ETH", 2, "\"1\""), 1)};
    if (has("search=")) return {.body = envelope("", 1)};
    ++polls_;
    std::lock_guard lock(mutex_);
    times_.push_back(std::chrono::steady_clock::now());
    if (polls_ > 1 && !script_.empty()) {  // the first one is always good
      auto scripted = script_.front();
      script_.pop_front();
      return scripted;
    }
    return {.body = good(polls_)};
  }

 public:
  static std::string good(int n) {
    return envelope(row("bitcoin", "BTC", 1, fmt::format("\"{}.50\"", n)) + "," + row("ethereum", "ETH", 2, "\"2.00\""),
                    1'000'000 + n);
  }

 private:
  mutable std::mutex mutex_;
  std::deque<FakeAnswer> script_;                             // guarded by mutex_
  std::vector<std::chrono::steady_clock::time_point> times_;  // of polls; guarded by mutex_
  std::atomic<int> polls_{0};

 public:
  FakeUpstream upstream;  // last: its threads use the rest
};

/// Polls through one good answer, the fault three times in a row, and good answers again.
void survive(const FakeAnswer& fault, std::string_view said, std::chrono::milliseconds stall = 10s) {
  CAPTURE(std::string(said));
  LogCatcher log;
  FakeCoinCap coincap({fault, fault, fault});
  auto options = coincap.options();
  options.http.stall_timeout = stall;
  SourceDriver driver{CoinCapSource(options)};
  CHECK(driver.wait_for(6));  // two coins each of three good polls
  CHECK_FALSE(driver.error());
  CHECK(driver.stop() < 2s);
  CHECK(coincap.polls() >= 6);
  CHECK(coincap.counts->failed_polls == 3);
  auto text = log.text();
  CAPTURE(text);
  CHECK(log.warnings() == 1);
  CHECK(log.warnings(said) == 1);
  CHECK(log.warnings("coincap /assets") == 1);
  CHECK(text.find("answers again (after 3)") != std::string::npos);
  CHECK(text.find("s3cret") == std::string::npos);
}

Error open_error(const CoinCapOptions& options) {
  auto opened = CoinCapSource(options).open({}, {});
  REQUIRE_FALSE(opened);
  return opened.error();
}

}  // namespace

TEST_CASE("polls give a quote a coin, with its type in the headers and the position behind it") {
  FakeCoinCap coincap;
  auto options = coincap.options();
  options.key = "s3cret";
  SourceDriver driver{CoinCapSource(options)};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  auto records = driver.records();
  CHECK(records[0].key == "BTC");
  CHECK(records[0].value.asset_id == "bitcoin");
  CHECK(records[0].value.price.to_string() == "1.50");
  CHECK(records[0].timestamp == Timestamp{1'000'001});
  CHECK(records[0].value.time == Timestamp{1'000'001});
  CHECK(records[0].headers.view().last("cryptostream.type") == "quote/1");
  CHECK(records[1].key == "ETH");
  CHECK(records[2].value.price.to_string() == "2.50");
  CHECK(driver.position() == std::to_string(records.back().timestamp.ms));
  auto requests = coincap.upstream.requests();
  CHECK(requests.back().header("Authorization") == "Bearer s3cret");
  CHECK(requests.back().target == "/assets?ids=bitcoin,ethereum&limit=100");
}

TEST_CASE("429 is waited out, as long as it says where it says so") {
  survive({.status = 429, .body = R"({"error":"slow down"})"}, "HTTP 429");
  LogCatcher log;
  FakeCoinCap coincap({{.status = 429, .body = "{}", .headers = {{"Retry-After", "1"}}}});
  SourceDriver driver{CoinCapSource(coincap.options())};
  auto begun = std::chrono::steady_clock::now();
  CHECK(driver.wait_for(4));
  CHECK(std::chrono::steady_clock::now() - begun >= 900ms);
  CHECK(log.warnings("left alone for 1 s") == 1);
}

TEST_CASE("401 and 403 in mid-run are explained once and survived") {
  survive({.status = 401, .body = R"({"error":"invalid key"})"}, "check the key");
  survive({.status = 403, .body = "<html>blocked</html>", .headers = {{"Content-Type", "text/html"}}}, "HTTP 403");
}

TEST_CASE("server errors are survived") {
  survive({.status = 500, .body = "{}"}, "HTTP 500");
  survive({.status = 503, .body = ""}, "HTTP 503");
  survive({.status = 404, .body = "{}"}, "HTTP 404");
}

TEST_CASE("HTML where JSON is expected is survived") {
  survive({.body = "<!DOCTYPE html><html><body>Attention Required!</body></html>"}, "a web page came");
}

TEST_CASE("truncated bodies are survived, whether the connection tells or not") {
  auto good = FakeCoinCap::good(99);
  survive({.raw = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", good.size()) + good.substr(0, 50),
           .then = Then::close},
          "broke off");
  survive({.body = good.substr(0, 50)}, "JSON cut off");
  survive({.body = ""}, "empty");
}

TEST_CASE("a reset in mid-body is survived") {
  survive({.raw = "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{\"data\":[", .then = Then::reset}, "broke off");
}

TEST_CASE("an oversized body is survived") {
  LogCatcher log;
  FakeCoinCap coincap({{.body = envelope(std::string(100'000, ' '), 5)}});
  auto options = coincap.options();
  options.http.max_body = 50'000;
  SourceDriver driver{CoinCapSource(options)};
  CHECK(driver.wait_for(4));
  CHECK(log.warnings("larger than the 50000 bytes allowed") == 1);
  CHECK(log.warnings() == 1);
}

TEST_CASE("a silent peer and a slow one are survived") {
  survive({.raw = "", .then = Then::hang}, "said nothing for 400 ms", 400ms);
  LogCatcher log;
  FakeCoinCap coincap({{.body = FakeCoinCap::good(2), .drip = 10ms}});
  auto options = coincap.options();
  options.http.total_timeout = 1s;
  SourceDriver driver{CoinCapSource(options)};
  CHECK(driver.wait_for(4));
  CHECK(log.warnings() == 1);
}

TEST_CASE("an envelope that is none is survived and shown") {
  survive({.body = R"({"data":{"message":"We are deprecating this version"},"timestamp":1})"},
          "We are deprecating this version");
  survive({.body = R"({"data":null,"timestamp":1})"}, "field data is null");
  survive({.body = R"({"timestamp":1})"}, "field data is missing");
  survive({.body = "[]"}, "the answer is a list");
  survive({.body = "{\"data\":[{\"id\":\"\xff\"}]}"}, "not UTF-8");
}

TEST_CASE("a bad row is left out and said once; the rest of the answer is kept") {
  auto poll = [](int n, const std::string& price) {
    return FakeAnswer{
        .body = envelope(row("bitcoin", "BTC", 1, price) + "," + row("ethereum", "ETH", 2, "\"7\""), 2'000'000 + n)};
  };
  for (auto [price, said] :
       {std::pair<std::string, std::string>{"[1]", "priceUsd"}, {"\"abc\"", "priceUsd"}, {"true", "priceUsd"}}) {
    LogCatcher log;
    FakeCoinCap coincap({poll(1, price), poll(2, price), poll(3, price)});
    SourceDriver driver{CoinCapSource(coincap.options())};
    CHECK(driver.wait_for(5));
    driver.stop();
    auto records = driver.records();
    for (int i = 2; i < 5; ++i) CHECK(records[static_cast<std::size_t>(i)].key == "ETH");
    CHECK(coincap.counts->bad_rows == 3);
    CHECK(coincap.counts->failed_polls == 0);
    CHECK(log.warnings("row 1 (bitcoin)") == 1);
    CHECK(log.warnings(said) == 1);
    CHECK(log.warnings() == 1);
  }
}

TEST_CASE("a null price is left out and counted, without a word") {
  LogCatcher log;
  FakeCoinCap coincap(
      {{.body = envelope(row("bitcoin", "BTC", 1, "null") + "," + row("ethereum", "ETH", 2, "\"7\""), 2'000'000)}});
  SourceDriver driver{CoinCapSource(coincap.options())};
  CHECK(driver.wait_for(3));
  CHECK(driver.records()[2].key == "ETH");
  CHECK(coincap.counts->without_price == 1);
  CHECK(log.warnings() == 0);
}

TEST_CASE("duplicate rows and answers seen before are left out and counted") {
  auto twice = row("bitcoin", "BTC", 1, "\"5\"") + "," + row("bitcoin", "BTC", 1, "\"6\"") + "," +
               row("ethereum", "ETH", 2, "\"7\"");
  FakeCoinCap coincap({{.body = envelope(twice, 2'000'000)},
                       {.body = envelope(twice, 2'000'000)},
                       {.body = envelope(twice, 2'000'001)}});
  SourceDriver driver{CoinCapSource(coincap.options())};
  CHECK(driver.wait_for(6));
  auto records = driver.records();
  CHECK(records[2].value.price.to_string() == "5");
  CHECK(records[3].key == "ETH");
  CHECK(records[4].timestamp == Timestamp{2'000'001});
  CHECK(coincap.counts->duplicates >= 5);
}

TEST_CASE("a restart does not write again what was written") {
  FakeCoinCap coincap;
  SourceDriver driver(CoinCapSource(coincap.options()), "1000002");  // the first two answers are known
  REQUIRE(driver.wait_for(2));
  CHECK(driver.records()[0].timestamp == Timestamp{1'000'003});
  auto foreign = CoinCapSource(coincap.options()).open({.position = "BTC-USD:17"}, {});
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().kind() == ErrorKind::configuration);
}

TEST_CASE("a missing timestamp is made up for by the answer's date, said once") {
  LogCatcher log;
  auto bare = FakeAnswer{
      .body = R"({"data":[)" + row("bitcoin", "BTC", 1, "\"5\"") + "," + row("ethereum", "ETH", 2, "\"5\"") + "]}",
      .headers = {{"Date", "Mon, 09 Mar 2026 03:28:00 GMT"}}};
  auto next = bare;
  next.headers[0].second = "Mon, 09 Mar 2026 03:28:01 GMT";
  FakeCoinCap coincap({bare, next});
  SourceDriver driver{CoinCapSource(coincap.options())};
  REQUIRE(driver.wait_for(6));
  CHECK(driver.records()[2].timestamp == Timestamp{1773026880'000});
  CHECK(log.warnings("timestamp is missing") == 1);
}

TEST_CASE("a pause is filled with the prices of that time, oldest first, as far back as is allowed") {
  LogCatcher log;
  constexpr std::int64_t hour = 3'600'000, now = 100 * hour;
  std::atomic<int> refusals = 0;
  FakeUpstream upstream([&](const FakeRequest& request) {
    auto has = [&](std::string_view part) { return request.target.find(part) != std::string::npos; };
    if (has("/history")) {
      if (refusals > 0) return --refusals, FakeAnswer{.status = 503};
      auto start = std::stoll(request.target.substr(request.target.find("start=") + 6));
      auto price = has("bitcoin") ? 7 : 8;
      return FakeAnswer{
          .body = fmt::format(
              R"({{"data":[{{"priceUsd":"{}.10","time":{}}},{{"priceUsd":"{}.20","time":{}}},{{"priceUsd":"0","time":{}}}]}})",
              price, start, price, start + 60'000, start - 1)};
    }
    auto rows = row("bitcoin", "BTC", 1, "\"1\"") + "," + row("ethereum", "ETH", 2, "\"2\"");
    return FakeAnswer{.body = envelope(rows, now)};
  });
  auto options = FakeCoinCap().options();
  options.url = upstream.http_url();
  options.coins = {"BTC", "ETH"};
  options.max_backfill = 30h;
  options.counts = std::make_shared<SourceCounts>();
  auto records_from = [&](std::int64_t position) {
    SourceDriver driver(CoinCapSource(options), std::to_string(position));
    REQUIRE(driver.wait_for(2));
    driver.stop();
    std::string text;
    for (const auto& record : driver.records()) {
      CHECK(record.timestamp == record.value.time);
      text += fmt::format("{} {} {}\n", record.key, record.value.price, now - record.timestamp.ms);
    }
    CHECK(driver.position() == std::to_string(now));
    return text;
  };
  refusals = 3;
  CHECK(records_from(now - hour) ==
        "BTC 7.10 3599999\nETH 8.10 3599999\nBTC 7.20 3539999\nETH 8.20 3539999\nBTC 1 0\nETH 2 0\n");
  CHECK(options.counts->backfilled == 4);
  CHECK(options.counts->gaps == 1);
  CHECK(options.counts->failed_polls == 3);
  CHECK(log.text().find("4 prices of that time fetched\n") != std::string::npos);
  CHECK(records_from(now - 119'000) == "BTC 1 0\nETH 2 0\n");  // no pause to speak of
  auto text = records_from(now - 50 * hour);                   // two answers a coin, a day and the rest
  CHECK(text.substr(0, text.find('\n')) == fmt::format("BTC 7.10 {}", 30 * hour));
  CHECK(std::count(text.begin(), text.end(), '\n') == 10);
  CHECK(log.text().find("none from before") != std::string::npos);
  refusals = 1'000;
  CHECK(records_from(now - hour) == "BTC 1 0\nETH 2 0\n");
  CHECK(refusals == 995);
  CHECK(log.warnings("HTTP 503") == 3);  // of two outages, and that the gap stays
  CHECK(log.warnings("the gap from") == 1);
  options.max_backfill = 0ms;
  CHECK(records_from(now - 50 * hour) == "BTC 1 0\nETH 2 0\n");
}

TEST_CASE("polls keep to their schedule and do not pile up behind a slow answer") {
  FakeCoinCap coincap({{.body = FakeCoinCap::good(2), .drip = 2ms}});  // over 400 ms
  auto options = coincap.options();
  options.interval = 200ms;
  options.http.total_timeout = 5s;
  SourceDriver driver{CoinCapSource(options)};
  REQUIRE(driver.wait_for(12));
  driver.stop();
  auto times = coincap.times();
  // The second poll is slow and misses two points of the schedule; the third comes at the next, the sixth three
  // intervals later.
  CHECK(times[1] - times[0] >= 190ms);
  CHECK(times[5] - times[1] >= 400ms + 3 * 200ms);
}

TEST_CASE("stop ends a wait and a request at once") {
  FakeCoinCap coincap;
  auto options = coincap.options();
  options.interval = 1h;
  SourceDriver waiting{CoinCapSource(options)};
  CHECK(waiting.wait_for(2));
  CHECK(waiting.stop() < 2s);

  FakeCoinCap silent({{.raw = "", .then = Then::hang}});
  options = silent.options();
  options.http = {};
  SourceDriver asking{CoinCapSource(options)};
  CHECK(asking.wait_for(2));
  CHECK(silent.upstream.wait_for_requests(4));
  CHECK(asking.stop() < 2s);
}

TEST_CASE("coins are found by symbol or id; the best ranked wins where a symbol is shared, and that is said once") {
  LogCatcher log;
  FakeUpstream upstream([](const FakeRequest& request) {
    auto has = [&](std::string_view part) { return request.target.find(part) != std::string::npos; };
    if (has("search=ABC"))
      return FakeAnswer{.body =
                            envelope(row("old-abc", "ABC", 900, "\"1\"") + "," + row("abc-coin", "abc", 12, "\"1\"") +
                                         "," + row("abcd", "ABCD", 1, "\"1\""),
                                     1)};
    if (has("search=bitcoin"))
      return FakeAnswer{
          .body = envelope(row("bitcoin-cash", "BCH", 20, "\"1\"") + "," + row("bitcoin", "BTC", 1, "\"1\""), 1)};
    return FakeAnswer{
        .body = envelope(row("abc-coin", "abc", 12, "\"1\"") + "," + row("bitcoin", "BTC", 1, "\"1\""), 1000)};
  });
  CoinCapOptions options;
  options.url = upstream.http_url();
  options.coins = {"ABC", "bitcoin"};
  SourceDriver driver{CoinCapSource(options)};
  CHECK(driver.wait_for(2));
  CHECK(upstream.requests().back().target == "/assets?ids=abc-coin,bitcoin&limit=100");
  CHECK(log.warnings("ABC is the symbol of 2 coins: taking abc-coin, the best ranked, not old-abc") == 1);
}

TEST_CASE("unknown coins are an error that names each") {
  FakeCoinCap coincap;
  auto options = coincap.options();
  options.coins = {"BTC", "NOPE", "ETH", "N/A"};
  auto error = open_error(options);
  CHECK(error.kind() == ErrorKind::configuration);
  CHECK(error.message().find("NOPE, N/A") != std::string::npos);
  CHECK(coincap.upstream.requests()[3].target.find("search=N%2FA") != std::string::npos);
}

TEST_CASE("without coins the best ranked are read page by page") {
  FakeUpstream upstream([](const FakeRequest& request) {
    auto at = request.target.find("offset=");
    auto offset = at == std::string::npos ? 0 : std::stoi(request.target.substr(at + 7));
    auto limit = std::stoi(request.target.substr(request.target.find("limit=") + 6));
    std::string rows;
    for (int i = offset; i < std::min(offset + limit, 7); ++i)
      rows += (i > offset ? "," : "") + row(fmt::format("c{}", i), fmt::format("C{}", i), i + 1, "\"1\"");
    return FakeAnswer{.body = envelope(rows, 1000 + offset)};
  });
  CoinCapOptions options;
  options.url = upstream.http_url();
  options.top = 5;
  options.page_size = 2;
  SourceDriver driver{CoinCapSource(options)};
  REQUIRE(driver.wait_for(5));
  auto requests = upstream.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[1].target == "/assets?limit=2&offset=0");
  CHECK(requests[3].target == "/assets?limit=1&offset=4");
  CHECK(driver.records()[4].value.rank == 5);
  CHECK(driver.records()[4].timestamp == Timestamp{1004});
}

TEST_CASE("what cannot work is said when the source is opened") {
  FakeCoinCap coincap;
  auto options = coincap.options();
  options.quote = "EUR";
  CHECK(open_error(options).kind() == ErrorKind::configuration);
  options = coincap.options();
  options.key = "two words";
  auto error = open_error(options);
  CHECK(error.kind() == ErrorKind::configuration);
  CHECK(error.message().find("two words") == std::string::npos);
  error = open_error({.coins = {"BTC"}});
  CHECK(error.kind() == ErrorKind::permission);
  CHECK(error.message().find("https://pro.coincap.io") != std::string::npos);
  options = coincap.options();
  options.url = fmt::format("http://127.0.0.1:{}", unused_port());
  CHECK(open_error(options).kind() == ErrorKind::unavailable);

  FakeUpstream refusing(
      [](const FakeRequest&) { return FakeAnswer{.status = 401, .body = R"({"error":"key s3cret is wrong"})"}; });
  options.url = refusing.http_url();
  options.key = "s3cret";
  error = open_error(options);
  CHECK(error.kind() == ErrorKind::permission);
  CHECK(error.message().find("s3cret") == std::string::npos);
}

TEST_CASE("TLS is verified") {
  FakeCoinCap coincap({}, FakeUpstream::Tls::yes);
  SourceDriver driver{CoinCapSource(coincap.options())};
  CHECK(driver.wait_for(2));
  auto options = coincap.options();
  options.http.ca_file.clear();
  auto error = open_error(options);
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK(error.message().find("not trusted") != std::string::npos);
}
