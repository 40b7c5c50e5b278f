// Exchange rates: every recorded answer, each way in which one can be wrong, and rates in another base.
#include "samples.h"

#include <cryptostream/sources/ecb/eurofxref.h>
#include <cryptostream/sources/fastforex/messages.h>
#include <cryptostream/sources/frankfurter/messages.h>

using namespace cryptostream;
using namespace cryptostream::testing;

namespace {

/// "USD 2018-07-19T15:00:00.000Z EUR=0.9", a line a row.
std::string text(const PollAnswer<FxRate>& answer) {
  std::string out;
  for (const auto& rate : answer.rows)
    out += fmt::format("{} {} {}={}\n", rate.base, rate.time, rate.currency, rate.rate);
  for (const auto& bad : answer.bad_rows) out += bad.message() + "\n";
  return out;
}

std::string rates(const Result<FxAnswer>& answer, const std::string& base = "USD",
                  const std::vector<std::string>& currencies = {}) {
  REQUIRE_MESSAGE(answer, answer.error().message());
  return text(rates_in(base, currencies, *answer, "x"));
}

std::string refused(const Result<FxAnswer>& answer, std::string_view beginning, std::string_view to_do) {
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind() == ErrorKind::bad_record);
  CHECK(answer.error().message().starts_with(beginning));
  CHECK(has(answer.error().message(), to_do));
  return answer.error().message();
}

std::string fastforex_error(const std::string& body) {
  return refused(decode_fastforex("/fetch-multi", body),
                 "fastforex /fetch-multi: ", "check the address (--fastforex-url)");
}
std::string frankfurter_error(const std::string& body) {
  return refused(decode_frankfurter("/v1/latest", body),
                 "frankfurter /v1/latest: ", "check the address (--frankfurter-url)");
}
std::string ecb_error(const std::string& body) {
  return refused(decode_ecb("eurofxref-daily.xml", body), "ecb eurofxref-daily.xml: ", "check the address (--ecb-url)");
}

}  // namespace

TEST_CASE("every recorded answer decodes") {
  CHECK(rates(decode_fastforex("/fetch-multi", sample("fastforex/doc_fetch-multi.json"))) ==
        "USD 2021-01-16T16:34:29.000Z EUR=0.82791\nUSD 2021-01-16T16:34:29.000Z GBP=0.73605\n");
  CHECK(rates(decode_fastforex("/fetch-one", sample("fastforex/doc_fetch-one.json"))) ==
        "USD 2021-01-16T16:34:29.000Z EUR=0.82791\n");
  CHECK(rates(decode_frankfurter("/v1/latest", sample("frankfurter/v1_latest_2026-03-17.json"))) ==
        "USD 2026-03-17T15:00:00.000Z EUR=0.867\nUSD 2026-03-17T15:00:00.000Z GBP=0.750\n"
        "USD 2026-03-17T15:00:00.000Z JPY=158.95\n");
  CHECK(rates(decode_ecb("eurofxref-daily.xml", sample("frankfurter/ecb_eurofxref_daily_single_quotes_2018-07-19.xml")),
              "EUR") ==
        "EUR 2018-07-19T15:00:00.000Z BGN=1.9558\nEUR 2018-07-19T15:00:00.000Z CZK=25.920\n"
        "EUR 2018-07-19T15:00:00.000Z JPY=130.98\nEUR 2018-07-19T15:00:00.000Z USD=1.1588\n");
  // Newest first in the file.
  CHECK(rates(decode_ecb("eurofxref-hist.xml", sample("frankfurter/ecb_eurofxref_multi_day_2023-02.xml")), "EUR",
              {"JPY", "BGN"}) ==
        "EUR 2023-02-23T15:00:00.000Z JPY=143.32\nEUR 2023-02-24T15:00:00.000Z JPY=143.55\n"
        "EUR 2023-02-24T15:00:00.000Z BGN=1.9558\n");
}

TEST_CASE("rates in another base are quotients to 18 decimals") {
  auto daily = decode_ecb("d.xml", sample("frankfurter/ecb_eurofxref_daily_single_quotes_2018-07-19.xml"));
  // As Python's decimal module has 1/1.1588, 1.9558/1.1588, 25.920/1.1588, 130.98/1.1588.
  CHECK(rates(daily, "USD") ==
        "USD 2018-07-19T15:00:00.000Z EUR=0.862961684501208146\nUSD 2018-07-19T15:00:00.000Z BGN=1.687780462547462893\n"
        "USD 2018-07-19T15:00:00.000Z CZK=22.367966862271315154\n"
        "USD 2018-07-19T15:00:00.000Z JPY=113.030721435968243010\n");
  CHECK(rates(daily, "USD", {"USD", "JPY", "EUR", "SEK"}) ==
        "USD 2018-07-19T15:00:00.000Z USD=1\nUSD 2018-07-19T15:00:00.000Z JPY=113.030721435968243010\n"
        "USD 2018-07-19T15:00:00.000Z EUR=0.862961684501208146\n");
  CHECK(rates(daily, "EUR", {"EUR", "USD"}) ==
        "EUR 2018-07-19T15:00:00.000Z EUR=1\nEUR 2018-07-19T15:00:00.000Z USD=1.1588\n");
  CHECK(rates(daily, "SEK") == "x: the rates of 2018-07-19T15:00:00.000Z are in EUR, and SEK is not among them\n");
}

