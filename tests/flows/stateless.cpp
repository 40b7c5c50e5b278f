// The stateless operators, end to end on the production task.
#include <cryptostream/dsl/grouped_stream.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
using MaybeText = cs::KafkaTopic<std::string, std::optional<std::string>>;

std::vector<std::string> lines(cs::TestDriver& driver, const Text& topic) {
  std::vector<std::string> result;
  for (const auto& record : driver.read(topic))
    result.push_back(record.key + "=" + record.value + "@" + std::to_string(record.timestamp.ms));
  return result;
}

struct Trade {
  std::string symbol;
  cs::Decimal price;
  std::int64_t size = 0;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price, size)

const Text in{"in"};
const Text out{"out"};
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("filter keeps and filter_not drops what its predicate says") {
  cs::StreamsBuilder b;
  b.stream(in)
      .filter([](const std::string& v) { return v.size() > 1; })
      .filter_not([](const std::string& k, const std::string&) { return k == "x"; })
      .to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {10});
  driver.pipe(in, "b", "22", {20});
  driver.pipe(in, "x", "333", {30});
  CHECK(lines(driver, out) == Lines{"b=22@20"});
}

TEST_CASE("map, map_values and select_key change what their name says, and keep timestamp and headers") {
  cs::StreamsBuilder b;
  b.stream(in)
      .map_values([](const std::string& v) { return v + "!"; })
      .select_key([](const std::string& k, const std::string& v) { return k + v; })
      .map([](const cs::Record<std::string, std::string>& r) {
        return cs::KeyValue{r.key + "#", r.value + std::to_string(r.timestamp.ms)};
      })
      .to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(in, "k", "v", {7}, cs::Headers().add("h", "1"));
  auto records = driver.read(out);
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == "kv!#");
  CHECK(records[0].value == "v!7");
  CHECK(records[0].timestamp.ms == 7);
  CHECK(records[0].headers.view().last("h") == "1");
}

TEST_CASE("a pointer to a member maps to that member, as value and as key") {
  const cs::KafkaTopic<std::string, Trade> trades{"trades"};
  const cs::KafkaTopic<std::string, cs::Decimal> prices{"prices"};
  cs::StreamsBuilder b;
  b.stream(trades).select_key(&Trade::symbol).map_values(&Trade::price).to(prices);
  cs::TestDriver driver(b.build());
  driver.pipe(trades, "", {"BTC", cs::Decimal::of("67123.4500"), 3});
  auto records = driver.read(prices);
  REQUIRE(records.size() == 1);
  CHECK(records[0].key == "BTC");
  CHECK(records[0].value.to_string() == "67123.4500");
}

TEST_CASE("flat_map and flat_map_values give any number of records in order") {
  cs::StreamsBuilder b;
  b.stream(in)
      .flat_map([](const std::string& k, const std::string& v) {
        std::vector<cs::KeyValue<std::string, std::string>> pairs;
        for (char c : v) pairs.push_back({k + c, std::string(1, c)});
        return pairs;
      })
      .flat_map_values([](const std::string& v) {
        return std::vector<std::string>{v, v + v};
      })
      .to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(in, "k", "", {1});
  driver.pipe(in, "k", "ab", {2});
  CHECK(lines(driver, out) == Lines{"ka=a@2", "ka=aa@2", "kb=b@2", "kb=bb@2"});
}

TEST_CASE("merge, peek and for_each see every record once") {
  int peeked = 0, seen = 0;
  const Text other{"other"};
  cs::StreamsBuilder b;
  auto merged = b.stream(in).merge(b.stream(other)).peek([&peeked](const std::string&) { ++peeked; });
  merged.to(out);
  merged.for_each([&seen](const std::string&) { ++seen; });
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1");
  driver.pipe(other, "b", "2");
  CHECK(lines(driver, out) == Lines{"a=1@0", "b=2@0"});
  CHECK(peeked == 2);
  CHECK(seen == 2);
}

TEST_CASE("split sends a record to the first branch that takes it") {
  cs::StreamsBuilder b;
  auto branches = b.stream(in)
                      .split(cs::Named("size-"))
                      .branch([](const std::string& v) { return v.size() > 2; }, "large")
                      .branch([](const std::string& v) { return v.size() > 1; })
                      .default_branch("small");
  branches.at("size-large").map_values([](const std::string& v) { return "L" + v; }).to(out);
  branches.at("size-2").map_values([](const std::string& v) { return "M" + v; }).to(out);
  branches.at("size-small").map_values([](const std::string& v) { return "S" + v; }).to(out);
  cs::TestDriver driver(b.build());
  for (auto v : {"1", "22", "333"}) driver.pipe(in, "k", v);
  CHECK(lines(driver, out) == Lines{"k=S1@0", "k=M22@0", "k=L333@0"});
}

TEST_CASE("an absent value passes an optional stream and is dropped by drop_absent") {
  const MaybeText maybe{"maybe"};
  const MaybeText copy{"copy"};
  cs::StreamsBuilder b;
  auto stream = b.stream(maybe);
  stream.to(copy);
  stream.drop_absent().to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(maybe, "a", std::nullopt);
  driver.pipe(maybe, "b", "1");
  CHECK(driver.read(copy).size() == 2);
  CHECK(lines(driver, out) == Lines{"b=1@0"});
}

