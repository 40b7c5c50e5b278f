// CoinMarketCap's answers: every recorded one, the shapes of all three versions, and each way in which one can be
// wrong.
#include "samples.h"

#include <cryptostream/data/json.h>
#include <cryptostream/sources/coinmarketcap/messages.h>

using namespace cryptostream;
using namespace cryptostream::testing;

namespace {

constexpr std::string_view quotes = "/v2/cryptocurrency/quotes/latest";
constexpr std::string_view good_quote =
    R"({"USD":{"price":1.50,"last_updated":"2025-02-09T23:49:04.000Z","volume_24h":7}})";

std::string row(const std::string& id, const std::string& symbol, std::string_view quote = good_quote) {
  return fmt::format(R"({{"id":{},"name":"N","symbol":"{}","last_updated":"2025-02-09T23:48:00.000Z","quote":{}}})", id,
                     symbol, quote);
}

std::string envelope(const std::string& data, const std::string& status = R"({"error_code":0,"credit_count":3})") {
  return fmt::format(R"({{"status":{},"data":{}}})", status, data);
}

CoinMarketCapAnswer decoded(const std::string& body, const std::string& currency = "USD") {
  auto answer = decode_coinmarketcap(quotes, body, currency);
  REQUIRE_MESSAGE(answer, answer.error().message());
  return std::move(*answer);
}

std::string refused(const std::string& body) {
  auto answer = decode_coinmarketcap(quotes, body, "USD");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind() == ErrorKind::bad_record);
  CHECK(has(answer.error().message(), "coinmarketcap /v2/cryptocurrency/quotes/latest: "));
  CHECK(has(answer.error().message(), "check the address (--coinmarketcap-url)"));
  return answer.error().message();
}

/// What is wrong with the only row.
std::string bad_row(const std::string& text) {
  auto answer = decoded(envelope("[" + text + "]"));
  REQUIRE(answer.bad_rows.size() == 1);
  CHECK(answer.coins.empty());
  CHECK(has(answer.bad_rows[0].message(), "coinmarketcap /v2/cryptocurrency/quotes/latest, row 1"));
  return answer.bad_rows[0].message();
}

std::string json(const Coin& coin) {
  std::string text;
  encode_json(type_of<Coin>(), &coin, text);
  return text;
}

}  // namespace

TEST_CASE("every recorded answer decodes, or is refused with source, endpoint, field and what to do") {
  struct Case {
    std::string file, endpoint;
    std::size_t coins, bad_rows;
    std::string first, error;
  };
  for (
      const auto& c : std::vector<Case>{
          {"v1_listings_latest_2019-02-08.json", "/v1/cryptocurrency/listings/latest", 3, 0,
           R"({"source":"coinmarketcap","asset_id":"1","id":1,"symbol":"BTC","name":"Bitcoin","currency":"USD",)"
           R"("price":"3453.70296808","time":1549628906000,"max_supply":"21000000","circulating_supply":"17526825",)"
           R"("total_supply":"17526825","cmc_rank":1,"place":1,"market_cap":"60532447523.518745",)"
           R"("volume_24h":"5477698705.81813","percent_change_1h":"0.261993","percent_change_24h":"1.07139",)"
           R"("percent_change_7d":"-0.38027"})",
           ""},
          {"v1_quotes_latest_by_symbol_2023-01-24.json", "/v1/cryptocurrency/quotes/latest", 3, 0,
           R"({"source":"coinmarketcap","asset_id":"2010","id":2010,"symbol":"ADA","name":"Cardano","currency":"USD",)"
           R"("price":"0.37448741189526097","time":1674581280000,"max_supply":"45000000000",)"
           R"("circulating_supply":"34572231146.229","total_supply":"35394996829.841","cmc_rank":8,"place":1,)"
           R"("market_cap":"12946865365.396029","market_cap_dominance":"1.2354","volume_24h":"357399377.2865129",)"
           R"("percent_change_1h":"-0.62862229","percent_change_24h":"-0.43633854","percent_change_7d":"6.66078792",)"
           R"("percent_change_30d":"45.95784297"})",
           ""},
          {"v2_quotes_latest_by_symbol_2025-02-09.json", "/v2/cryptocurrency/quotes/latest", 2, 0,
           R"({"source":"coinmarketcap","asset_id":"1","id":1,"symbol":"BTC","name":"BTC_name","currency":"USD",)"
           R"("price":"93419.00775880407","time":1739144880000,"place":1,"market_cap":"1851766145160.2246",)"
           R"("market_cap_dominance":"60.6765","volume_24h":"26205547470.920208","percent_change_1h":"0.30324863",)"
           R"("percent_change_24h":"-0.25878976","percent_change_7d":"-1.24450144","percent_change_30d":"1.68267769"})",
           ""},
          {"v1_map_2019-02.json", "/v1/cryptocurrency/map", 0, 10, "",
           "coinmarketcap /v1/cryptocurrency/map, row 1 (1 BTC): field quote is missing: this is no list of quotes; "
           "check the address (--coinmarketcap-url)"},
      }) {
    CAPTURE(c.file);
    auto answer = decode_coinmarketcap(c.endpoint, sample("coinmarketcap/" + c.file), "USD");
    REQUIRE_MESSAGE(answer, answer.error().message());
    CHECK(answer->coins.size() == c.coins);
    CHECK(answer->bad_rows.size() == c.bad_rows);
    CHECK(answer->rows == c.coins + c.bad_rows);
    CHECK(answer->status.credits == 1);
    if (!c.first.empty()) CHECK(json(answer->coins[0]) == c.first);
    if (!c.error.empty()) CHECK(answer->bad_rows[0].message() == c.error);
  }
  auto status = coinmarketcap_status(sample("coinmarketcap/ERROR_http429_1008.json"));
  REQUIRE(status);
  auto refusal = coinmarketcap_refusal(quotes, *status, {}, "");
  CHECK(refusal.kind() == ErrorKind::temporary);
  CHECK(refusal.retry_after() == std::chrono::minutes(1));
  CHECK(refusal.message() ==
        "coinmarketcap /v2/cryptocurrency/quotes/latest: too many requests (status.error_code 1008): You've exceeded "
        "your "
        "API Key's HTTP request rate limit. Rate limits reset every minute.; ask less often (--interval) or with a "
        "larger plan");
}

