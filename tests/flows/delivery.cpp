// What arrives where when things go wrong: error policies, dead letters, sinks and sources in trouble.
#include "memory_edges.h"

#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/runtime/source_positions.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cs = cryptostream;
using cs::test::CountingSource;
using cs::test::MemorySink;
using cs::test::Target;

namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
using Lines = std::vector<std::string>;
const Text in{"in"};
const Text out{"out"};
const cs::KafkaTopic<std::optional<std::string>, std::optional<std::string>> dead{"test-dead-letters"};

cs::TestDriver::Options with(cs::ErrorPolicies errors, cs::Guarantee guarantee = cs::Guarantee::exactly_once) {
  cs::TestDriver::Options options;
  options.config.errors = std::move(errors);
  options.config.guarantee = guarantee;
  return options;
}

Lines values(cs::TestDriver& driver, const Text& topic) {
  Lines result;
  for (const auto& record : driver.read(topic)) result.push_back(record.value);
  return result;
}

}  // namespace

TEST_CASE("a function that throws makes a bad record, and the policy decides") {
  auto topology = [] {
    cs::StreamsBuilder b;
    b.stream(in)
        .map_values(
            [](const std::string& v) -> std::string {
              if (v == "bad") throw std::runtime_error("I do not like bad");
              return v + "!";
            },
            cs::Named("shout"))
        .to(out);
    return b.build();
  };
  SUBCASE("fail ends the run and names node, topic and offset") {
    cs::TestDriver driver(topology(), with({}));
    driver.pipe(in, "k", "good");
    CHECK_THROWS_WITH(driver.pipe(in, "k", "bad"),
                      doctest::Contains("topic in partition 0 offset 1: shout: I do not like bad"));
  }
  SUBCASE("skip counts and goes on") {
    cs::TestDriver driver(topology(), with(cs::ErrorPolicies::all(cs::ErrorPolicy::skip())));
    for (auto v : {"a", "bad", "b"}) driver.pipe(in, "k", v);
    CHECK(values(driver, out) == Lines{"a!", "b!"});
    CHECK(driver.metrics().records_skipped == 1);
  }
  SUBCASE("dead_letter keeps the record as it came and says where, why and when") {
    cs::TestDriver driver(topology(), with(cs::ErrorPolicies::all(cs::ErrorPolicy::dead_letter())));
    driver.pipe(in, "k", "a");
    driver.pipe(in, "k", "bad", {5}, cs::Headers().add("mine", "1"));
    CHECK(values(driver, out) == Lines{"a!"});
    auto letters = driver.read(dead);
    REQUIRE(letters.size() == 1);
    CHECK(letters[0].key == "k");
    CHECK(letters[0].value == "bad");
    CHECK(letters[0].timestamp.ms == 5);
    auto headers = letters[0].headers.view();
    CHECK(headers.last("mine") == "1");
    CHECK(headers.last("cryptostream.error.place") == "function");
    CHECK(headers.last("cryptostream.error.reason") == "shout: I do not like bad");
    CHECK(headers.last("cryptostream.error.topic") == "in");
    CHECK(headers.last("cryptostream.error.offset") == "1");
  }
}

TEST_CASE("a null where the type has none, and bytes that cannot be decoded, are bad records of place decode") {
  const cs::KafkaTopic<std::string, std::int64_t> numbers{"numbers"};
  cs::StreamsBuilder b;
  b.stream(numbers).to(cs::KafkaTopic<std::string, std::int64_t>{"copy"});
  cs::TestDriver driver(b.build(), with(cs::ErrorPolicies::all(cs::ErrorPolicy::dead_letter())));
  driver.pipe_bytes("numbers", "k", std::nullopt);
  driver.pipe_bytes("numbers", std::nullopt, "12345678");
  driver.pipe_bytes("numbers", "k", "1234567");
  driver.pipe_bytes("numbers", "k", "12345678");
  CHECK(driver.read_bytes("copy").size() == 1);
  auto letters = driver.read(dead);
  REQUIRE(letters.size() == 3);
  for (auto& letter : letters) CHECK(letter.headers.view().last("cryptostream.error.place") == "decode");
}

