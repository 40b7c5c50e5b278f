// CoinMarketCapSource against an upstream that fails in every way it can, and its own: an error on HTTP 200, credits
// that are used up, coins that share a symbol.
#include "polled_source.h"

#include <cryptostream/sources/coinmarketcap/source.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

std::string coin(int id, const std::string& symbol, const std::string& price, int minute, int rank = 1) {
  return fmt::format(
      R"({{"id":{},"name":"N{}","symbol":"{}","cmc_rank":{},"last_updated":"2025-02-09T23:{:02}:00.000Z",)"
      R"("quote":{{"USD":{{"price":{},"volume_24h":7}}}}}})",
      id, id, symbol, rank, minute, price);
}

std::string envelope(const std::string& data, int credits = 1) {
  return fmt::format(R"({{"status":{{"error_code":0,"error_message":null,"credit_count":{}}},"data":{}}})", credits,
                     data);
}

/// Bitcoin and Ethereum, a minute newer with each poll; by symbol with a third that shares a symbol.
std::string good(const FakeRequest& request, int n) {
  if (has(request.target, "symbol="))
    return envelope("{\"BTC\":[" + coin(34316, "BTC", "9", 1, 5000) + "," + coin(1, "BTC", "1", 1) + "],\"ETH\":[" +
                    coin(1027, "ETH", "1", 1, 2) + "]}");
  return envelope("{\"1\":" + coin(1, "BTC", fmt::format("{}.50", n), n) +
                  ",\"1027\":" + coin(1027, "ETH", "2.00", n, 2) + "}");
}

CoinMarketCapOptions options_for(const ScriptedApi& api) {
  auto options = api.quick(CoinMarketCapOptions{.coins = {"BTC", "eth"}, .key = "s3cret"});
  return options;
}
CoinMarketCapSource source_for(const ScriptedApi& api) { return CoinMarketCapSource(options_for(api)); }

}  // namespace

TEST_CASE("polls give a coin/1 each, with its type in the headers and the position behind it") {
  LogCatcher log;
  ScriptedApi api(1, good);
  SourceDriver driver{source_for(api)};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  auto records = driver.records();
  CHECK(records[0].key == "BTC");
  CHECK(records[0].value.id == 1);
  CHECK(records[0].value.price.to_string() == "1.50");
  CHECK_FALSE(records[0].value.place);
  CHECK(records[0].timestamp == *Timestamp::parse("2025-02-09T23:01:00Z"));
  CHECK(records[0].headers.view().last("cryptostream.type") == "coin/1");
  CHECK(records[1].key == "ETH");
  CHECK(records[2].value.price.to_string() == "2.50");
  auto newest = records.back().timestamp.ms;
  CHECK(driver.position() == fmt::format("1:{},1027:{}", newest, newest));
  auto requests = api.upstream.requests();
  CHECK(requests[0].target ==
        "/v2/cryptocurrency/quotes/latest?symbol=BTC,eth&skip_invalid=true&convert=USD&"
        "aux=cmc_rank,max_supply,circulating_supply,total_supply");
  CHECK(requests[1].target ==
        "/v2/cryptocurrency/quotes/latest?id=1,1027&skip_invalid=true&convert=USD&"
        "aux=cmc_rank,max_supply,circulating_supply,total_supply");
  CHECK(requests[1].header("X-CMC_PRO_API_KEY") == "s3cret");
  CHECK(log.warnings("BTC is the symbol of 2 coins: taking 1, the best ranked, not 34316; give the number to choose") ==
        1);
  CHECK(api.counts->data_time == newest);
  CHECK(api.counts->credits_used >= 3);  // the last request may not have been answered
  CHECK(api.counts->credits_used <= static_cast<std::int64_t>(requests.size()));
}

TEST_CASE("the same as quote/1") {
  LogCatcher log;
  ScriptedApi api(1, good);
  SourceDriver driver{CoinMarketCapQuotes(options_for(api))};
  REQUIRE(driver.wait_for(2));
  auto record = driver.records()[0];
  CHECK(record.key == "BTC");
  CHECK(record.value.source == "coinmarketcap");
  CHECK(record.value.asset_id == "1");
  CHECK(record.value.price.to_string() == "1.50");
  CHECK(record.value.volume_24h->to_string() == "7");
  CHECK(record.headers.view().last("cryptostream.type") == "quote/1");
}

