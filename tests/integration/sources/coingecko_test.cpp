// CoinGeckoSource against an upstream that fails in every way it can, with coins by id, by symbol and by rank.
#include "polled_source.h"

#include <cryptostream/sources/coingecko/source.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

std::string row(const std::string& id, const std::string& symbol, const std::string& price, int minute) {
  return fmt::format(
      R"({{"id":"{}","symbol":"{}","name":"N","current_price":{},"last_updated":"2025-02-09T23:{:02}:00.000Z"}})", id,
      symbol, price, minute);
}

/// Bitcoin and Ethereum, a minute newer with each poll; at the opening, lists with a third that shares a symbol.
std::string good(const FakeRequest& request, int n) {
  auto asked = [&](std::string_view part) { return has(request.target, part); };
  if (n == 0 && asked("ids=")) return asked("bitcoin") ? "[" + row("bitcoin", "btc", "1", 1) + "]" : "[]";
  if (n == 0)
    return "[" + row("bitcoin", "btc", "1", 1) + "," + row("ethereum", "eth", "1", 1) + "," +
           row("beth", "eth", "1", 1) + "]";
  if (asked("/simple/price"))
    return fmt::format(
        R"({{"ethereum":{{"usd":{}.25,"last_updated_at":{}}},"bitcoin":{{"usd":{}.50,"last_updated_at":{}}}}})", n,
        1'711'356'300 + n, n, 1'711'356'300 + n);
  return "[" + row("bitcoin", "btc", fmt::format("{}.50", n), n) + "," + row("ethereum", "eth", "2.00", n) + "]";
}

CoinGeckoOptions options_for(const ScriptedApi& api) {
  return api.quick(CoinGeckoOptions{.coins = {"bitcoin", "ETH"}});
}

}  // namespace

TEST_CASE("polls give a coin/1 each; ids are looked up first, symbols among the first coins") {
  LogCatcher log;
  ScriptedApi api(2, good);
  auto options = options_for(api);
  options.key = "s3cret";
  SourceDriver driver{CoinGeckoSource(options)};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  auto records = driver.records();
  CHECK(records[0].key == "BTC");
  CHECK(records[0].value.asset_id == "bitcoin");
  CHECK(records[0].value.id == coin_number("bitcoin"));
  CHECK(records[0].value.price.to_string() == "1.50");
  CHECK_FALSE(records[0].value.place);
  CHECK(records[0].headers.view().last("cryptostream.type") == "coin/1");
  CHECK(records[1].key == "ETH");
  auto newest = records.back().timestamp.ms;
  CHECK(driver.position() == fmt::format("bitcoin:{},ethereum:{}", newest, newest));
  auto requests = api.upstream.requests();
  CHECK(requests[0].target == "/coins/markets?vs_currency=usd&ids=bitcoin&per_page=250&page=1");
  CHECK(requests[1].target == "/coins/markets?vs_currency=usd&order=market_cap_desc&per_page=250&page=1");
  CHECK(requests[2].target ==
        "/coins/markets?vs_currency=usd&ids=bitcoin,ethereum&per_page=250&page=1&"
        "price_change_percentage=1h,24h,7d,30d&precision=full");
  CHECK(requests[2].header("x-cg-demo-api-key") == "s3cret");
  CHECK(log.warnings(
            "ETH is the symbol of 2 coins: taking ethereum, the best ranked, not beth; give the id to choose") == 1);
  CHECK(log.warnings() == 1);
}

TEST_CASE("simple/price gives prices under the names that were looked up, and quotes are quote/1") {
  LogCatcher log;
  ScriptedApi api(2, good);
  auto options = options_for(api);
  options.endpoint = CoinGeckoEndpoint::simple_price;
  SourceDriver driver{CoinGeckoQuotes(options)};
  REQUIRE(driver.wait_for(2));
  auto records = driver.records();
  CHECK(records[0].key == "ETH");
  CHECK(records[0].value.price.to_string() == "1.25");
  CHECK(records[0].value.name == "N");
  CHECK(records[1].key == "BTC");
  CHECK(records[1].value.time == Timestamp{1'711'356'301'000});
  CHECK(records[1].headers.view().last("cryptostream.type") == "quote/1");
  CHECK(has(api.last_target(), "/simple/price?ids=bitcoin,ethereum&vs_currencies=usd&include_market_cap=true&"));
}

