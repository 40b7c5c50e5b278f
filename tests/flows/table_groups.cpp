// Tables grouped by another key. Expected results and bytes are Kafka Streams'.
#include "table_lines.h"

#include <doctest/doctest.h>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using std::string;
const cs::TextTopic in{"in"}, out{"out"};

string append(const string& sum, const string& value) { return sum + "+" + value; }
string take_away(const string& sum, const string& value) { return sum + "-" + value; }
auto first_letter() {
  return [](const string& value) { return cs::KeyValue{value.substr(0, 1), value}; };
}
auto one_group() {
  return [](const string& value) { return cs::KeyValue{"c", value}; };
}

}  // namespace

TEST_CASE("a reduced group takes the old value away before it adds the new one, in one record where the key stays") {
  cs::StreamsBuilder b;
  b.table(in).group_by(first_letter()).reduce(append, take_away, cs::Materialized("sums")).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(in, "k1", "a1", {10});
  driver.pipe(in, "k2", "a2", {5});
  driver.pipe(in, "k1", "a3", {12});
  driver.pipe(in, "k1", "b1", {11});
  driver.pipe(in, "k2", std::nullopt, {20});
  driver.pipe(in, "k1", std::nullopt, {1});
  driver.pipe(in, "k3", std::nullopt, {3});
  driver.pipe(in, "k1", "a9", {2});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=a1@10", "a=a1+a2@10", "a=a1+a2-a1+a3@12", "a=a1+a2-a1+a3-a3@12",
                                               "b=b1@11", "a=a1+a2-a1+a3-a3-a2@20", "b=b1-b1@11",
                                               "a=a1+a2-a1+a3-a3-a2+a9@20"});
  CHECK(cs::hex_values(driver, "test-sums-repartition") ==
        cs::Lines{"613101", "613201", "046133613102", "613300", "623101", "613200", "623100", "613901"});
}

TEST_CASE("an aggregated group starts from its initializer, skips absent keys and keeps the headers") {
  cs::StreamsBuilder b;
  b.table(in)
      .group_by([](const string& key, const string& value) {
        return cs::KeyValue<cs::MaybeText, string>{value == "x" ? cs::MaybeText() : value, key};
      })
      .aggregate([] { return string("I"); }, append, take_away, cs::Materialized("agg"))
      .to_stream()
      .to(out);
  auto topology = b.build();
  CHECK(topology.describe().find("Processor: KTABLE-AGGREGATE-0000000006 (stores: [agg])") != string::npos);
  auto driver = cs::fused_driver(std::move(topology));
  driver.pipe(in, "k1", "a", {10});
  driver.pipe(in, "k1", "x", {11}, cs::Headers().add("h", "2"));
  auto records = driver.read(out);
  REQUIRE(records.size() == 2);
  CHECK(records[1].value == "I+k1-k1");
  CHECK(records[1].headers.view().last("h") == "2");
  driver.pipe(in, "k1", "a", {12});
  driver.pipe(in, "k2", "a", {1});
  driver.pipe(in, "k1", std::nullopt, {2});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=I+k1-k1+k1@12", "a=I+k1-k1+k1+k2@12", "a=I+k1-k1+k1+k2-k1@12"});
}

TEST_CASE("an aggregator that returns nothing deletes the group, which then starts anew") {
  auto null_on_x = [](const string& sum, const string& value) {
    return value == "x" ? std::nullopt : std::optional<string>(sum + "+" + value);
  };
  cs::StreamsBuilder b;
  b.table(in).group_by(one_group()).aggregate([] { return string("I"); }, null_on_x, take_away).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(in, "k1", "a", {1});
  driver.pipe(in, "k2", "x", {2});
  driver.pipe(in, "k1", "b", {3});  // nothing to take the old value from
  CHECK(cs::lines_of(driver, out) == cs::Lines{"c=I+a@1", "c=null@2", "c=I+b@3"});
}

TEST_CASE("count counts keys in their groups, and the count of a group of groups follows") {
  const cs::KafkaTopic<string, std::int64_t> counts{"counts"};
  cs::StreamsBuilder b;
  b.table(in)
      .group_by(first_letter())
      .count()
      .to_stream()
      .map_values([](const std::optional<std::int64_t>& n) { return n.value_or(-1); })
      .to(counts);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(in, "k1", "a1");
  driver.pipe(in, "k2", "a2");
  driver.pipe(in, "k1", "b");
  std::vector<std::int64_t> seen;
  for (const auto& record : driver.read(counts)) seen.push_back(record.value);
  CHECK(seen == std::vector<std::int64_t>{1, 2, 1, 1});
}