TEST_CASE("coins come as an object, as an object of lists, and as a list whose quotes are a list") {
  auto coin = [](const std::string& data) { return json(decoded(envelope(data)).coins.at(0)); };
  auto one = coin("{\"BTC\":" + row("1", "BTC") + "}");
  CHECK(has(one, R"("price":"1.50","time":1739144880000)"));
  CHECK(coin("{\"1\":" + row("1", "BTC") + "}") == one);
  CHECK(coin("{\"NONE\":[],\"BTC\":[" + row("1", "BTC") + "]}") == one);
  CHECK(coin("[" +
             row("\"1\"", "BTC",
                 R"([{"id":2790,"symbol":"EUR","price":9},{"id":2781,"symbol":"USD","price":1.50,"volume_24h":7}])") +
             "]") == one);
  CHECK(decoded(envelope("[]")).coins.empty());
  CHECK(decoded("{\"data\":[" + row("1", "BTC") + "]}").coins.size() == 1);  // without a status
}

TEST_CASE("prices are those in the currency that was asked for, and a coin without them is named") {
  std::string two = R"({"USD":{"price":1},"EUR":{"price":0.92}})";
  CHECK(decoded(envelope("[" + row("1", "BTC", two) + "]"), "EUR").coins.at(0).price.to_string() == "0.92");
  CHECK(has(bad_row(row("1", "BTC", R"({"EUR":{"price":1}})")), "(1 BTC): field quote.USD is missing; there is EUR"));
  CHECK(has(bad_row(row("1", "BTC", R"([{"symbol":"EUR","price":1},{"id":7}])")),
            "field quote.USD is missing; there is EUR, one without symbol"));
  CHECK(has(bad_row(row("1", "BTC", "{}")), "field quote.USD is missing"));
  CHECK(has(bad_row(row("1", "BTC", "null")), "field quote is missing"));
}

TEST_CASE("a coin's time is its own, else its quote's, else the answer's") {
  auto time = [](const std::string& text, const std::string& status = R"({"timestamp":"2025-01-01T00:00:00Z"})") {
    return decoded(envelope("[" + text + "]", status)).coins.at(0).time;
  };
  CHECK(time(row("1", "BTC")) == *Timestamp::parse("2025-02-09T23:48:00Z"));
  std::string head = R"({"id":1,"name":"N","symbol":"B","quote":)";
  CHECK(time(head + std::string(good_quote) + "}") == *Timestamp::parse("2025-02-09T23:49:04Z"));
  CHECK(time(head + R"({"USD":{"price":1}}})") == *Timestamp::parse("2025-01-01T00:00:00Z"));
  CHECK(has(bad_row(head + R"({"USD":{"price":1}}})"), "field last_updated is missing"));
  CHECK(has(bad_row(R"({"id":1,"name":"N","symbol":"B","last_updated":"soon","quote":{"USD":{"price":1}}})"),
            "field last_updated is no time: soon"));
}