TEST_CASE("whatever comes in place of an answer is said once and survived") {
  auto faults = common_faults(good({}, 1), "JSON cut off");
  faults.push_back({{.body = R"({"status":{"error_code":500,"error_message":"oops, s3cret"},"data":null})"},
                    "the server is in trouble (status.error_code 500): oops, ***"});
  faults.push_back({{.body = R"({"status":{"error_code":"1001","error_message":"This API Key is invalid."}})"},
                    "the key is missing or refused (status.error_code 1001)"});
  faults.push_back(
      {{.status = 400, .body = R"({"status":{"error_code":400,"error_message":"Invalid value for \"id\""}})"},
       "check coins and currency"});
  faults.push_back({{.body = R"({"status":{"error_code":0}})"}, "field data is missing"});
  faults.push_back({{.body = "[]"}, "a list where an object is expected"});
  faults.push_back({{.status = 410, .body = "{}"}, "this version of the API is gone: try another"});
  for (const auto& fault : faults) {
    ScriptedApi::Good resolved = [](const FakeRequest& request, int n) {
      return has(request.target, "symbol=")
                 ? envelope("[" + coin(1, "BTC", "1", 1) + "," + coin(1027, "ETH", "1", 1) + "]")
                 : good(request, n);
    };
    survive(fault, 1, resolved, source_for, 2);
  }
}

TEST_CASE("a rate limit and used-up credits say how long to wait, on whatever status") {
  for (int status : {200, 429}) {
    FakeUpstream upstream([&](const FakeRequest& request) {
      auto code = request.number == 1 ? 1008 : 1010;
      return FakeAnswer{.status = status,
                        .body = fmt::format(R"({{"status":{{"error_code":{},"error_message":"no"}}}})", code),
                        .headers = {{"Retry-After", request.number == 1 ? "7" : "90000"}}};
    });
    CoinMarketCapOptions options{.coins = {"BTC"}, .url = upstream.http_url()};
    auto error = open_error(CoinMarketCapSource(options));
    CHECK(error.kind() == ErrorKind::temporary);
    CHECK(error.retry_after() == 60s);
    error = open_error(CoinMarketCapSource(options));
    CHECK(error.retry_after() == 24h);
  }
}

TEST_CASE("a coin that is missing in an answer is said once, and once that it is back") {
  LogCatcher log;
  auto only_bitcoin = [](int minute) { return FakeAnswer{.body = envelope("[" + coin(1, "BTC", "3", minute) + "]")}; };
  ScriptedApi api(1, good, {only_bitcoin(30), only_bitcoin(31)});
  auto options = options_for(api);
  options.coins = {"1", "1027"};
  SourceDriver driver{CoinMarketCapSource(options)};
  REQUIRE(driver.wait_for(5));
  driver.stop();
  CHECK(log.warnings("no row for 1027; it may have been renamed or dropped there") == 1);
  CHECK(log.warnings() == 1);
  CHECK(has(log.text(), "all that was asked for is there again (after 2)"));
  CHECK(api.counts->failed_polls == 0);
}

TEST_CASE("a bad row is left out and said once, a null price without a word; the rest is kept") {
  LogCatcher log;
  auto poll = [](const std::string& price, int minute) {
    return FakeAnswer{.body =
                          envelope("[" + coin(1, "BTC", price, minute) + "," + coin(1027, "ETH", "7", minute) + "]")};
  };
  ScriptedApi api(1, good, {poll("[1]", 30), poll("[1]", 31), poll("null", 32)});
  auto options = options_for(api);
  options.coins = {"1", "1027"};
  SourceDriver driver{CoinMarketCapSource(options)};
  REQUIRE(driver.wait_for(5));
  driver.stop();
  auto records = driver.records();
  for (std::size_t i = 2; i < 5; ++i) CHECK(records[i].key == "ETH");
  CHECK(api.counts->bad_rows == 2);
  CHECK(api.counts->without_price == 1);
  CHECK(log.warnings("row 1 (1 BTC)") == 1);
  CHECK(log.warnings() == 1);
}

