// CoinGecko's answers: every recorded one, and each way in which one can be wrong.
#include "samples.h"

#include <cryptostream/data/json.h>
#include <cryptostream/sources/coingecko/messages.h>

using namespace cryptostream;
using namespace cryptostream::testing;

namespace {

std::string row(const std::string& id, const std::string& price) {
  return fmt::format(
      R"({{"id":"{}","symbol":"x{}","name":"N","current_price":{},"last_updated":"2024-07-31T14:02:01.595Z"}})", id, id,
      price);
}

/// What is wrong with the only row.
std::string bad_row(const std::string& text) {
  auto answer = decode_coingecko_markets("[" + text + "]", "USD");
  REQUIRE(answer);
  REQUIRE(answer->found.bad_rows.size() == 1);
  CHECK(answer->found.rows.empty());
  CHECK(answer->found.bad_rows[0].message().starts_with("coingecko /coins/markets, row 1"));
  return answer->found.bad_rows[0].message();
}

template <class Answer>
std::string refused(const Answer& answer, std::string_view where) {
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind() == ErrorKind::bad_record);
  CHECK(answer.error().message().starts_with(where));
  CHECK(has(answer.error().message(), "check the address (--coingecko-url)"));
  return answer.error().message();
}
std::string refused_markets(const std::string& body) {
  return refused(decode_coingecko_markets(body, "USD"), "coingecko /coins/markets: ");
}
std::string refused_prices(const std::string& body) {
  return refused(decode_coingecko_prices(body, "USD"), "coingecko /simple/price: ");
}

/// What is wrong with the only price.
std::string bad_price(const std::string& text) {
  auto answer = decode_coingecko_prices(text, "USD");
  REQUIRE(answer);
  CHECK(answer->prices.empty());
  REQUIRE(answer->bad_rows.size() == 1);
  CHECK(answer->bad_rows[0].message().starts_with("coingecko /simple/price, "));
  return answer->bad_rows[0].message();
}

}  // namespace

TEST_CASE("every recorded answer decodes, or is refused with source, endpoint and what to do") {
  auto markets = decode_coingecko_markets(sample("coingecko/coins_markets_2024-07-31.json"), "USD");
  REQUIRE_MESSAGE(markets, markets.error().message());
  CHECK(markets->rows == 1);
  REQUIRE(markets->found.rows.size() == 1);
  std::string text;
  encode_json(type_of<Coin>(), &markets->found.rows[0], text);
  CHECK(
      text ==
      R"({"source":"coingecko","asset_id":"bitcoin","id":217133717355883,"symbol":"BTC","name":"Bitcoin",)"
      R"("currency":"USD","price":"66526","time":1722434521595,"max_supply":"21000000","circulating_supply":"19733778",)"
      R"("total_supply":"21000000","cmc_rank":1,"place":1,"market_cap":"1312806485784","volume_24h":"25951454601",)"
      R"("percent_change_24h":"0.3591143074631156"})");

  auto prices = decode_coingecko_prices(sample("coingecko/simple_price_2024-03-25.json"), "USD");
  REQUIRE_MESSAGE(prices, prices.error().message());
  REQUIRE(prices->prices.size() == 1);
  const auto& price = prices->prices[0];
  CHECK(price.id == "bitcoin");
  CHECK(price.price.to_string() == "67187.33589365664");
  CHECK(price.market_cap->to_string() == "1317802988326.2493");
  CHECK(price.volume_24h->to_string() == "31260929299.52484");
  CHECK(price.percent_change_24h->to_string() == "3.637278946773539");
  CHECK(price.time == Timestamp{1'711'356'300'000});

  CHECK(has(refused_markets(sample("coingecko/ERROR_http429.json")),
            "the answer is an object where a list is expected: {\"status\":{\"error_code\":429"));
  CHECK(has(bad_price(sample("coingecko/ERROR_http429.json")), "status: field usd is missing: {\"error_code\":429"));
  CHECK(has(refused_markets(sample("coingecko/ERROR_cloudflare_access_denied_head.html")), "not JSON"));
  CHECK(has(refused_prices(sample("coingecko/ERROR_cloudflare_access_denied_head.html")), "not JSON"));
}