TEST_CASE("a bad row costs itself only, a null price and a repeated id are left out and counted") {
  auto answer =
      decoded(envelope("[" + row("1", "A") + "," + row("2", "B", R"({"USD":{"price":[1]}})") + "," +
                       row("3", "C", R"({"USD":{"price":null}})") + "," + row("1", "A") + "," + row("4", "D") + "]"));
  CHECK(answer.rows == 5);
  REQUIRE(answer.coins.size() == 2);
  CHECK(answer.coins[1].place == 5);
  CHECK(answer.without_price == std::vector<std::string>{"3"});
  CHECK(answer.duplicates == 1);
  REQUIRE(answer.bad_rows.size() == 1);
  CHECK(has(answer.bad_rows[0].message(), "row 2 (2 B)"));
  CHECK(has(answer.bad_rows[0].message(), "price"));
  CHECK(answer.status.credits == 3);
  CHECK(has(bad_row("null"), "row 1"));
  CHECK(has(bad_row(R"({"id":1.5,"name":"N","symbol":"B"})"), "field id is no whole number"));
  CHECK(has(bad_row(R"({"id":-1,"name":"N","symbol":"B"})"), "field id is no whole number"));
  CHECK(has(bad_row(R"({"id":1,"name":"N"})"), "symbol"));
  CHECK(has(bad_row(R"({"id":1,"name":"N","symbol":""})"), "field symbol is empty"));
  CHECK(has(bad_row(row("1", "A", "7")), "field quote"));
}

TEST_CASE("an envelope that is none is refused") {
  CHECK(has(refused("[]"), "a list where an object is expected"));
  CHECK(has(refused("{\"status\":{\"error_code\":0}}"), "field data is missing: {\"status\""));
  CHECK(has(refused(envelope("7")), "field data is neither a list nor an object: 7"));
  CHECK(has(refused(envelope("[]", "[]")), "field status"));
  CHECK(has(refused(envelope("[]", R"({"error_code":"x"})")), "error_code"));
  CHECK(has(refused(envelope("[]", R"({"timestamp":"never"})")), "field status.timestamp is no time: never"));
  CHECK(has(refused(sample("coinmarketcap/v1_listings_latest_2019-02-08.json").substr(0, 900)), "cut off"));
  CHECK_FALSE(coinmarketcap_status("<html>"));
  CHECK_FALSE(coinmarketcap_status("{}"));
}

TEST_CASE("an error code is heard whatever its type, and says who has to do what") {
  auto now = *Timestamp::parse("2026-03-09T22:30:00Z");
  auto refusal = [&](const std::string& code) {
    auto answer = decoded(fmt::format(R"({{"status":{{"error_code":{},"error_message":"key s3cret"}}}})", code));
    CHECK(answer.status.error_code != 0);
    auto error = coinmarketcap_refusal(quotes, answer.status, now, "s3cret");
    CHECK(has(error.message(), "coinmarketcap /v2/cryptocurrency/quotes/latest: "));
    CHECK(has(error.message(), "status.error_code"));
    CHECK(has(error.message(), "key ***; "));
    CHECK_FALSE(has(error.message(), "s3cret"));
    return error;
  };
  for (const char* code : {"1001", "\"1002\"", "1003", "1004", "1005", "1006", "1007", "401", "402", "403"})
    CHECK(refusal(code).kind() == ErrorKind::permission);
  for (const char* code : {"1008", "1011", "429"}) CHECK(refusal(code).retry_after() == std::chrono::minutes(1));
  for (const char* code : {"1009", "1010"}) {
    CHECK(refusal(code).kind() == ErrorKind::temporary);
    CHECK(refusal(code).retry_after() == std::chrono::minutes(90));
  }
  CHECK(refusal("400").kind() == ErrorKind::configuration);
  CHECK(refusal("\"500\"").kind() == ErrorKind::unavailable);
  CHECK(refusal("4711").kind() == ErrorKind::failure);
}
