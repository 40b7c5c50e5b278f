// Tables without windows: what they give, keep and cost. (tests/conformance compares them with the JVM.)
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
using Wide = cs::KafkaTopic<std::string, std::optional<std::string>>;
using WidestKey = cs::KafkaTopic<std::optional<std::string>, std::optional<std::string>>;
const Text in{"in"};
const Wide wide_in{"in"}, out{"out"};
const WidestKey any_in{"in"};

std::vector<std::string> lines(cs::TestDriver& driver, const Wide& topic = out) {
  std::vector<std::string> lines;
  for (const auto& record : driver.read(topic))
    lines.push_back(record.key + "=" + record.value.value_or("(none)") + "@" + std::to_string(record.timestamp.ms));
  return lines;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a table that nobody looks into keeps nothing, and a named one logs what it keeps") {
  cs::StreamsBuilder b;
  b.table(in).to_stream().to(out);
  auto plain = b.build();
  CHECK(plain.stores().empty());

  cs::StreamsBuilder c;
  c.table(in, cs::Materialized("kept")).to_stream().to(out);
  cs::TestDriver driver(c.build());
  driver.pipe(in, "a", "1", {5});
  driver.pipe(wide_in, "a", std::nullopt, {7});
  CHECK(lines(driver) == Lines{"a=1@5", "a=(none)@7"});
  CHECK(lines(driver, Wide{"test-kept-changelog"}) == Lines{"a=1@5", "a=(none)@7"});
}

TEST_CASE("the driver gives every record of a changelog, as no compaction comes before the reader") {
  cs::StreamsBuilder b;
  b.table(in, cs::Materialized("kept"));
  cs::TestDriver driver(b.build());
  for (int i = 0; i < 1500; ++i) driver.pipe(in, "a", "1", {i});
  CHECK(driver.read_bytes("test-kept-changelog").size() == 1500);
}

TEST_CASE("a record with a null key is left out of a table, and counted") {
  cs::StreamsBuilder b;
  b.table(in).to_stream().to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(any_in, std::nullopt, "1");
  CHECK(lines(driver).empty());
  CHECK(driver.metrics().records_dropped == 1);
}

TEST_CASE("filter and map_values follow the table, and a filtered value deletes") {
  cs::StreamsBuilder b;
  b.table(in)
      .filter([](const std::string& v) { return v != "x"; })
      .map_values([](const std::string& k, const std::string& v) { return k + v; })
      .to_stream()
      .to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {1});
  driver.pipe(in, "a", "x", {2});
  driver.pipe(in, "b", "2", {3});
  CHECK(lines(driver) == Lines{"a=a1@1", "a=(none)@2", "b=b2@3"});
}

TEST_CASE("a test looks into tables and windows") {
  cs::StreamsBuilder b;
  auto stream = b.stream(in);
  stream.to_table(cs::Materialized("kept"));
  stream.group_by_key()
      .windowed_by(cs::TimeWindows::of(std::chrono::milliseconds(10)))
      .count(cs::Materialized("counts"));
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {3});
  driver.pipe(in, "a", "2", {12});
  driver.pipe(in, "a", "3", {14});
  CHECK(driver.key_value_store<std::string, std::string>("kept") == std::map<std::string, std::string>{{"a", "3"}});
  auto windows = driver.window_store<std::string, std::int64_t>("counts", std::chrono::milliseconds(10));
  CHECK(windows ==
        std::map<cs::Windowed<std::string>, std::int64_t>{{{"a", {{0}, {10}}}, 1}, {{"a", {{10}, {20}}}, 2}});
  CHECK_THROWS_WITH_AS(driver.store("nothing"), doctest::Contains("nothing"), std::runtime_error);
}

TEST_CASE("a record that fails when a cache hands it on is the only one that the policy takes") {
  cs::StreamsBuilder b;
  b.table(in, cs::Materialized("kept"))
      .to_stream()
      .map_values([](const std::optional<std::string>& v) {
        if (v == "bad") throw std::runtime_error("cannot be");
        return v;
      })
      .to(out);
  cs::TestDriver::Options options;
  options.config.cache_bytes = 1u << 20;
  options.config.errors = cs::ErrorPolicies::all(cs::ErrorPolicy::dead_letter("bad-ones"));
  cs::TestDriver driver(b.build(), options);
  driver.pipe(in, "a", "1");
  driver.pipe(in, "b", "bad");
  driver.pipe(in, "c", "3");
  CHECK(lines(driver) == Lines{"a=1@0", "c=3@0"});
  CHECK(lines(driver, Wide{"bad-ones"}) == Lines{"b=bad@0"});
}

TEST_CASE("a stream's record without a key is left out of a join with grace, where Kafka Streams ends") {
  cs::StreamsBuilder b;
  const WidestKey prices{"prices"};
  auto table = b.table(in, cs::Materialized("versions").versioned(std::chrono::milliseconds(100)));
  b.stream(prices)
      .left_join(
          table,
          [](const std::string& left, const std::optional<std::string>& right) { return left + right.value_or("-"); },
          cs::Joined().grace(std::chrono::milliseconds(10)))
      .to(WidestKey{"out"});
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {1});
  driver.pipe(prices, std::nullopt, "lost", {2});
  CHECK(driver.metrics().records_dropped == 1);
  driver.pipe(prices, "a", "x", {3});
  driver.pipe(prices, "a", "y", {20});
  CHECK(lines(driver) == Lines{"a=x1@3"});
}

TEST_CASE("state is there again after a restart") {
  cs::StreamsBuilder b;
  b.table(in, cs::Materialized("kept"))
      .map_values([](const std::string& v) { return v; }, cs::Materialized("mapped"))
      .to_stream()
      .to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1");
  driver.restart();
  driver.pipe(in, "b", "2");
  CHECK(lines(driver) == Lines{"a=1@0", "b=2@0"});
}

TEST_CASE("explain says what a table costs, and topology_diff what a new operator would orphan") {
  auto build = [](bool more) {
    cs::StreamsBuilder b;
    auto stream = b.stream(in);
    if (more) stream = stream.filter([](const std::string&) { return true; });
    stream.select_key([](const std::string& v) { return v; }).to_table().to_stream().to(out);
    return b.build();
  };
  auto text = cs::explain(build(false), "app");
  CHECK(text.find(
            "topic app-KSTREAM-TOTABLE-0000000002-repartition: partitioned anew, since the key may have changed before "
            "KSTREAM-KEY-SELECT-0000000001") != std::string::npos);
  auto difference = cs::topology_diff(build(false).describe(), build(true).describe());
  CHECK(difference.orphaned_topics == Lines{"KSTREAM-TOTABLE-0000000002-repartition"});
  CHECK(difference.new_topics == Lines{"KSTREAM-TOTABLE-0000000003-repartition"});
  CHECK(difference.renumbered);
  CHECK(cs::topology_diff(build(true).describe(), build(true).describe()).empty());
}