TEST_CASE("a sink begins where its target says, whatever the group's offset says") {
  auto target = std::make_shared<Target>();
  cs::StreamsBuilder b;
  b.stream(in).to(MemorySink{target});
  cs::TestDriver driver(b.build());
  for (auto v : {"0", "1", "2", "3"}) driver.pipe(in, "k", v);
  CHECK(target->rows.size() == 4);
  target->rows.clear();
  target->positions["test/memory|in|0"] = 2;
  driver.restart();
  CHECK(target->rows == Lines{"k=2", "k=3"});
  CHECK(target->positions.at("test/memory|in|0") == 4);
}

TEST_CASE("the group's offset follows a target that is ahead of it at once") {
  auto target = std::make_shared<Target>();
  cs::StreamsBuilder b;
  b.stream(in).to(MemorySink{target});
  cs::TestDriver driver(b.build());
  driver.pipe(in, "k", "0");
  driver.pipe(in, "k", "1");
  auto group = driver.broker().join({.group = "test", .instance = "hand"}).value();
  REQUIRE(group->commit({{{"in", 0}, {0, {}}}}));  // as a crash between the two commits would leave it
  driver.restart();
  CHECK(target->rows.size() == 2);
  CHECK(driver.broker().group_offsets("test").value().at({"in", 0}).offset == 2);
}

TEST_CASE("a target's position outside the log is refused with what to do") {
  auto target = std::make_shared<Target>();
  target->positions["test/memory|in|0"] = 99;
  cs::StreamsBuilder b;
  b.stream(in).to(MemorySink{target});
  auto topology = b.build();
  CHECK_THROWS_WITH(cs::TestDriver(topology, with({})), doctest::Contains("lies outside the log"));
}

TEST_CASE("a sink that fails at any step loses and doubles nothing") {
  for (std::string step : {"open", "begin", "write", "commit.before", "commit.after"}) {
    CAPTURE(step);
    auto target = std::make_shared<Target>();
    cs::StreamsBuilder b;
    b.stream(in).to(MemorySink{target});
    cs::TestDriver driver(b.build());
    driver.pipe(in, "k", "0");
    int failures = 0;
    target->fault = [&](const char* at) -> cs::Result<void> {
      if (at == step && failures++ < 2) return cs::fail(cs::ErrorKind::unavailable, "down");
      return {};
    };
    if (step == "open") driver.broker();  // opening fails while a write is retried
    for (auto v : {"1", "2", "3"}) driver.pipe(in, "k", v);
    for (int i = 0; i < 10; ++i) driver.advance(std::chrono::seconds(1));
    driver.pipe(in, "k", "4");
    CHECK(target->rows == Lines{"k=0", "k=1", "k=2", "k=3", "k=4"});
    if (step != "open") CHECK(driver.metrics().sink_failures >= 1);
  }
}

TEST_CASE("rows that the target refuses go to the dead letters before it commits, and the rest lands") {
  auto target = std::make_shared<Target>();
  target->refused = {"poison"};
  cs::StreamsBuilder b;
  b.stream(in).to(MemorySink{target});
  cs::TestDriver driver(b.build(), with(cs::ErrorPolicies::all(cs::ErrorPolicy::dead_letter())));
  for (auto v : {"a", "poison", "unwritable", "b"}) driver.pipe(in, "key", v);
  CHECK(target->rows == Lines{"key=a", "key=b"});
  auto letters = driver.read(dead);
  REQUIRE(letters.size() == 2);
  CHECK(letters[0].value == "poison");
  CHECK(letters[1].value == "unwritable");
  for (auto& letter : letters) {
    CHECK(letter.key == "key");
    CHECK(letter.headers.view().last("cryptostream.error.place") == "sink");
  }
}