TEST_CASE("FastForex's time comes in three forms") {
  for (const char* updated :
       {R"("2021-01-16 16:34:29")", R"("2021-01-16T17:34:29+01:00")", "1610814869000", R"("1610814869000")"})
    CHECK(rates(decode_fastforex("/x", fmt::format(R"({{"base":"USD","results":{{"BBD":2}},"updated":{}}})",
                                                   updated))) == "USD 2021-01-16T16:34:29.000Z BBD=2\n");
  for (const char* updated : {R"("soon")", "1.5", "-1", "true", "{}"})
    CHECK(has(fastforex_error(fmt::format(R"({{"base":"USD","results":{{"BBD":2}},"updated":{}}})", updated)),
              "field updated is no time"));
}

TEST_CASE("a bad rate costs itself only, and is named") {
  auto bad = [](const char* value) {
    auto answer = decode_fastforex(
        "/fetch-all",
        fmt::format(R"({{"base":"USD","results":{{"EUR":0.9,"SEK":{}}},"updated":1610814869000}})", value));
    REQUIRE(answer);
    CHECK(answer->tables.at(0).rates.size() == 1);
    REQUIRE(answer->bad_rows.size() == 1);
    return answer->bad_rows[0].message();
  };
  CHECK(bad("0") == "fastforex /fetch-all: field results.SEK is no number above zero: 0");
  for (const char* value : {"-1.5", "\"10\"", "null", "{}", "[1]", "true", "0.000"})
    CHECK(has(bad(value), "results.SEK"));
  auto frankfurter =
      decode_frankfurter("/v1/latest", R"({"base":"EUR","date":"2026-03-17","rates":{"SEK":-1,"USD":1.1}})");
  REQUIRE(frankfurter);
  CHECK(frankfurter->bad_rows.at(0).message() == "frankfurter /v1/latest: field rates.SEK is no number above zero: -1");
  auto ecb = decode_ecb("d.xml",
                        "<e><Cube><Cube time='2018-07-19'><Cube currency='SEK' rate='x'/><Cube rate='1'/>"
                        "<Cube currency='USD'/><Cube currency='NOK' rate='9.5'/></Cube></Cube></e>");
  REQUIRE(ecb);
  REQUIRE(ecb->bad_rows.size() == 3);
  CHECK(ecb->bad_rows[0].message() == "ecb d.xml: attribute rate of SEK on 2018-07-19 is no number above zero: x");
  CHECK(has(ecb->bad_rows[1].message(), "a Cube without currency on 2018-07-19 belongs to none"));
  CHECK(has(ecb->bad_rows[2].message(), "rate of USD"));
  CHECK(ecb->tables.at(0).rates.size() == 1);
}

TEST_CASE("an answer that is none is refused, naming field and what to do") {
  CHECK(has(fastforex_error(R"({"error":"Invalid API key"})"),
            R"(field results is missing: {"error":"Invalid API key"})"));
  CHECK(has(fastforex_error("Bad Request"), "not JSON"));
  CHECK(has(fastforex_error(R"({"results":{},"updated":1})"), "field base"));
  CHECK(has(fastforex_error(R"({"base":"USD","results":{}})"), "field updated is missing"));
  CHECK(has(fastforex_error(R"({"base":"USD","results":[],"updated":1610814869000})"), "field results"));
  CHECK(has(fastforex_error(sample("fastforex/doc_fetch-multi.json").substr(0, 60)), "cut off"));

  CHECK(has(frankfurter_error(R"({"message":"not found"})"), "field rates is missing"));
  CHECK(has(frankfurter_error(R"({"base":7,"date":"2026-03-17","rates":{}})"), "field base"));
  CHECK(has(frankfurter_error(R"({"base":"EUR","rates":{}})"), "field date is missing"));
  CHECK(has(frankfurter_error(R"({"base":"EUR","date":"2026-03-17T10:00:00Z","rates":{}})"), "field date is no date"));
  CHECK(has(frankfurter_error(R"({"base":"EUR","date":"tomorrow","rates":{}})"), "field date is no date: tomorrow"));
  CHECK(has(frankfurter_error(R"({"amount":10.0,"base":"EUR","date":"2026-03-17","rates":{}})"),
            "field amount is not 1"));
  CHECK(decode_frankfurter("/v1/latest", R"({"amount":1.0,"base":"EUR","date":"2026-03-17","rates":{}})"));

  auto daily = sample("frankfurter/ecb_eurofxref_daily_single_quotes_2018-07-19.xml");
  CHECK(has(ecb_error(daily.substr(0, 500)), "it is no XML, or cut off"));
  CHECK(has(ecb_error("{}"), "it is no XML"));
  CHECK(has(ecb_error("<e><Cube/></e>"), "element Cube/Cube is missing"));
  CHECK(has(ecb_error("<e><Cube><Cube time='then'/></Cube></e>"), "Cube/Cube/@time is no date: then"));
  CHECK(has(ecb_error("<e><Cube><Cube/></Cube></e>"), "@time is no date"));
  // What XML can do and we do not want: entities stay what they are.
  CHECK(has(ecb_error("<!DOCTYPE e [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><e><Cube><Cube time='&a;'/></Cube></e>"),
            "is no date: &a;"));
}