TEST_CASE("rows may be wrong, without price or there twice, and numbers may have exponents") {
  auto answer = decode_coingecko_markets(
      "[" + row("a", "2.2e-7") + "," + row("b", "[1]") + "," + row("c", "null") + "," + row("a", "1") + "]", "EUR");
  REQUIRE(answer);
  CHECK(answer->rows == 4);
  REQUIRE(answer->found.rows.size() == 1);
  CHECK(answer->found.rows[0].price.to_string() == "0.00000022");
  CHECK(answer->found.rows[0].symbol == "XA");
  CHECK(answer->found.rows[0].currency == "EUR");
  CHECK(answer->found.without_price == std::vector<std::string>{"c"});
  CHECK(answer->found.duplicates == 1);
  REQUIRE(answer->found.bad_rows.size() == 1);
  CHECK(has(answer->found.bad_rows[0].message(), "row 2 (b)"));
  CHECK(has(answer->found.bad_rows[0].message(), "current_price"));
  CHECK(has(bad_row("null"), "row 1"));
  CHECK(has(bad_row(R"({"id":"","symbol":"a","name":"N"})"), "field id is empty"));
  CHECK(has(bad_row(R"({"id":"a","symbol":"","name":"N"})"), "field symbol is empty"));
  CHECK(has(bad_row(R"({"id":"a","symbol":"a"})"), "name"));
  CHECK(has(bad_row(R"({"id":"a","symbol":"a","name":"N","current_price":1})"), "field last_updated is missing"));
  CHECK(has(bad_row(R"({"id":"a","symbol":"a","name":"N","current_price":1,"last_updated":"now"})"),
            "field last_updated is no time: now"));
}

TEST_CASE("the change of a day is that in the currency, else that in dollars") {
  auto change = [](const std::string& more) {
    auto text = row("a", "1");
    text.insert(text.size() - 1, more);
    return decode_coingecko_markets("[" + text + "]", "EUR")->found.rows.at(0).percent_change_24h;
  };
  CHECK(change(R"(,"price_change_percentage_24h":1.5,"price_change_percentage_24h_in_currency":2.5)")->to_string() ==
        "2.5");
  CHECK(change(R"(,"price_change_percentage_24h":1.5,"price_change_percentage_24h_in_currency":null)")->to_string() ==
        "1.5");
  CHECK_FALSE(change(""));
}

TEST_CASE("prices of simple/price may be wrong each for itself") {
  auto answer = decode_coingecko_prices(
      R"({"a":{"eur":1.50,"last_updated_at":1711356300},"b":{"usd":1},"c":{"eur":null},"d":{"eur":2,"eur_24h_vol":"x"}})",
      "EUR");
  REQUIRE(answer);
  REQUIRE(answer->prices.size() == 1);
  CHECK(answer->prices[0].price.to_string() == "1.50");
  CHECK(answer->without_price == std::vector<std::string>{"c"});
  REQUIRE(answer->bad_rows.size() == 2);
  CHECK(has(answer->bad_rows[0].message(), "coingecko /simple/price, b: field eur is missing: {\"usd\":1}"));
  CHECK(has(bad_price(R"({"a":{"usd":"x"}})"), "a: field usd is no number: \"x\""));
  CHECK(has(bad_price(R"({"a":{"usd":1}})"), "field last_updated_at is missing"));
  CHECK(has(bad_price(R"({"a":{"usd":1,"last_updated_at":1e300}})"), "field last_updated_at"));
  CHECK(has(bad_price(R"({"a":{"usd":1,"last_updated_at":-5}})"), "field last_updated_at"));
  CHECK(has(bad_price(R"({"a":{"usd":1,"last_updated_at":1711356300,"usd_market_cap":[]}})"), "field usd_market_cap"));
  CHECK(has(bad_price(R"({"a":7})"), "a single value"));
  CHECK(has(refused_prices("[]"), "a list where an object is expected"));
  CHECK(decode_coingecko_prices("{}", "USD")->prices.empty());
}