TEST_CASE("a topic chosen per record takes that record") {
  const Text even{"even"}, odd{"odd"};
  cs::StreamsBuilder b;
  b.stream(in).to([](const std::string& v) { return v.size() % 2 ? "odd" : "even"; }, out);
  b.stream(even).for_each([](const std::string&) {});  // so that the driver makes the topics
  b.stream(odd).for_each([](const std::string&) {});
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1");
  driver.pipe(in, "b", "22");
  CHECK(lines(driver, odd) == Lines{"a=1@0"});
  CHECK(lines(driver, even) == Lines{"b=22@0"});
}

TEST_CASE("keys choose partitions as Java's default partitioner does") {
  cs::StreamsBuilder b;
  b.stream(in).to(out);
  cs::TestDriver::Options options;
  options.partitions = {{"in", 3}, {"out", 6}};
  cs::TestDriver driver(b.build(), options);
  for (int i = 0; i < 50; ++i) driver.pipe(in, "key" + std::to_string(i), "v");
  auto records = driver.read_bytes("out");
  CHECK(records.size() == 50);
  CHECK(std::count_if(records.begin(), records.end(), [](auto& r) { return r.partition == 5; }) > 0);
}

TEST_CASE("several inputs of a task are taken by timestamp") {
  // Both partitions wait in the log before the task starts.
  const Text other{"other"};
  cs::StreamsBuilder b;
  b.stream(in).merge(b.stream(other)).filter([](const std::string& v) { return v != "block"; }).to(out);
  cs::TestDriver driver(b.build());
  auto producer = driver.broker().producer({}).value();
  auto send = [&](const char* topic, const char* value, std::int64_t time) {
    cs::TopicPartition partition{topic, 0};
    cs::OutgoingRecord record;
    record.partition = &partition;
    record.key = "k";
    record.value = value;
    record.timestamp = {time};
    REQUIRE(producer->send(record));
  };
  send("in", "1", 1);
  send("in", "4", 4);
  send("other", "2", 2);
  send("other", "3", 3);
  REQUIRE(producer->flush(std::chrono::seconds(1)));
  driver.advance(std::chrono::milliseconds(1));
  CHECK(lines(driver, out) == Lines{"k=1@1", "k=2@2", "k=3@3", "k=4@4"});
}

TEST_CASE("describe() is the text of the JVM's TopologyDescription") {
  cs::StreamsBuilder b;
  b.stream(in)
      .filter([](const std::string&) { return true; })
      .map_values([](const std::string& v) { return v; })
      .to(out);
  CHECK(b.build().describe() ==
        "Topologies:\n"
        "   Sub-topology: 0\n"
        "    Source: KSTREAM-SOURCE-0000000000 (topics: [in])\n"
        "      --> KSTREAM-FILTER-0000000001\n"
        "    Processor: KSTREAM-FILTER-0000000001 (stores: [])\n"
        "      --> KSTREAM-MAPVALUES-0000000002\n"
        "      <-- KSTREAM-SOURCE-0000000000\n"
        "    Processor: KSTREAM-MAPVALUES-0000000002 (stores: [])\n"
        "      --> KSTREAM-SINK-0000000003\n"
        "      <-- KSTREAM-FILTER-0000000001\n"
        "    Sink: KSTREAM-SINK-0000000003 (topic: out)\n"
        "      <-- KSTREAM-MAPVALUES-0000000002\n\n");
}

TEST_CASE("a builder is used up by build()") {
  cs::StreamsBuilder b;
  auto stream = b.stream(in);
  stream.to(out);
  b.build();
  CHECK_THROWS_WITH_AS(stream.to(out), doctest::Contains("built already"), std::logic_error);
  CHECK_THROWS_AS(b.build(), std::logic_error);
}

TEST_CASE("streams widen to absent keys and values without an operator of their own") {
  using Wide = std::optional<std::string>;
  const cs::KafkaTopic<std::string, Wide> maybe{"maybe"};
  const cs::KafkaTopic<std::string, Wide> wide_out{"wide"};
  cs::StreamsBuilder b;
  b.stream(in).merge(b.stream(maybe)).to(wide_out);
  auto topology = b.build();
  CHECK(topology.describe() ==
        "Topologies:\n"
        "   Sub-topology: 0\n"
        "    Source: KSTREAM-SOURCE-0000000000 (topics: [in])\n"
        "      --> KSTREAM-MERGE-0000000002\n"
        "    Source: KSTREAM-SOURCE-0000000001 (topics: [maybe])\n"
        "      --> KSTREAM-MERGE-0000000002\n"
        "    Processor: KSTREAM-MERGE-0000000002 (stores: [])\n"
        "      --> KSTREAM-SINK-0000000003\n"
        "      <-- KSTREAM-SOURCE-0000000000, KSTREAM-SOURCE-0000000001\n"
        "    Sink: KSTREAM-SINK-0000000003 (topic: wide)\n"
        "      <-- KSTREAM-MERGE-0000000002\n\n");
  cs::TestDriver driver(topology);
  driver.pipe(in, "a", "1");
  driver.pipe(maybe, "b", std::nullopt);
  auto records = driver.read(wide_out);
  REQUIRE(records.size() == 2);
  CHECK(records[0].value == "1");
  CHECK(!records[1].value);
}

TEST_CASE(
    "nodes are numbered as Kafka Streams does: each branch uses up a number, a named repartition none of its own") {
  cs::StreamsBuilder b;
  auto branches = b.stream(in)
                      .split(cs::Named("part-"))
                      .branch([](const std::string& v) { return v == "1"; }, "one")
                      .default_branch("rest");
  branches.at("part-one").repartition(cs::Repartitioned("again")).to(out);
  auto text = b.build().describe();
  CHECK(text.find("Sink: KSTREAM-SINK-0000000007 (topic: out)") != std::string::npos);
}
