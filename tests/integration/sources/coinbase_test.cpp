// CoinbaseSource against an exchange that fails in every way it can: the reader lives, says so once, and gives each
// trade once, in order, whatever the feed loses, repeats or mixes up.
#include "fake_upstream.h"
#include "source_driver.h"

#include <cryptostream/sources/coinbase/source.h>

#include <atomic>
#include <future>
#include <thread>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

std::string match(std::int64_t id, const std::string& product = "BTC-USD", const std::string& type = "match") {
  return fmt::format(
      R"({{"type":"{}","trade_id":{},"side":"sell","size":"0.5","price":"{}.10","product_id":"{}","sequence":9,)"
      R"("time":"2026-01-02T03:04:05.678901Z"}})",
      type, id, id, product);
}

std::string heartbeat(std::int64_t id, const std::string& product = "BTC-USD") {
  return fmt::format(
      R"({{"type":"heartbeat","sequence":90,"last_trade_id":{},"product_id":"{}","time":"2026-01-02T03:04:05Z"}})", id,
      product);
}

/// Reads a subscription and grants it.
bool grant(FakeSession& session, const std::string& channel = "matches") {
  auto request = session.receive();
  if (!request) return false;
  auto begin = request->find('[');
  auto products = request->substr(begin, request->find(']') + 1 - begin);
  session.send(fmt::format(
      R"({{"type":"subscriptions","channels":[{{"name":"{}","product_ids":{}}},{{"name":"heartbeat","product_ids":{}}}]}})",
      channel, products, products));
  return true;
}

/// An exchange whose trades are numbered from 1 to `last`; its REST endpoint knows them all, unless `on_rest` says
/// otherwise.
class FakeExchange {
 public:
  explicit FakeExchange(FakeUpstream::OnWebSocket session, FakeUpstream::Tls tls = FakeUpstream::Tls::no)
      : upstream([this](const FakeRequest& request) { return answer(request); }, std::move(session), tls) {}

  CoinbaseOptions options() const {
    CoinbaseOptions options;
    options.coins = {"BTC"};
    options.url = upstream.websocket_url();
    options.rest_url = upstream.http_url();
    options.subscribe_timeout = 500ms;
    options.stall_timeout = 5s;
    options.retry = {.first = 5ms, .most = 20ms};
    options.reorder_wait = 50ms;
    options.requests_per_minute = 100'000;
    options.http.ca_file = upstream.ca_file();
    options.websocket.ca_file = upstream.ca_file();
    options.counts = counts;
    return options;
  }

  std::atomic<std::int64_t> last{1'000'000};
  FakeUpstream::OnHttp on_rest;  // set before the source is opened
  std::shared_ptr<SourceCounts> counts = std::make_shared<SourceCounts>();

 private:
  static std::int64_t parameter(const std::string& target, const std::string& name) {
    return std::stoll(target.substr(target.find(name + "=") + name.size() + 1));
  }
  FakeAnswer answer(const FakeRequest& request) {
    if (on_rest)
      if (auto given = on_rest(request); given.status != 0) return given;
    auto newest = std::min(parameter(request.target, "after") - 1, last.load());
    auto limit = parameter(request.target, "limit");
    std::string rows;
    for (auto id = newest; id > 0 && id > newest - limit; --id)
      rows += fmt::format(
          R"({}{{"time":"2026-01-02T03:04:05.678901Z","trade_id":{},"price":"{}.10","size":"0.5","side":"sell"}})",
          id < newest ? "," : "", id, id);
    return {.body = "[" + rows + "]"};
  }

 public:
  FakeUpstream upstream;  // last: its threads use the rest
};

using Driver = SourceDriver<CoinbaseSource>;

std::vector<std::int64_t> ids(const Driver& driver) {
  std::vector<std::int64_t> all;
  for (const auto& record : driver.records()) all.push_back(record.value.trade_id.value_or(-1));
  return all;
}

std::vector<std::int64_t> from_to(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> all;
  for (auto id = first; id <= last; ++id) all.push_back(id);
  return all;
}