TEST_CASE("a coin without news is left out, also after a restart") {
  auto at = [](int bitcoin, int ethereum) {
    return FakeAnswer{.body =
                          envelope("[" + coin(1, "BTC", "3", bitcoin) + "," + coin(1027, "ETH", "7", ethereum) + "]")};
  };
  LogCatcher log;
  ScriptedApi api(1, good, {at(1, 2), at(1, 2), at(2, 1)});
  SourceDriver driver{source_for(api)};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  auto records = driver.records();
  CHECK(records[2].key == "ETH");
  CHECK(records[3].key == "BTC");
  CHECK(api.counts->duplicates >= 4);

  ScriptedApi again(1, good);
  auto known = Timestamp::parse("2025-02-09T23:01:00Z")->ms;
  SourceDriver restarted(source_for(again), fmt::format("1:{},1027:{}", known, known - 1));
  REQUIRE(restarted.wait_for(2));
  CHECK(restarted.records()[0].key == "ETH");
  CHECK(restarted.records()[1].key == "BTC");
  CHECK(restarted.records()[1].timestamp.ms == known + 60'000);
  auto foreign = open_error(source_for(again), "1743435300643");
  CHECK(foreign.kind() == ErrorKind::configuration);
}

TEST_CASE("lists come by market cap or volume, each coin with its place; whole, where a table is replaced as a whole") {
  ScriptedApi::Good list = [](const FakeRequest&, int n) {
    return envelope("[" + coin(5, "E", "1", 1) + "," + coin(3, "C", "2", n) + "]");
  };
  ScriptedApi api(1, list);
  auto options = options_for(api);
  options.coins.clear();
  options.top = 10;
  options.sort = CoinSort::volume_24h;
  SourceDriver driver{CoinMarketCapSource(options)};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  auto records = driver.records();
  CHECK(records[0].value.place == 1);
  CHECK(records[1].value.place == 2);
  CHECK(records[2].key == "C");
  CHECK(records[3].key == "C");
  auto requests = api.upstream.requests();
  CHECK(has(requests[0].target, "/v1/cryptocurrency/listings/latest?start=1&limit=1&sort=volume_24h&sort_dir=desc&"));
  CHECK(has(requests[1].target, "/v1/cryptocurrency/listings/latest?start=1&limit=10&sort=volume_24h&sort_dir=desc&"));

  ScriptedApi whole(1, list, {FakeAnswer{.body = list({}, 1)}});  // the second poll has no news at all
  options = options_for(whole);
  options.coins.clear();
  options.version = 3;
  options.whole_list = true;
  SourceDriver all{CoinMarketCapSource(options)};
  REQUIRE(all.wait_for(4));
  all.stop();
  records = all.records();
  CHECK(records[2].key == "E");
  CHECK(records[2].value.place == 1);
  CHECK(records[3].key == "C");
  CHECK(records[3].value.time == *Timestamp::parse("2025-02-09T23:03:00Z"));
  CHECK(has(whole.upstream.requests()[1].target,
            "/v3/cryptocurrency/listings/latest?start=1&limit=100&sort=market_cap&"));
}

TEST_CASE("credits are counted, warned of beforehand, and not exceeded") {
  LogCatcher log;
  ScriptedApi api(1, good);
  auto options = options_for(api);
  options.credits_per_day = 4;
  SourceDriver driver{CoinMarketCapSource(options)};
  REQUIRE(driver.wait_for(6));  // one credit was spent on opening
  CHECK(api.counts->credits_left == 0);
  std::this_thread::sleep_for(100ms);
  CHECK(driver.stop() < 2s);
  CHECK(driver.records().size() == 6);
  CHECK(api.upstream.requests().size() == 4);
  CHECK(api.counts->credits_used == 4);
  CHECK(log.warnings("costs 4320000 credits a day, and 4 may be spent") == 1);
  CHECK(log.warnings("the 4 credits that may be spent a day are used up; going on at midnight UTC") == 1);
}

TEST_CASE("what cannot work is said when the source is opened") {
  ScriptedApi api(10, good);
  auto options = options_for(api);
  options.coins = {"BTC", "NOPE", "7", "N/A"};
  auto error = open_error(CoinMarketCapSource(options));
  CHECK(error.kind() == ErrorKind::configuration);
  CHECK(
      has(error.message(), "coinmarketcap /v2/cryptocurrency/quotes/latest: no such coin: NOPE, 7, N/A; give symbols"));
  CHECK(has(api.last_target(), "symbol=BTC,NOPE,N%2FA&"));

  options.coins = {"BTC"};
  options.quote = "XYZ";
  error = open_error(CoinMarketCapSource(options));
  CHECK(has(error.message(), "row 1 (34316 BTC): field quote.XYZ is missing; there is USD"));

  error = open_error(CoinMarketCapSource({.coins = {"BTC"}}));
  CHECK(error.kind() == ErrorKind::permission);
  CHECK(has(error.message(), "https://pro.coinmarketcap.com"));
  auto refused = [&](auto change) {
    auto wrong = options_for(api);
    change(wrong);
    return open_error(CoinMarketCapSource(wrong)).kind() == ErrorKind::configuration;
  };
  CHECK(refused([](auto& o) { o.version = 4; }));
  CHECK(refused([](auto& o) { o.interval = 0ms; }));
  CHECK(refused([](auto& o) { o.quote = ""; }));
  CHECK(refused([](auto& o) { o.key = "two words"; }));
  CHECK(refused([](auto& o) { o.coins = {}, o.top = 5001; }));
  options = options_for(api);
  options.url = fmt::format("http://127.0.0.1:{}", unused_port());
  CHECK(open_error(CoinMarketCapSource(options)).kind() == ErrorKind::unavailable);

  FakeUpstream refusing([](const FakeRequest&) {
    return FakeAnswer{.status = 401, .body = R"({"status":{"error_code":1001,"error_message":"key s3cret is wrong"}})"};
  });
  options.url = refusing.http_url();
  error = open_error(CoinMarketCapSource(options));
  CHECK(error.kind() == ErrorKind::permission);
  CHECK_FALSE(has(error.message(), "s3cret"));
  CHECK(has(error.message(), "--coinmarketcap-key-file"));
}