TEST_CASE("an aggregator may change its aggregate in place, and see the key or the whole record") {
  cs::StreamsBuilder b;
  b.table(in)
      .group_by(one_group())
      .aggregate([] { return string(); }, [](string& sum, const string& key, const string& v) { sum += key + v; },
                 [](string& sum, const cs::Record<string, string>& r) { sum += "-" + std::to_string(r.timestamp.ms); })
      .to_stream()
      .to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(in, "k", "1", {7});
  driver.pipe(in, "k", "2", {9});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"c=c1@7", "c=c1-9c2@9"});
}

TEST_CASE("a filter below a table that is kept does not tell of what it never let through") {
  cs::StreamsBuilder b;
  auto even = b.table(in).filter([](const string& v) { return v.size() % 2 == 0; });
  even.to_stream().to(out);
  even.group_by(one_group()).reduce(append, take_away).to_stream().to(out, cs::Named("sums"));
  auto driver = cs::fused_driver(b.build());
  driver.pipe(in, "a", "b", {1});
  driver.pipe(in, "a", "bb", {2});
  driver.pipe(in, "a", "b", {3});
  driver.pipe(in, "a", "b", {4});
  driver.pipe(in, "b", "dd", {5});
  driver.pipe(in, "b", "ee", {3});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=bb@2", "c=bb@2", "a=null@3", "c=bb-bb@3", "b=dd@5", "c=bb-bb+dd@5",
                                               "b=ee@3", "c=bb-bb+dd-dd+ee@5"});
}

TEST_CASE("of a versioned table a group hears the latest versions only") {
  cs::StreamsBuilder b;
  b.table(in, cs::Materialized("history").versioned(1s))
      .group_by(one_group())
      .aggregate([] { return string(); }, append, take_away)
      .to_stream()
      .to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(in, "k", "a", {10});
  driver.pipe(in, "k", "b", {5});
  driver.pipe(in, "k", "c", {20});
  driver.pipe(in, "k2", "d", {1});
  driver.pipe(in, "k", std::nullopt, {15});
  driver.pipe(in, "k", std::nullopt, {30});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"c=+a@10", "c=+a-a+c@20", "c=+a-a+c+d@20", "c=+a-a+c+d-c@30"});
}

TEST_CASE("the aggregations of a named group share its repartition topic") {
  cs::StreamsBuilder b;
  auto group = b.table(in).group_by(first_letter(), cs::Grouped("letters"));
  group.reduce(append, take_away).to_stream().to(out);
  group.count();
  auto topology = b.build();
  REQUIRE(topology.internal_topics().size() == 1);
  CHECK(topology.internal_topics()[0].name == "letters-repartition");
  auto driver = cs::fused_driver(std::move(topology));
  driver.pipe(in, "k", "a", {1});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=a@1"});
  CHECK(driver.read_bytes("test-letters-repartition").size() == 1);
}

TEST_CASE("naming a node uses up its number, so that no other node is renumbered") {
  cs::StreamsBuilder b;
  b.table(in, cs::Named("source"))
      .group_by(one_group(), cs::Grouped("groups"))
      .count(cs::Named("counted"), cs::Materialized("counts"))
      .to_stream();
  auto text = b.build().describe();
  CHECK(text.find("Source: source-source (topics: [in])") != string::npos);
  CHECK(text.find("Processor: counted (stores: [counts])") != string::npos);
  CHECK(text.find("Sink: counted-sink (topic: groups-repartition)") != string::npos);
  CHECK(text.find("Processor: KTABLE-TOSTREAM-0000000007") != string::npos);
}

TEST_CASE("a filter deletes a key that it never let through only if it cannot know better") {
  for (bool kept : {false, true}) {
    cs::StreamsBuilder b;
    auto table = kept ? b.table(in, cs::Materialized("kept")) : b.table(in);
    table.filter([](const string& v) { return v != "x"; }).to_stream().to(out);
    auto driver = cs::fused_driver(b.build());
    driver.pipe(in, "a", "x", {1});
    driver.pipe(in, "a", "1", {2});
    driver.pipe(in, "a", "x", {3});
    CHECK(cs::lines_of(driver, out) ==
          (kept ? cs::Lines{"a=1@2", "a=null@3"} : cs::Lines{"a=null@1", "a=1@2", "a=null@3"}));
  }
}