/// The first session gives trades 1 to 3 and ends as `end` does; the second one begins at 8. All of 1 to 9 must come,
/// each once.
void survive(const std::function<void(FakeSession&)>& end, std::string_view said,
             const std::function<void(CoinbaseOptions&)>& set = {}) {
  CAPTURE(std::string(said));
  LogCatcher log;
  std::promise<void> three_have_come;  // a TCP reset takes with it what was not read yet
  FakeExchange exchange([&](FakeSession& session) {
    if (!grant(session)) return;
    if (session.number() == 1) {
      for (auto id : {1, 2, 3}) session.send(match(id));
      three_have_come.get_future().wait_for(10s);
      return end(session);
    }
    session.send(match(8, "BTC-USD", "last_match"));
    session.send(match(9));
    session.wait_for_end();
  });
  auto options = exchange.options();
  if (set) set(options);
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(3));
  three_have_come.set_value();
  CHECK(driver.wait_for(9));
  CHECK(driver.stop() < 2s);
  CHECK_FALSE(driver.error());
  CHECK(ids(driver) == from_to(1, 9));
  CHECK(driver.position() == "BTC-USD:9");
  CHECK(exchange.counts->reconnects == 1);
  CHECK(exchange.counts->gaps == 1);
  CHECK(exchange.counts->backfilled == 4);
  CHECK(exchange.counts->lost == 0);
  auto text = log.text();
  CAPTURE(text);
  CHECK(log.warnings() == 1);
  CHECK(log.warnings(said) == 1);
  CHECK(text.find("connected again") != std::string::npos);
  CHECK(text.find("BTC-USD: 4 trades up to 7 did not come over the feed: 4 fetched, 0 lost") != std::string::npos);
}

/// One session that sends these frames and then stays silent.
FakeUpstream::OnWebSocket sends(std::vector<std::string> frames) {
  return [frames](FakeSession& session) {
    if (!grant(session)) return;
    for (const auto& frame : frames) session.send(frame);
    session.wait_for_end();
  };
}

Error open_error(const CoinbaseOptions& options, std::optional<std::string> position = {}) {
  auto opened = CoinbaseSource(options).open({.position = std::move(position)}, {});
  REQUIRE_FALSE(opened);
  return opened.error();
}

}  // namespace

TEST_CASE("each trade is one quote, with the taker's side, its type in the headers and the position behind it") {
  std::string subscription;
  FakeExchange exchange([&](FakeSession& session) {
    subscription = *session.receive();
    session.send(R"({"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD","ETH-EUR"]}]})");
    session.send(match(7, "BTC-USD", "last_match"));
    session.send(match(3, "ETH-EUR", "last_match"));
    session.send(match(8));
    session.wait_for_end();
  });
  auto options = exchange.options();
  options.coins = {"btc", "ETH-EUR"};
  Driver driver{CoinbaseSource(options)};
  REQUIRE(driver.wait_for(3));
  driver.stop();
  CHECK(subscription ==
        R"({"type":"subscribe","product_ids":["BTC-USD","ETH-EUR"],"channels":["matches","heartbeat"]})");
  auto records = driver.records();
  std::size_t btc = records[0].key == "BTC" ? 0 : 1;
  CHECK(records[btc].key == "BTC");
  CHECK(records[btc].value.asset_id == "BTC-USD");
  CHECK(records[btc].value.price.to_string() == "7.10");
  CHECK(records[btc].value.side == Side::buy);
  CHECK(records[btc].timestamp == Timestamp{1767323045678});
  CHECK(records[btc].headers.view().last("cryptostream.type") == "quote/1");
  CHECK(driver.position() == "BTC-USD:8,ETH-EUR:3");
  CHECK(exchange.upstream.requests().empty());
}

TEST_CASE("a connection that ends, in whatever way, is made anew, and what was missed is fetched") {
  survive([](FakeSession& session) { session.reset(); }, "coinbase feed: the connection broke off");
  survive([](FakeSession&) {}, "coinbase feed: the connection broke off");
  survive([](FakeSession& session) { session.close(); }, "the server closed the connection (code 1001)");
}

