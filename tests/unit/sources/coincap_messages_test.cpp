// CoinCap's answers: every recorded one, and each way in which one can be wrong.
#include "samples.h"

#include <cryptostream/sources/coincap/messages.h>

using namespace cryptostream;
using namespace cryptostream::testing;

namespace {

std::string asset(std::string fields) { return R"({"data":[)" + fields + R"(],"timestamp":1500000000000})"; }

/// What is wrong with the only row.
std::string bad_row(std::string fields) {
  auto answer = decode_coincap_assets("/assets", asset(std::move(fields)));
  REQUIRE(answer);
  REQUIRE(answer->bad_rows.size() == 1);
  CHECK(answer->assets.empty());
  return answer->bad_rows[0].message();
}

}  // namespace

TEST_CASE("every recorded answer decodes, or is refused with source, endpoint, field and what to do") {
  struct Case {
    std::string file, endpoint;
    std::size_t assets, bad_rows;
    std::int64_t timestamp;  // 0: none
    std::string first;       // id and price of the first asset
    std::string error;       // of the answer or its first bad row
  };
  for (const auto& c : std::vector<Case>{
           {"v2_assets_2019-01-21.json", "/assets", 6, 0, 0, "bitcoin 3578.2828968419490075", ""},
           {"v2_assets_2023-11_no_timestamp.json", "/assets", 2, 0, 0, "bitcoin 36822.7420871940511301", ""},
           {"v2_asset_single_polkadot_2021-09.json", "/assets/polkadot", 1, 0, 1631427531000,
            "polkadot 31.5577455558826492", ""},
           {"v2_asset_single_polkadot_2021-09.json", "/assets", 0, 0, 0, "",
            "field data is an object where a list is expected"},
           {"v2_ERROR_http429_deprecated_2025-03-31.json", "/assets", 0, 0, 0, "", "We are deprecating this version"},
           {"v3_assets_rows_2025-12.json", "/assets", 0, 0, 0, "",
            "the answer is a list where an object with field data is expected"},
           {"v2_exchange_single_docs_2018-09.json", "/assets", 0, 0, 0, "", "field data is an object"},
           {"v2_exchanges_docs_2018-09.json", "/assets", 0, 1, 1536605835421, "", "symbol"},
           {"v2_history_docs_2018.json", "/assets", 0, 1, 1533581103627, "", "id"},
           {"v2_markets_row_2019-03-14.json", "/assets", 0, 1, 0, "", "id"},
       }) {
    CAPTURE(c.file);
    auto answer = decode_coincap_assets(c.endpoint, sample("coincap/" + c.file));
    std::string error;
    if (!answer) {
      error = answer.error().message();
      CHECK(has(error, "check the address"));
    } else {
      CHECK(answer->assets.size() == c.assets);
      CHECK(answer->bad_rows.size() == c.bad_rows);
      if (c.timestamp) CHECK(answer->timestamp == Timestamp{c.timestamp});
      if (!c.first.empty()) CHECK(answer->assets[0].id + " " + answer->assets[0].price_usd->to_string() == c.first);
      if (!answer->bad_rows.empty()) error = answer->bad_rows[0].message();
    }
    CHECK(error.empty() == c.error.empty());
    if (!c.error.empty()) {
      CAPTURE(error);
      CHECK(has(error, "coincap " + c.endpoint));
      CHECK(has(error, c.error));
    }
  }
}

TEST_CASE("rows of version 3 keep every digit, in an envelope of the kind that its documentation shows") {
  auto answer = decode_coincap_assets(
      "/assets", R"({"timestamp":1765000000000,"data":)" + sample("coincap/v3_assets_rows_2025-12.json") + "}");
  REQUIRE_MESSAGE(answer, answer.error().message());
  CHECK(answer->bad_rows.empty());
  REQUIRE(answer->assets.size() >= 2);
  auto quote = to_quote(answer->assets[0], *answer->timestamp);
  CHECK(quote.source == "coincap");
  CHECK(quote.asset_id == "bitcoin");
  CHECK(quote.symbol == "BTC");
  CHECK(quote.name == "Bitcoin");
  CHECK(quote.currency == "USD");
  CHECK(quote.price.to_string() == "87711.199999999997089617");
  CHECK(quote.market_cap->to_string() == "1751239275575.199951171875000000");
  CHECK(quote.vwap_24h->to_string() == "88305.90262468117");
  CHECK(quote.change_percent_24h->to_string() == "-2.4410536133077088");
  CHECK(quote.max_supply->to_string() == "21000000.000000000000000000");
  CHECK(quote.rank == 1);
  CHECK(quote.time == Timestamp{1765000000000});
  CHECK_FALSE(quote.trade_id);
  CHECK_FALSE(to_quote(answer->assets[1], {}).max_supply);
}

TEST_CASE("more than 38 digits are rounded, half to even") {
  auto answer = decode_coincap_assets(
      "/assets", asset(R"({"id":"a","symbol":"A","priceUsd":"1234.123456789012345678901234567890123456"})"));
  REQUIRE(answer);
  CHECK(answer->assets.at(0).price_usd->to_string() == "1234.1234567890123456789012345678901235");
}

TEST_CASE("nearly everything may be null or missing") {
  auto answer = decode_coincap_assets(
      "/assets", asset(R"({"id":"a","symbol":"A","rank":null,"priceUsd":null,"vwap24Hr":null,"tokens":{}})"));
  REQUIRE(answer);
  CHECK(answer->assets.size() == 1);
  CHECK_FALSE(answer->assets[0].price_usd);
}

