// The ready pipelines on the TestDriver: what their topics and tables hold, over midnight, late data, restarts.
#include "temporary_folder.h"

#include <cryptostream/pipelines/coins.h>
#include <cryptostream/pipelines/quotes.h>
#include <cryptostream/pipelines/tracker.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace cryptostream;
using namespace std::chrono_literals;

namespace {

const KafkaTopic<std::string, Coin> raw{"coins-raw"}, coins{"coins"};
const KafkaTopic<std::string, FxRate> fx{"fx"};
const KafkaTopic<std::string, Quote> tracker{"tracker"};
const KafkaTopic<std::string, TrackedCoin> values{"tracker-values"}, last{"tracker-last"};

Timestamp at(const char* text) { return Timestamp::parse(text).value(); }

Coin coin(const char* symbol, const char* price, Timestamp time) {
  Coin made{.source = "coinmarketcap", .asset_id = "1", .id = 1, .symbol = symbol, .name = symbol, .currency = "USD"};
  made.price = Decimal::of(price);
  made.time = time;
  return made;
}

FxRate rate(const char* currency, const char* units, Timestamp time) {
  return {"USD", currency, Decimal::of(units), time};
}

std::string shown(const Coin& coin) {
  auto text = coin.symbol + " " + coin.price.to_string();
  for (const auto& [currency, price] : coin.prices.value()) text += " " + currency + " " + price.to_string();
  return text;
}

/// The conversion alone, into SEK and NOK.
struct Conversion {
  std::shared_ptr<FxConversionCounts> counts = std::make_shared<FxConversionCounts>();
  TestDriver driver;

  explicit Conversion(FxConversionOptions options = {}) : driver(topology(options)) {}

  Topology topology(FxConversionOptions options) {
    options.currencies = {"SEK", "NOK"};
    options.counts = counts;
    StreamsBuilder builder;
    process_coins(builder, {.conversion = options});
    return builder.build();
  }
  void price(const char* symbol, const char* usd, Timestamp time) {
    driver.pipe(raw, symbol, coin(symbol, usd, time), time);
  }
  void rates(const char* sek, const char* nok, Timestamp time) {
    if (sek) driver.pipe(fx, "SEK", rate("SEK", sek, time), time);
    if (nok) driver.pipe(fx, "NOK", rate("NOK", nok, time), time);
  }
  std::vector<std::string> converted() {
    std::vector<std::string> lines;
    for (const auto& record : driver.read(coins)) lines.push_back(shown(record.value));
    return lines;
  }
};
using Lines = std::vector<std::string>;
constexpr Timestamp noon{1'773'576'000'000};

}  // namespace

TEST_CASE("a price meets the rates of its own time, exactly, though younger ones are known") {
  Conversion run;
  run.rates("9.50", "10.1", noon);
  run.rates("9.60", "10.2", noon + 2min);
  run.price("BTC", "67000.25", noon + 1min);
  CHECK(run.converted() == Lines{"BTC 67000.25 NOK 676702.525 SEK 636502.3750"});
}

TEST_CASE("a price waits for a rate that is on its way, but not for ever, and those behind it wait with it") {
  Conversion run;
  run.price("BTC", "100", noon);
  run.price("ETH", "10", noon + 1s);
  CHECK(run.converted().empty());
  run.driver.advance(1s);
  run.rates("9", "10", noon - 10s);
  run.driver.advance(1s);
  CHECK(run.converted().empty());  // a better one may come
  run.rates("9.5", nullptr, noon);
  run.driver.advance(4s);
  CHECK(run.converted() == Lines{"BTC 100 NOK 1000 SEK 950.0", "ETH 10 NOK 100 SEK 95.0"});
}

TEST_CASE("waiting ends as soon as younger rates are known, and survives a crash") {
  Conversion run;
  run.price("BTC", "100", noon);
  run.driver.restart();
  run.rates("9", "10", noon);
  run.rates("8", "11", noon + 1s);
  run.driver.advance(100ms);
  CHECK(run.converted() == Lines{"BTC 100 NOK 1000 SEK 900"});
}