TEST_CASE("silence is seen by the missing heartbeat") {
  survive([](FakeSession& session) { session.wait_for_end(); }, "not a word for 300 ms",
          [](CoinbaseOptions& options) { options.stall_timeout = 300ms; });
  survive([](FakeSession& session) { session.wait_deaf(); }, "not a word for 300 ms",
          [](CoinbaseOptions& options) { options.stall_timeout = 300ms; });
}

TEST_CASE("heartbeats alone keep a connection") {
  FakeExchange exchange([](FakeSession& session) {
    if (!grant(session)) return;
    session.send(match(1));
    for (int i = 0; i < 20; ++i) {
      session.send(heartbeat(1));
      std::this_thread::sleep_for(50ms);  // the pace is what is tested
    }
    session.send(match(2));
    session.wait_for_end();
  });
  auto options = exchange.options();
  options.stall_timeout = 600ms;
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(2));
  CHECK(exchange.counts->reconnects == 0);
}

TEST_CASE("oversized and broken frames cost the connection, not the trades") {
  survive(
      [](FakeSession& session) {
        session.send("\"" + std::string(10'000, 'x') + "\"");
        session.wait_for_end();
      },
      "larger than the 5000 bytes", [](CoinbaseOptions& options) { options.websocket.max_message = 5'000; });
  survive(
      [](FakeSession& session) {
        session.send_in_pieces(std::string(10'000, 'x'), 100);
        session.wait_for_end();
      },
      "larger than the 5000 bytes", [](CoinbaseOptions& options) { options.websocket.max_message = 5'000; });
  survive(
      [](FakeSession& session) {
        session.send_raw("\x81\x02\xff\xfe");
        session.wait_for_end();
      },
      "not UTF-8");
}

TEST_CASE("fragmented frames are whole messages") {
  FakeExchange exchange([](FakeSession& session) {
    if (!grant(session)) return;
    session.send_in_pieces(match(1), 7);
    session.send_in_pieces(match(2), 1);
    session.wait_for_end();
  });
  Driver driver{CoinbaseSource(exchange.options())};
  CHECK(driver.wait_for(2));
  CHECK(ids(driver) == from_to(1, 2));
}

TEST_CASE("a gap is filled from the trades endpoint, page by page, and logged once") {
  LogCatcher log;
  FakeExchange exchange(sends({match(1), match(30)}));
  auto options = exchange.options();
  options.page_size = 10;
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(30));
  CHECK(ids(driver) == from_to(1, 30));
  CHECK(exchange.counts->gaps == 1);
  CHECK(exchange.counts->backfilled == 28);
  auto requests = exchange.upstream.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].target == "/products/BTC-USD/trades?limit=10&after=30");
  CHECK(requests[1].target == "/products/BTC-USD/trades?limit=10&after=20");
  CHECK(log.warnings() == 0);
  CHECK(driver.records()[15].value.price.to_string() == "16.10");
  CHECK(driver.records()[15].value.side == Side::buy);
}

TEST_CASE("duplicates are dropped and counted") {
  FakeExchange exchange(sends({match(1), match(1), match(2), match(1), match(2), match(3)}));
  Driver driver{CoinbaseSource(exchange.options())};
  CHECK(driver.wait_for(3));
  CHECK(ids(driver) == from_to(1, 3));
  CHECK(exchange.counts->duplicates == 3);
}

TEST_CASE("trades out of order are put in order without asking for them") {
  LogCatcher log;
  FakeExchange exchange(sends({match(1), match(3), match(4), match(2), match(6), match(5)}));
  auto options = exchange.options();
  options.reorder_wait = 5s;
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(6));
  CHECK(ids(driver) == from_to(1, 6));
  CHECK(exchange.upstream.requests().empty());
  CHECK(exchange.counts->gaps == 0);
  CHECK(log.warnings() == 0);
}

TEST_CASE("a heartbeat shows that the last trades are missing") {
  FakeExchange exchange(sends({match(1), heartbeat(4)}));
  exchange.last = 4;
  Driver driver{CoinbaseSource(exchange.options())};
  CHECK(driver.wait_for(4));
  CHECK(ids(driver) == from_to(1, 4));
}

TEST_CASE("a message that cannot be decoded is said once, and its trade is fetched") {
  LogCatcher log;
  auto broken = match(2);
  broken.replace(broken.find("\"2.10\""), 6, "[2.10]");
  FakeExchange exchange(sends({match(1), broken, "{}", "<html>", match(3)}));
  Driver driver{CoinbaseSource(exchange.options())};
  CHECK(driver.wait_for(3));
  CHECK(ids(driver) == from_to(1, 3));
  CHECK(exchange.counts->bad_rows == 3);
  CHECK(exchange.counts->reconnects == 0);
  CHECK(log.warnings() == 1);
  CHECK(log.warnings("coinbase feed, message match") == 1);
  CHECK(log.warnings("price") == 1);
}

TEST_CASE("a restart goes on behind its position, without hole or repetition") {
  FakeExchange exchange(sends({match(20, "BTC-USD", "last_match"), match(21)}));
  Driver driver(CoinbaseSource(exchange.options()), "BTC-USD:15,XRP-USD:7");
  CHECK(driver.wait_for(6));
  CHECK(ids(driver) == from_to(16, 21));
  CHECK(driver.position() == "BTC-USD:21,XRP-USD:7");
  CHECK(open_error(exchange.options(), "1743435300643").kind() == ErrorKind::configuration);
}

TEST_CASE("a backfill is bounded, and what is beyond is counted and said") {
  LogCatcher log;
  FakeExchange exchange(sends({match(1000, "BTC-USD", "last_match")}));
  auto options = exchange.options();
  options.max_backfill = 100;
  Driver driver(CoinbaseSource(options), "BTC-USD:10");
  CHECK(driver.wait_for(101));
  CHECK(ids(driver) == from_to(900, 1000));
  CHECK(exchange.counts->lost == 889);
  CHECK(log.warnings("BTC-USD: 989 trades up to 999 did not come over the feed: 100 fetched, 889 lost") == 1);
}

TEST_CASE("trades wait while the endpoint is down, 429 included, and come in order when it is back") {
  LogCatcher log;
  FakeExchange exchange(sends({match(1), match(5), match(6)}));
  exchange.on_rest = [](const FakeRequest& request) {
    if (request.number == 1) return FakeAnswer{.status = 503, .body = "{}"};
    if (request.number == 2) return FakeAnswer{.status = 429, .body = R"({"message":"rate limit exceeded"})"};
    if (request.number == 3) return FakeAnswer{.body = "[]"};  // it lags behind the feed
    return FakeAnswer{.status = 0};
  };
  Driver driver{CoinbaseSource(exchange.options())};
  CHECK(driver.wait_for(6));
  CHECK(ids(driver) == from_to(1, 6));
  CHECK(exchange.counts->lost == 0);
  CHECK(log.warnings("HTTP 503") == 1);
  CHECK(log.warnings() == 1);
}

TEST_CASE("what cannot be fetched is given up after some tries; the feed goes on") {
  LogCatcher log;
  FakeExchange exchange(sends({match(1), match(5), match(6)}));
  exchange.on_rest = [](const FakeRequest&) { return FakeAnswer{.status = 500, .body = "{}"}; };
  auto options = exchange.options();
  options.backfill_tries = 3;
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(3));
  CHECK(ids(driver) == std::vector<std::int64_t>{1, 5, 6});
  CHECK(exchange.upstream.requests().size() == 3);
  CHECK(exchange.counts->lost == 3);
  CHECK(log.warnings("0 fetched, 3 lost") == 1);
}

TEST_CASE("a product that is none is named; the others go on") {
  LogCatcher log;
  std::vector<std::string> subscriptions;
  FakeExchange exchange([&](FakeSession& session) {
    subscriptions.push_back(*session.receive());
    session.send(R"({"type":"error","message":"Failed to subscribe","reason":"NOPE-USD is not a valid product"})");
    grant(session);
    session.send(match(1));
    session.wait_for_end();
  });
  auto options = exchange.options();
  options.coins = {"NOPE", "BTC"};
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(1));
  CHECK(log.warnings() == 1);
  CHECK(log.warnings("NOPE-USD: NOPE-USD is not a valid product; going on without it") == 1);
}

TEST_CASE("when no product can be had, opening says so and names each") {
  FakeExchange exchange([](FakeSession& session) {
    while (auto request = session.receive())
      session.send(
          fmt::format(R"({{"type":"error","message":"Failed to subscribe","reason":"{} is not a valid product"}})",
                      request->find("NOPE-USD") != std::string::npos ? "NOPE-USD" : "TOO-USD"));
  });
  auto options = exchange.options();
  options.coins = {"TOO", "NOPE"};
  auto error = open_error(options);
  CHECK(error.kind() == ErrorKind::configuration);
  CHECK(error.message().find("NOPE-USD is not a valid product") != std::string::npos);
  CHECK(error.message().find("TOO-USD is not a valid product") != std::string::npos);
}

TEST_CASE("what else can go wrong at the start is an error that says what to look at") {
  FakeExchange silent([](FakeSession& session) { session.wait_for_end(); });
  auto error = open_error(silent.options());
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK(error.message().find("no reply to the subscription within 500 ms") != std::string::npos);

  FakeExchange keyed([](FakeSession& session) {
    session.receive();
    session.send(
        R"({"type":"error","message":"Failed to subscribe","reason":"level2, level3, and full channels now require authentication."})");
    session.wait_for_end();
  });
  CHECK(open_error(keyed.options()).kind() == ErrorKind::configuration);

  auto options = silent.options();
  options.url = fmt::format("ws://127.0.0.1:{}", unused_port());
  CHECK(open_error(options).kind() == ErrorKind::unavailable);
  options = silent.options();
  options.coins = {};
  CHECK(open_error(options).kind() == ErrorKind::configuration);
  options.coins = {"BTC\",\"X"};
  CHECK(open_error(options).kind() == ErrorKind::configuration);
}

TEST_CASE("tickers make quotes too, without a promise of every trade") {
  FakeExchange exchange([](FakeSession& session) {
    if (!grant(session, "ticker")) return;
    for (auto id : {5, 9, 9, 12})
      session.send(fmt::format(
          R"({{"type":"ticker","product_id":"BTC-USD","price":"{}","side":"buy","time":"2026-01-02T03:04:05Z","trade_id":{},"last_size":"1"}})",
          id, id));
    session.wait_for_end();
  });
  auto options = exchange.options();
  options.channel = CoinbaseChannel::ticker;
  Driver driver{CoinbaseSource(options)};
  CHECK(driver.wait_for(3));
  CHECK(ids(driver) == std::vector<std::int64_t>{5, 9, 12});
  CHECK(exchange.counts->gaps == 0);
}

TEST_CASE("stop ends reading, waiting to connect, and a backfill at once") {
  FakeExchange quiet(sends({match(1)}));
  Driver reading{CoinbaseSource(quiet.options())};
  CHECK(reading.wait_for(1));
  CHECK(reading.stop() < 2s);

  FakeExchange stuck(sends({match(1), match(5)}));
  stuck.on_rest = [](const FakeRequest&) { return FakeAnswer{.raw = "", .then = FakeAnswer::Then::hang}; };
  Driver filling{CoinbaseSource(stuck.options())};
  CHECK(stuck.upstream.wait_for_requests(1));
  CHECK(filling.stop() < 2s);

  FakeExchange gone([](FakeSession& session) { grant(session); });
  auto options = gone.options();
  options.retry = {.first = 1h, .most = 1h};
  Driver waiting{CoinbaseSource(options)};
  CHECK(waiting.stop() < 2s);
}

TEST_CASE("TLS is verified on both roads") {
  FakeExchange exchange(sends({match(1), match(4)}), FakeUpstream::Tls::yes);
  Driver driver{CoinbaseSource(exchange.options())};
  CHECK(driver.wait_for(4));
  CHECK(ids(driver) == from_to(1, 4));
  auto options = exchange.options();
  options.websocket.ca_file.clear();
  auto error = open_error(options);
  CHECK(error.kind() == ErrorKind::unavailable);
  CHECK(error.message().find("not trusted") != std::string::npos);
}
