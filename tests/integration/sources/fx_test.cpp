// The sources of exchange rates against an upstream that fails in every way it can.
#include "polled_source.h"

#include <cryptostream/sources/coincap/rates.h>
#include <cryptostream/sources/ecb/source.h>
#include <cryptostream/sources/fastforex/source.h>
#include <cryptostream/sources/frankfurter/source.h>

using namespace cryptostream;
using namespace cryptostream::testing;
using namespace std::chrono_literals;

namespace {

std::string fastforex(const FakeRequest&, int n) {
  return fmt::format(
      R"({{"base":"USD","results":{{"EUR":0.9,"SEK":{}.50}},"updated":"2026-03-17 10:{:02}:00","ms":8}})", 10 + n, n);
}

/// A day newer with each poll.
std::string frankfurter(const FakeRequest&, int n) {
  return fmt::format(R"({{"amount":1.0,"base":"EUR","date":"2026-03-{:02}","rates":{{"SEK":{}.5,"USD":1.25}}}})", n + 1,
                     10 + n);
}
std::string ecb(const FakeRequest&, int n) {
  return fmt::format(R"(<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"><gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time='2026-03-{:02}'><Cube currency='SEK' rate='{}.5'/><Cube currency='USD' rate='1.25'/></Cube></Cube>
</gesmes:Envelope>)",
                     n + 1, 10 + n);
}

std::string coincap(const FakeRequest&, int n) {
  return fmt::format(
      R"({{"data":[{{"id":"euro","symbol":"EUR","type":"fiat","rateUsd":"1.25"}},{{"id":"k","symbol":"SEK","type":"fiat","rateUsd":"0.{}"}}],"timestamp":{}}})",
      n + 1, 1'773'741'600'000 + n);
}

const std::vector<std::string> wanted{"EUR", "SEK"};

FastForexOptions fastforex_options(const ScriptedApi& api) {
  return api.quick(FastForexOptions{.currencies = wanted, .key = "s3cret"});
}
FrankfurterOptions frankfurter_options(const ScriptedApi& api) {
  return api.quick(FrankfurterOptions{.currencies = wanted});
}
CoinCapRatesOptions coincap_options(const ScriptedApi& api) {
  return api.quick(CoinCapRatesOptions{.currencies = wanted, .key = "s3cret"});
}
EcbOptions ecb_options(const ScriptedApi& api) {
  auto options = api.quick(EcbOptions{.currencies = wanted});
  options.url += "/stats/eurofxref-daily.xml?x=1";
  return options;
}

std::string text(const OwnedRecord<std::string, FxRate>& record) {
  CHECK(record.key == record.value.currency);
  CHECK(record.timestamp == record.value.time);
  CHECK(record.headers.view().last("cryptostream.type") == "fx_rate/1");
  return fmt::format("{} {}={} {}", record.value.base, record.value.currency, record.value.rate, record.value.time);
}

}  // namespace

TEST_CASE("FastForex: a rate a currency and poll, its key in a header") {
  ScriptedApi api(1, fastforex);
  SourceDriver driver{FastForexSource(fastforex_options(api))};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  auto records = driver.records();
  CHECK(text(records[0]) == "USD EUR=0.9 2026-03-17T10:01:00.000Z");
  CHECK(text(records[1]) == "USD SEK=11.50 2026-03-17T10:01:00.000Z");
  CHECK(text(records[3]) == "USD SEK=12.50 2026-03-17T10:02:00.000Z");
  auto newest = records.back().timestamp.ms;
  CHECK(driver.position() == fmt::format("EUR:{},SEK:{}", newest, newest));
  auto request = api.upstream.requests()[1];
  CHECK(request.target == "/fetch-multi?from=USD&to=EUR,SEK");
  CHECK(request.header("X-API-Key") == "s3cret");

  ScriptedApi all(1, fastforex);
  auto options = fastforex_options(all);
  options.currencies.clear();
  SourceDriver everything{FastForexSource(options)};
  REQUIRE(everything.wait_for(2));
  CHECK(all.last_target() == "/fetch-all?from=USD");
}