TEST_CASE("two sinks of one stream each get everything, also where one lags") {
  auto first = std::make_shared<Target>();
  auto second = std::make_shared<Target>();
  cs::StreamsBuilder b;
  auto stream = b.stream(in).map_values([](const std::string& v) { return v + v; });
  stream.to(MemorySink{first, "first"});
  stream.to(MemorySink{second, "second"});
  stream.to(out);
  auto topology = b.build();
  CHECK(topology.sub_topologies().size() == 3);
  cs::TestDriver driver(topology, with({}));
  driver.pipe(in, "k", "1");
  second->fault = [](const char*) -> cs::Result<void> { return cs::fail(cs::ErrorKind::unavailable, "down"); };
  driver.pipe(in, "k", "2");
  CHECK(first->rows == Lines{"k=11", "k=22"});
  CHECK(second->rows == Lines{"k=11"});
  second->fault = [](const char*) { return cs::Result<void>(); };
  driver.advance(std::chrono::minutes(1));
  CHECK(second->rows == Lines{"k=11", "k=22"});
  CHECK(values(driver, out) == Lines{"11", "22"});
}

TEST_CASE("behind a merge a sink gets a topic of its own") {
  auto target = std::make_shared<Target>();
  const Text other{"other"};
  cs::StreamsBuilder b;
  b.stream(in).merge(b.stream(other)).to(MemorySink{target});
  auto topology = b.build();
  CHECK(topology.describe().find("topics: [memory-sink]") != std::string::npos);
  REQUIRE(topology.internal_topics().size() == 1);
  CHECK(topology.internal_topics().front().name == "memory-sink");
  cs::TestDriver driver(topology, with({}));
  driver.pipe(in, "a", "1");
  driver.pipe(other, "b", "2");
  CHECK(target->rows == Lines{"a=1", "b=2"});
  CHECK(driver.broker().topic("test-memory-sink").value().has_value());
}

TEST_CASE("a source's records and its position commit together, and a restart goes on behind them") {
  for (auto guarantee : {cs::Guarantee::exactly_once, cs::Guarantee::at_least_once}) {
    cs::StreamsBuilder b;
    b.stream(CountingSource{}).to(out);
    cs::TestDriver driver(b.build(), with({}, guarantee));
    driver.await_source(50);
    driver.restart();
    driver.await_source(100 - driver.metrics().records_consumed.load());
    Lines expected;
    for (int i = 0; i < 100; ++i) expected.push_back(std::to_string(i));
    CHECK(values(driver, out) == expected);
    auto positions = cs::SourcePositions::read(driver.broker(), "test").value();
    CHECK(positions.at("counting/0") == "100");
  }
}

TEST_CASE("a source straight into a sink goes through a topic, exactly once") {
  auto target = std::make_shared<Target>();
  cs::StreamsBuilder b;
  b.stream(CountingSource{}).to(MemorySink{target});
  cs::TestDriver driver(b.build(), with({}));
  driver.await_source(100);
  CHECK(target->rows.size() == 100);
  CHECK(target->rows.back() == "k4=99");
}

TEST_CASE("an aborted transaction is done again from the last commit, and readers see it once") {
  cs::StreamsBuilder b;
  b.stream(in).map_values([](const std::string& v) { return v + "!"; }).to(out);
  cs::TestDriver driver(b.build(), with({}));
  driver.pipe(in, "k", "1");
  cs::set_fail_points("memory.commit.before=error");
  driver.pipe(in, "k", "2");
  cs::set_fail_points("memory.commit.after=error");
  driver.pipe(in, "k", "3");
  cs::set_fail_points("memory.commit.lost=error");
  driver.pipe(in, "k", "4");
  cs::set_fail_points("");
  driver.pipe(in, "k", "5");
  CHECK(values(driver, out) == Lines{"1!", "2!", "3!", "4!", "5!"});
}

TEST_CASE(
    "two nodes of one name, a source that leads nowhere and overlapping subscriptions are wiring errors that name "
    "them") {
  auto target = std::make_shared<Target>();
  {
    cs::StreamsBuilder b;
    b.stream(in).to(MemorySink{target});
    CHECK_THROWS_WITH(b.stream(in).to(MemorySink{target}), doctest::Contains("two nodes named \"memory\""));
  }
  {
    cs::StreamsBuilder b;
    b.stream(CountingSource{});
    CHECK_THROWS_WITH(b.build(), doctest::Contains("\"counting\" leads nowhere"));
  }
  {
    cs::StreamsBuilder b;
    b.stream(in).to(out);
    b.stream(std::vector{in, Text{"other"}}).to(out);
    CHECK_THROWS_WITH(b.build(), doctest::Contains("topic \"in\" is read by"));
  }
}
