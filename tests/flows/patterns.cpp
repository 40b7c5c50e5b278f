// Sources of all topics whose names match a pattern.
#include <cryptostream/broker/memory.h>
#include <cryptostream/cryptostream.h>
#include <cryptostream/dsl/topology_report.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Text = cs::KafkaTopic<std::string, std::string>;
using Texts = cs::TopicPattern<std::string, std::string>;

cs::Topology copying() {
  cs::StreamsBuilder b;
  b.stream(Texts("in-[a-z]+")).to(Text("out"));
  return b.build();
}

Lines lines(cs::TestDriver& driver) {
  Lines lines;
  for (const auto& record : driver.read(Text("out"))) lines.push_back(record.key + "=" + record.value);
  return lines;
}

void append(cs::Broker& broker, const std::string& topic, const std::string& key) {
  auto producer = broker.producer({});
  REQUIRE(producer);
  cs::TopicPartition to{topic, 0};
  cs::OutgoingRecord record;
  record.partition = &to;
  record.timestamp = {1};
  record.key = key;
  record.value = key;
  REQUIRE((*producer)->send(record));
  REQUIRE((*producer)->flush(1s));
}

}  // namespace

TEST_CASE("a source with a pattern is described as Kafka Streams does") {
  CHECK(copying().describe() ==
        "Topologies:\n   Sub-topology: 0\n"
        "    Source: KSTREAM-SOURCE-0000000000 (topics: in-[a-z]+)\n      --> KSTREAM-SINK-0000000001\n"
        "    Sink: KSTREAM-SINK-0000000001 (topic: out)\n      <-- KSTREAM-SOURCE-0000000000\n\n");
  CHECK(cs::explain(copying(), "app").find("reads topics like in-[a-z]+") != std::string::npos);
}

TEST_CASE("whole names have to match, and a topic with a reader of its own does not count") {
  auto topology = copying().resolved({"in-a", "in-1", "xin-b", "in-bb", "out"});
  REQUIRE(topology.sub_topologies().size() == 1);
  CHECK(topology.sub_topologies()[0].topics == Lines{"in-a", "in-bb"});
  CHECK(topology.fingerprint() == copying().fingerprint());

  cs::StreamsBuilder b;
  b.stream(Texts(".*")).to(Text("out"));
  b.stream(Text("in-a")).to(Text("out"));
  CHECK(b.build().resolved({"in-a", "in-b"}).sub_topologies()[0].topics == Lines{"in-b"});
}

TEST_CASE("what is no regular expression is refused with its text") {
  CHECK_THROWS_WITH_AS(Texts("in-("), doctest::Contains("\"in-(\" is no regular expression"), std::invalid_argument);
}

TEST_CASE("the TestDriver makes topics that match as they are needed") {
  cs::TestDriver::Options options;
  options.partitions = {{"in-b", 2}};
  cs::TestDriver driver(copying(), options);
  driver.pipe(Text("in-b"), "k", "1");
  driver.pipe(Text("in-new"), "l", "2");
  driver.pipe(Text("in-b"), "k", "3");
  CHECK(lines(driver) == Lines{"k=1", "l=2", "k=3"});
  CHECK_THROWS_AS(driver.pipe(Text("in-1"), "k", "1"), std::runtime_error);
}

TEST_CASE("a pattern does not take the application's own internal topics") {
  cs::StreamsBuilder b;
  b.stream(Texts(".*"))
      .group_by([](const std::string&, const std::string& value) { return value; })
      .count(cs::Materialized("counts"))
      .to_stream()
      .map_values([](std::int64_t count) { return std::to_string(count); })
      .to(Text("__out"));
  cs::TestDriver driver(b.build());
  driver.pipe(Text("some"), "k", "v");
  driver.pipe(Text("other"), "k", "v");
  std::vector<std::string> counts;
  for (const auto& record : driver.read(Text("__out"))) counts.push_back(record.value);
  CHECK(counts == Lines{"1", "2"});
}

TEST_CASE("an application takes in topics that are made while it runs, and goes on with the others") {
  auto broker = cs::memory_broker();
  cs::TopicSpec spec;
  spec.name = "in-a";
  REQUIRE(broker->create_topic(spec));
  append(*broker, "in-a", "1");
  cs::ApplicationConfig config;
  config.application_id = "app";
  config.commit_interval = 5ms;
  config.topic_check = 20ms;
  cs::Application app(copying(), broker, config);
  cs::Result<void> ended;
  std::stop_source stop;
  std::thread running([&] { ended = app.run(stop.get_token()); });
  auto written = [&]() -> std::int64_t {
    auto range = broker->offsets({"out", 0}, cs::Isolation::read_committed);
    return range ? range->end : 0;
  };
  auto await = [&](std::int64_t count) {
    for (auto deadline = std::chrono::steady_clock::now() + 10s;
         written() < count && std::chrono::steady_clock::now() < deadline;)
      std::this_thread::sleep_for(2ms);
    return written();
  };
  CHECK(await(1) == 1);
  spec.name = "in-b";
  spec.partitions = 2;
  CHECK(broker->create_topic(spec));
  append(*broker, "in-b", "2");
  CHECK(await(2) == 2);
  append(*broker, "in-a", "3");
  CHECK(await(3) == 3);
  stop.request_stop();
  running.join();
  CHECK(ended);
  CHECK(written() == 3);
}