TEST_CASE("Frankfurter and the bank itself: the bank's base is asked for, and rates are quotients of its own") {
  ScriptedApi api(1, frankfurter);
  SourceDriver driver{FrankfurterSource(frankfurter_options(api))};
  REQUIRE(driver.wait_for(2));
  CHECK(text(driver.records()[0]) == "USD EUR=0.800000000000000000 2026-03-02T15:00:00.000Z");
  CHECK(text(driver.records()[1]) == "USD SEK=9.200000000000000000 2026-03-02T15:00:00.000Z");
  CHECK(api.last_target() == "/v1/latest?base=EUR&symbols=SEK,USD");

  ScriptedApi bank(1, ecb);
  SourceDriver banker{EcbSource(ecb_options(bank))};
  REQUIRE(banker.wait_for(2));
  CHECK(text(banker.records()[0]) == "USD EUR=0.800000000000000000 2026-03-02T15:00:00.000Z");
  CHECK(text(banker.records()[1]) == "USD SEK=9.200000000000000000 2026-03-02T15:00:00.000Z");
  CHECK(bank.last_target() == "/stats/eurofxref-daily.xml?x=1");
  CHECK(bank.upstream.requests()[0].header("Accept") == "application/xml");
}

TEST_CASE("CoinCap: what a dollar costs is the inverse of what it says") {
  ScriptedApi api(1, coincap);
  SourceDriver driver{CoinCapRates(coincap_options(api))};
  REQUIRE(driver.wait_for(2));
  CHECK(text(driver.records()[0]) == "USD EUR=0.800000000000000000 2026-03-17T10:00:00.001Z");
  CHECK(text(driver.records()[1]) == "USD SEK=5.000000000000000000 2026-03-17T10:00:00.001Z");
  CHECK(api.last_target() == "/rates");
  CHECK(api.upstream.requests()[0].header("Authorization") == "Bearer s3cret");
  auto error = open_error(CoinCapRates({}));
  CHECK(error.kind() == ErrorKind::permission);
  CHECK(has(error.message(), "https://pro.coincap.io"));
}

TEST_CASE("whatever comes in place of CoinCap's rates is said once and survived") {
  auto faults = common_faults(coincap({}, 1), "JSON cut off");
  faults.push_back({{.body = R"({"data":{"message":"We are deprecating this version"},"timestamp":1})"},
                    "We are deprecating this version"});
  for (const auto& fault : faults)
    survive(
        fault, 1, coincap, [](const ScriptedApi& api) { return CoinCapRates(coincap_options(api)); }, 2);
}

TEST_CASE("whatever comes in place of FastForex's answer is said once and survived") {
  auto faults = common_faults(fastforex({}, 1), "JSON cut off");
  faults.push_back({{.body = R"({"error":"Invalid key s3cre7"})"}, "field results is missing"});
  faults.push_back(
      {{.status = 403, .body = "Bad key s3cret"}, "Bad key ***; check the key: CRYPTOSTREAM_FASTFOREX_KEY"});
  for (const auto& fault : faults)
    survive(
        fault, 1, fastforex, [](const ScriptedApi& api) { return FastForexSource(fastforex_options(api)); }, 2);
}

TEST_CASE("whatever comes in place of Frankfurter's answer is said once and survived") {
  auto faults = common_faults(frankfurter({}, 1), "JSON cut off");
  faults.push_back({{.body = R"({"message":"not found"})"}, "field rates is missing"});
  for (const auto& fault : faults)
    survive(
        fault, 1, frankfurter, [](const ScriptedApi& api) { return FrankfurterSource(frankfurter_options(api)); }, 2);
}

TEST_CASE("whatever comes in place of the bank's file is said once and survived") {
  auto faults = common_faults(ecb({}, 1), "it is no XML, or cut off");
  faults.push_back({{.body = R"({"rates":{}})"}, "ecb eurofxref-daily.xml: it is no XML"});
  faults.push_back({{.body = "<other/>"}, "element Cube/Cube is missing"});
  for (const auto& fault : faults)
    survive(
        fault, 1, ecb, [](const ScriptedApi& api) { return EcbSource(ecb_options(api)); }, 2);
}

