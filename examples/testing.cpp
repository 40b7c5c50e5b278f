// How to test a topology: no server, no threads, both clocks in the test's hand. Any test framework will do.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

const cs::KafkaTopic<std::string, std::int64_t> payments{"payments"}, totals{"totals"};

// What is tested: in a program of its own this stands in a file that test and main share.
cs::Topology topology() {
  cs::StreamsBuilder b;
  b.stream(payments)
      .map_values([](std::int64_t cents) {
        if (cents < 0) throw std::invalid_argument("a payment cannot be negative");
        return cents;
      })
      .group_by_key()
      .reduce([](std::int64_t sum, std::int64_t cents) { return sum + cents; }, cs::Materialized("totals"))
      .to_stream()
      .to(totals);
  return b.build();
}

TEST_CASE("payments add up, also over a crash") {
  cs::TestDriver driver(topology());
  driver.pipe(payments, "ada", 100, {1'000});
  driver.restart();
  driver.pipe(payments, "ada", 50, {2'000});
  auto records = driver.read(totals);
  REQUIRE(records.size() == 2);
  CHECK(records[1].value == 150);
  CHECK(records[1].timestamp.ms == 2'000);
  CHECK(driver.key_value_store<std::string, std::int64_t>("totals") ==
        std::map<std::string, std::int64_t>{{"ada", 150}});
}

TEST_CASE("a negative payment is a bad record: here it is skipped and counted") {
  cs::TestDriver::Options options;
  options.config.errors.function = cs::ErrorPolicy::skip();
  cs::TestDriver driver(topology(), options);
  driver.pipe(payments, "ada", -1);
  CHECK(driver.read(totals).empty());
  CHECK(driver.metrics().records_skipped == 1);
}

TEST_CASE("each partition has a task of its own") {
  cs::TestDriver::Options options;
  options.partitions = {{"payments", 4}};
  cs::TestDriver driver(topology(), options);
  for (const char* payer : {"ada", "bob", "eve", "joe"}) driver.pipe(payments, payer, 1);
  CHECK(driver.read(totals).size() == 4);
}