TEST_CASE("whatever comes in place of an answer is said once and survived") {
  ScriptedApi::Good quiet = [](const FakeRequest& request, int n) {
    if (n == 0) return "[" + row("bitcoin", "btc", "1", 1) + "," + row("ethereum", "eth", "1", 1) + "]";
    return good(request, n);
  };
  for (auto endpoint : {CoinGeckoEndpoint::markets, CoinGeckoEndpoint::simple_price}) {
    auto make = [&](const ScriptedApi& api) {
      auto options = options_for(api);
      options.coins = {"bitcoin", "ethereum"};
      options.endpoint = endpoint;
      options.key = "s3cret";
      return CoinGeckoSource(options);
    };
    bool markets = endpoint == CoinGeckoEndpoint::markets;
    auto faults = common_faults(good({.target = markets ? "/coins/markets" : "/simple/price"}, 1), "JSON cut off");
    faults.push_back({{.status = 429, .body = R"({"status":{"error_code":429,"error_message":"You've exceeded"}})"},
                      "You've exceeded"});
    faults.push_back({{.status = 401, .body = R"({"status":{"error_code":10002,"error_message":"s3cret"}})"},
                      "CRYPTOSTREAM_COINGECKO_KEY or --coingecko-key-file"});
    if (markets) faults.push_back({{.body = R"({"error":"coin not found"})"}, "an object where a list is expected"});
    if (!markets) faults.push_back({{.body = "[]"}, "a list where an object is expected"});
    for (const auto& fault : faults) survive(fault, 1, quiet, make, 2);
  }
}

TEST_CASE("a coin that is missing and a row that is bad are said once; the rest is kept") {
  LogCatcher log;
  auto answer = [](const std::string& first, int minute) {
    return FakeAnswer{.body = "[" + first + row("ethereum", "eth", "7", minute) + "]"};
  };
  ScriptedApi api(1,
                  [](const FakeRequest& request, int n) {
                    if (n == 0) return "[" + row("bitcoin", "btc", "1", 1) + "," + row("ethereum", "eth", "1", 1) + "]";
                    return good(request, n);
                  },
                  {answer("", 30), answer("", 31), answer(row("bitcoin", "btc", "[1]", 32) + ",", 32)});
  auto options = options_for(api);
  options.coins = {"bitcoin", "ethereum"};
  SourceDriver driver{CoinGeckoSource(options)};
  REQUIRE(driver.wait_for(5));
  driver.stop();
  for (std::size_t i = 2; i < 5; ++i) CHECK(driver.records()[i].key == "ETH");
  CHECK(log.warnings("no row for bitcoin; it may have been renamed or dropped there") == 1);
  CHECK(log.warnings("row 1 (bitcoin)") == 1);
  CHECK(log.warnings() == 2);
  CHECK(api.counts->bad_rows == 1);
}

TEST_CASE("the age of the data and what is left of the limit are reported") {
  ScriptedApi api(
      1,
      [](const FakeRequest& request, int n) {
        return n == 0 ? "[" + row("bitcoin", "btc", "1", 1) + "]" : good(request, n);
      },
      {FakeAnswer{.body = "[" + row("bitcoin", "btc", "1", 50) + "]", .headers = {{"X-RateLimit-Remaining", "28"}}},
       FakeAnswer{.body = "[" + row("bitcoin", "btc", "1", 40) + "]", .headers = {{"X-RateLimit-Remaining", "many"}}}});
  auto options = options_for(api);
  options.coins = {"bitcoin"};
  CHECK(api.counts->requests_left == -1);
  SourceDriver driver{CoinGeckoSource(options)};
  REQUIRE(driver.wait_for(3));
  while (api.polls() < 5) std::this_thread::sleep_for(5ms);
  driver.stop();
  CHECK(api.counts->requests_left == 28);
  auto newest = *Timestamp::parse("2025-02-09T23:50:00Z");
  CHECK(api.counts->data_time == newest.ms);
  CHECK(report(*api.counts, newest + 34s).starts_with("data 34 s old, 28 requests left"));
}

TEST_CASE("without coins the first ones are read page by page, each with its place") {
  ScriptedApi api(1, [](const FakeRequest& request, int n) {
    auto page = std::stoi(request.target.substr(request.target.find("&page=") + 6));
    std::string rows;
    for (int i = 0; i < 2; ++i) {
      auto number = n > 0 ? (page - 1) * 2 + i : 0;
      rows += (i > 0 ? "," : "") + row(fmt::format("c{}", number), "c", "1", 1);
    }
    return "[" + rows + "]";
  });
  auto options = options_for(api);
  options.coins.clear();
  options.top = 5;
  options.page_size = 2;
  SourceDriver driver{CoinGeckoSource(options)};
  REQUIRE(driver.wait_for(5));
  driver.stop();
  auto records = driver.records();
  REQUIRE(records.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(records[i].value.asset_id == fmt::format("c{}", i));
    CHECK(records[i].value.place == static_cast<std::int64_t>(i) + 1);
  }
  auto requests = api.upstream.requests();
  CHECK(has(requests[1].target, "vs_currency=usd&order=market_cap_desc&per_page=2&page=1&"));
  CHECK(has(requests[3].target, "&page=3&"));
}

TEST_CASE("what cannot work is said when the source is opened") {
  ScriptedApi api(10, good);
  auto options = options_for(api);
  options.coins = {"bitcoin", "nope", "DOGE", "N/A", "eth"};
  auto error = open_error(CoinGeckoSource(options));
  CHECK(error.kind() == ErrorKind::configuration);
  CHECK(has(error.message(),
            "no such coin: nope, DOGE, N/A; give symbols of the first 1000 coins (BTC), or CoinGecko's ids"));
  ScriptedApi broken(10, [](const FakeRequest&, int) { return R"([{"id":"bitcoin","symbol":"btc"}])"; });
  CHECK(has(open_error(CoinGeckoSource(options_for(broken))).message(), "coingecko /coins/markets, row 1 (bitcoin)"));
  auto refused = [&](auto change) {
    auto wrong = options_for(api);
    change(wrong);
    return open_error(CoinGeckoSource(wrong)).kind() == ErrorKind::configuration;
  };
  CHECK(refused([](auto& o) { o.page_size = 251; }));
  CHECK(refused([](auto& o) { o.interval = 0ms; }));
  CHECK(refused([](auto& o) { o.quote = ""; }));
  CHECK(refused([](auto& o) { o.key = "two words"; }));
  CHECK(refused([](auto& o) { o.coins = {}, o.top = 0; }));
  CHECK(refused([](auto& o) { o.coins = {}, o.endpoint = CoinGeckoEndpoint::simple_price; }));
  CHECK(open_error(CoinGeckoSource(options_for(api)), "1743435300643").kind() == ErrorKind::configuration);

  FakeUpstream limited([](const FakeRequest&) {
    return FakeAnswer{.status = 429, .body = R"({"status":{"error_code":429}})", .headers = {{"retry-after", "119"}}};
  });
  options.url = limited.http_url();
  error = open_error(CoinGeckoSource(options));
  CHECK(error.kind() == ErrorKind::temporary);
  CHECK(error.retry_after() == 119s);
}