TEST_CASE("a rate without news is left out, also after a restart; a new currency is given at once") {
  auto same = [](int n) { return FakeAnswer{.body = frankfurter({}, n)}; };
  ScriptedApi api(1, frankfurter, {same(1), same(1), same(1)});
  SourceDriver driver{FrankfurterSource(frankfurter_options(api))};
  REQUIRE(driver.wait_for(4));
  driver.stop();
  CHECK(text(driver.records()[2]) == "USD EUR=0.800000000000000000 2026-03-06T15:00:00.000Z");
  CHECK(api.counts->duplicates >= 6);
  CHECK(api.counts->data_time == driver.records().back().timestamp.ms);

  ScriptedApi again(1, frankfurter);
  SourceDriver restarted(FrankfurterSource(frankfurter_options(again)),
                         fmt::format("EUR:{}", Timestamp::parse("2026-03-02T15:00:00Z")->ms));
  REQUIRE(restarted.wait_for(2));
  CHECK(text(restarted.records()[0]) == "USD SEK=9.200000000000000000 2026-03-02T15:00:00.000Z");
  CHECK(text(restarted.records()[1]) == "USD EUR=0.800000000000000000 2026-03-03T15:00:00.000Z");
}

TEST_CASE("a currency that is missing or wrong in an answer is said once; the rest is kept") {
  LogCatcher log;
  auto only = [](const std::string& rates, int day) {
    return FakeAnswer{
        .body = fmt::format(R"({{"base":"EUR","date":"2026-03-{:02}","rates":{{{}"USD":1.25}}}})", day, rates)};
  };
  ScriptedApi api(1, frankfurter, {only("", 20), only("", 21), only(R"("SEK":-1,)", 22)});
  SourceDriver driver{FrankfurterSource(frankfurter_options(api))};
  REQUIRE(driver.wait_for(5));
  driver.stop();
  for (std::size_t i = 2; i < 5; ++i) CHECK(driver.records()[i].key == "EUR");
  CHECK(log.warnings("no row for SEK") == 1);
  CHECK(log.warnings("field rates.SEK is no number above zero: -1; this row is left out") == 1);
  CHECK(log.warnings() == 2);
  CHECK(api.counts->bad_rows == 1);
}

TEST_CASE("what cannot work is said when the source is opened") {
  ScriptedApi api(10, frankfurter);
  auto options = frankfurter_options(api);
  options.currencies = {"EUR", "XXX", "SEK", "YYY"};
  auto error = open_error(FrankfurterSource(options));
  CHECK(error.kind() == ErrorKind::configuration);
  CHECK(has(error.message(), "frankfurter /v1/latest: there is no rate of XXX, YYY; leave it out"));
  options.currencies = {"sek"};
  CHECK(has(open_error(FrankfurterSource(options)).message(), "`sek` is no currency"));
  options = frankfurter_options(api);
  options.base = "NOK";
  error = open_error(FrankfurterSource(options));
  CHECK(has(error.message(), "NOK is not among them"));
  options = frankfurter_options(api);
  options.interval = 0ms;
  CHECK(open_error(FrankfurterSource(options)).kind() == ErrorKind::configuration);
  CHECK(open_error(FrankfurterSource(frankfurter_options(api)), "1743435300643").kind() == ErrorKind::configuration);

  error = open_error(FastForexSource({}));
  CHECK(error.kind() == ErrorKind::permission);
  CHECK(has(error.message(), "--fastforex-key-file"));
  auto forex = fastforex_options(api);
  forex.key = "two words";
  CHECK(open_error(FastForexSource(forex)).kind() == ErrorKind::configuration);
  auto bank = ecb_options(api);
  bank.url = fmt::format("http://127.0.0.1:{}/x.xml", unused_port());
  CHECK(open_error(EcbSource(bank)).kind() == ErrorKind::unavailable);
}