TEST_CASE("a bad row costs itself only, and is named with its field") {
  auto answer = decode_coincap_assets(
      "/assets",
      asset(
          R"({"id":"a","symbol":"A","priceUsd":"1"},{"id":"b","symbol":"B","priceUsd":["1"]},{"id":"c","symbol":"C","priceUsd":"3"})"));
  REQUIRE(answer);
  CHECK(answer->rows == 3);
  CHECK(answer->assets.size() == 2);
  REQUIRE(answer->bad_rows.size() == 1);
  auto message = answer->bad_rows[0].message();
  CAPTURE(message);
  CHECK(has(message, "coincap /assets, row 2 (b)"));
  CHECK(has(message, "priceUsd"));
  for (const char* wrong : {R"("abc")", R"("")", "true", "{}", R"("NaN")", R"("1e99")"})
    CHECK(has(bad_row(fmt::format(R"({{"id":"b","symbol":"B","priceUsd":{}}})", wrong)), "priceUsd"));
  CHECK(has(bad_row(R"({"id":7,"symbol":"B"})"), "id"));
  CHECK(has(bad_row(R"({"id":"b"})"), "symbol"));
  CHECK(has(bad_row(R"({"id":"","symbol":"B"})"), "field id is empty"));
  CHECK(has(bad_row("null"), "row 1"));
  CHECK(has(bad_row("\"text\""), "row 1"));
}

TEST_CASE("an id that comes twice is taken once, the first time") {
  auto answer = decode_coincap_assets(
      "/assets", asset(R"({"id":"a","symbol":"A","priceUsd":"1"},{"id":"a","symbol":"A","priceUsd":"2"})"));
  REQUIRE(answer);
  CHECK(answer->duplicates == 1);
  REQUIRE(answer->assets.size() == 1);
  CHECK(answer->assets[0].price_usd->to_string() == "1");
}

TEST_CASE("a timestamp that is none is refused, one in quotes is taken") {
  CHECK(decode_coincap_assets("/assets", R"({"data":[],"timestamp":"1500000000000"})")->timestamp ==
        Timestamp{1500000000000});
  for (const char* wrong : {"true", "1.5", "-1", "\"now\"", "99999999999999999999"}) {
    auto answer = decode_coincap_assets("/assets", fmt::format(R"({{"data":[],"timestamp":{}}})", wrong));
    REQUIRE_FALSE(answer);
    CHECK(has(answer.error().message(), "coincap /assets: field timestamp"));
  }
}

TEST_CASE("history comes oldest first, a bad point costs itself only") {
  auto recorded = decode_coincap_history("/assets/bitcoin/history", sample("coincap/v2_history_docs_2018.json"));
  REQUIRE_MESSAGE(recorded, recorded.error().message());
  REQUIRE(recorded->points.size() == 1);
  CHECK(recorded->points[0].price.to_string() == "6379.3997635993342453");
  CHECK(recorded->points[0].time == Timestamp{1'530'403'200'000});
  auto history = decode_coincap_history(
      "/assets/a/history",
      R"({"data":[{"priceUsd":"2","time":20},{"priceUsd":1,"time":10,"date":"x"},{"priceUsd":null,"time":30},{"priceUsd":"1"},{"priceUsd":"1","time":0}]})");
  REQUIRE(history);
  REQUIRE(history->points.size() == 2);
  CHECK(history->points[0].time == Timestamp{10});
  REQUIRE(history->bad_rows.size() == 3);
  CHECK(has(history->bad_rows[0].message(), "coincap /assets/a/history, row 3"));
  CHECK(has(history->bad_rows[0].message(), "priceUsd"));
  CHECK(has(history->bad_rows[2].message(), "field time is no time"));
  auto refused = decode_coincap_history("/assets/a/history", R"({"error":"no"})");
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message(), "coincap /assets/a/history: field data is missing; the answer is not what"));
}

TEST_CASE("rates are the inverse of what a unit costs in dollars; money comes before coins of its symbol") {
  auto rates = decode_coincap_rates(R"({"data":[
      {"id":"euro","symbol":"EUR","currencySymbol":"x","type":"fiat","rateUsd":"1.25"},
      {"id":"sek-coin","symbol":"SEK","currencySymbol":null,"type":"crypto","rateUsd":"7"},
      {"id":"swedish-krona","symbol":"SEK","currencySymbol":"kr","type":"fiat","rateUsd":"0.096"},
      {"id":"other-krona","symbol":"SEK","type":"crypto","rateUsd":"9"},
      {"id":"a","symbol":"A","type":"fiat","rateUsd":"0"},{"id":"b","symbol":"B","type":"fiat","rateUsd":null},
      {"id":"c","symbol":"C","type":"fiat","rateUsd":"1e30"}],"timestamp":1500000000000})");
  REQUIRE_MESSAGE(rates, rates.error().message());
  const auto& table = rates->tables.at(0);
  CHECK(table.base == "USD");
  CHECK(table.time == Timestamp{1'500'000'000'000});
  REQUIRE(table.rates.size() == 2);
  CHECK(table.rates.at("EUR").to_string() == "0.800000000000000000");
  CHECK(table.rates.at("SEK").to_string() == "10.416666666666666667");
  REQUIRE(rates->bad_rows.size() == 3);
  CHECK(rates->bad_rows[0].message() == "coincap /rates, row 5 (A): field rateUsd is not above zero");
  CHECK(has(rates->bad_rows[1].message(), "rateUsd"));
  CHECK(has(rates->bad_rows[2].message(), "too large"));
  for (const char* wrong : {R"({"data":[]})", R"({"data":[],"timestamp":"now"})", R"({"data":{}})", "[]"})
    CHECK(has(decode_coincap_rates(wrong).error().message(), "coincap /rates: "));
}