TEST_CASE("a rate that did not exist yet is never used, nor one that is too old") {
  Conversion run;
  run.rates("9", nullptr, noon - 25h);
  run.rates(nullptr, "10", noon + 1s);
  run.price("BTC", "100", noon);
  run.driver.advance(5s);
  CHECK(run.converted() == Lines{"BTC 100"});
  CHECK(run.counts->stale == 1);
  CHECK(run.counts->missing == 1);
  Conversion bank({.oldest = 5 * 24h});
  bank.rates("9", "10", noon - 4 * 24h);
  bank.price("BTC", "100", noon);
  bank.driver.advance(5s);
  CHECK(bank.converted() == Lines{"BTC 100 NOK 1000 SEK 900"});
}

namespace {

std::string content(const std::string& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

}  // namespace

TEST_CASE("coins fill two tables: what they are, and what they cost") {
  TemporaryFolder folder;
  StreamsBuilder builder;
  CoinsOptions options{.conversion = {.currencies = {"USD", "SEK"}}, .renames = {{"price", "prices"}}};
  REQUIRE(sink_coins(builder, "csv:" + folder.path() + "/", options));
  TestDriver driver(builder.build());
  auto bitcoin = coin("BTC", "100.50", noon);
  bitcoin.cmc_rank = 1;
  bitcoin.max_supply = Decimal::of("21000000");
  bitcoin.volume_24h = Decimal::of("5.00");
  bitcoin.prices = {{"SEK", Decimal::of("950")}};
  driver.pipe(coins, "BTC", bitcoin, noon);
  bitcoin.time = noon + 60s;
  bitcoin.prices->clear();
  driver.pipe(coins, "BTC", bitcoin, noon + 60s);
  CHECK(content(folder.path() + "/crypto.csv") ==
        "id,name,symbol,max_supply,circul_supply,cmc_rank\n1,BTC,BTC,21000000,,1\n");
  CHECK(content(folder.path() + "/prices.csv") ==
        "crypto_id,time,price_usd,price_sek,volume_24h,percent_change_1h,percent_change_24h,percent_change_7d\n"
        "1,2026-03-15T12:00:00.000Z,100.50,950,5.00,,,\n"
        "1,2026-03-15T12:01:00.000Z,100.50,,5.00,,,\n");
}

TEST_CASE("a pipeline of several tables does not fit into one file") {
  StreamsBuilder builder;
  auto refused = sink_coins(builder, "csv:all.csv", {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::usage);
}

namespace {

struct Tracking {
  TestDriver driver;
  Tracking() : driver(topology()) {}
  static Topology topology() {
    StreamsBuilder builder;
    process_tracker(builder, {});
    return builder.build();
  }
  void price(const char* id, const char* usd, Timestamp time) {
    Quote quote{.source = "coincap", .asset_id = id, .symbol = "BTC", .name = "Bitcoin", .currency = "USD"};
    quote.price = Decimal::of(usd);
    quote.time = time;
    driver.pipe(tracker, "BTC", quote, time);
  }
  std::vector<std::string> rows(const KafkaTopic<std::string, TrackedCoin>& topic = values) {
    std::vector<std::string> lines;
    for (const auto& record : driver.read(topic)) {
      const auto& row = record.value;
      lines.push_back(row.timestamp.to_string() + " " + row.id + " " + row.price_usd.to_string() + " first " +
                      row.first_value.to_string());
    }
    return lines;
  }
};

}  // namespace

TEST_CASE("the first price of a day is that of its UTC day, over midnight and over restarts") {
  Tracking run;
  run.price("bitcoin", "100", at("2026-03-15T23:59:59.999Z"));
  run.price("bitcoin", "101", at("2026-03-16T00:00:00.000Z"));
  run.driver.restart();
  run.price("bitcoin", "102.00", at("2026-03-16T00:00:20.250Z"));
  run.price("other", "7", at("2026-03-16T00:00:20.250Z"));
  CHECK(run.rows() == Lines{"1773619199.999 bitcoin 100 first 100", "1773619200.000 bitcoin 101 first 101",
                            "1773619220.250 bitcoin 102.00 first 101", "1773619220.250 other 7 first 7"});
}

TEST_CASE("a late price belongs to its own day, may be its first, and is never the last value") {
  Tracking run;
  run.price("bitcoin", "100", at("2026-03-15T12:00:00Z"));
  run.price("bitcoin", "101", at("2026-03-16T12:00:00Z"));
  run.price("bitcoin", "99", at("2026-03-15T11:00:00Z"));
  run.price("bitcoin", "98", at("2026-03-15T13:00:00Z"));
  run.price("bitcoin", "102", at("2026-03-16T13:00:00Z"));
  CHECK(run.rows() == Lines{"1773576000.000 bitcoin 100 first 100", "1773662400.000 bitcoin 101 first 101",
                            "1773572400.000 bitcoin 99 first 99", "1773579600.000 bitcoin 98 first 99",
                            "1773666000.000 bitcoin 102 first 101"});
  CHECK(run.rows(last) == Lines{"1773576000.000 bitcoin 100 first 100", "1773662400.000 bitcoin 101 first 101",
                                "1773666000.000 bitcoin 102 first 101"});
}

TEST_CASE("a price of a day that is forgotten is a bad record") {
  Tracking run;
  run.price("bitcoin", "100", at("2026-03-15T12:00:00Z"));
  CHECK_THROWS_WITH(run.price("bitcoin", "90", at("2026-03-07T12:00:00Z")), doctest::Contains("seven days"));
}

TEST_CASE("the tracker's files have exactly their columns, and one row a coin in the second") {
  TemporaryFolder folder;
  StreamsBuilder builder;
  process_tracker(builder, {});
  REQUIRE(sink_tracker(builder, "csv:" + folder.path() + "?profile=powerbi", {}));
  TestDriver driver(builder.build());
  auto pipe = [&](const char* price, Timestamp time) {
    Quote quote{.source = "coincap", .asset_id = "bitcoin", .symbol = "BTC", .name = "Bitcoin", .currency = "USD"};
    quote.price = Decimal::of(price);
    quote.time = time;
    quote.change_percent_24h = Decimal::of("-0.5");
    driver.pipe(tracker, "BTC", quote, time);
  };
  pipe("67000.10", noon);
  pipe("67000.20", noon + 20s);
  const std::string header = "\xEF\xBB\xBFtimestamp,id,symbol,name,priceUsd,changePercent24Hr,firstValue,vwap24Hr\r\n";
  CHECK(content(folder.path() + "/crypto_data.csv") ==
        header + "1773576000.000,bitcoin,BTC,Bitcoin,67000.10,-0.5,67000.10,\r\n" +
            "1773576020.000,bitcoin,BTC,Bitcoin,67000.20,-0.5,67000.10,\r\n");
  CHECK(content(folder.path() + "/last_values.csv") ==
        header + "1773576020.000,bitcoin,BTC,Bitcoin,67000.20,-0.5,67000.10,\r\n");
}

namespace {

/// Gives its lists one after the other, then nothing.
struct Lists {
  using Key = std::string;
  using Value = Coin;
  std::vector<std::vector<Coin>> lists;
  std::shared_ptr<std::stop_source> done = std::make_shared<std::stop_source>();

  std::string name() const { return "lists"; }
  int partitions() const { return 1; }
  struct Reader : SourceReader<Key, Value> {
    std::vector<std::vector<Coin>> lists;
    std::shared_ptr<std::stop_source> done;
    std::size_t next = 0;
    Result<SourceBatch<Key, Value>> poll(std::stop_token) override {
      SourceBatch<Key, Value> batch;
      if (next == lists.size()) {
        done->request_stop();
      } else {
        for (const auto& coin : lists[next]) batch.records.push_back({coin.symbol, coin, coin.time, {}});
        ++next;
      }
      return batch;
    }
  };
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask&, std::stop_token) const {
    auto reader = std::make_unique<Reader>();
    reader->lists = lists;
    reader->done = done;
    return reader;
  }
};

}  // namespace

TEST_CASE("each list of the largest coins takes the place of the one before") {
  TemporaryFolder folder;
  Lists source{{{coin("BTC", "3", noon), coin("ETH", "2", noon), coin("XRP", "1", noon)},
                {coin("ETH", "5", noon + 60s), coin("BTC", "4", noon + 60s)}}};
  auto feed = feed_top_coins(source, "csv:" + folder.path() + "/", "cap_top_10", "test", {});
  REQUIRE(feed);
  REQUIRE(feed->run(source.done->get_token()));
  CHECK(feed->rows_written() == 5);
  CHECK(content(folder.path() + "/cap_top_10.csv") ==
        "rank,symbol,name,price_usd,market_cap,market_cap_dominance,volume_24h,percent_change_24h,circulating_supply,"
        "updated\n"
        "1,ETH,ETH,5,,,,,,2026-03-15T12:01:00.000Z\n"
        "2,BTC,BTC,4,,,,,,2026-03-15T12:01:00.000Z\n");
}
