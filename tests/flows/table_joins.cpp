// Joins of tables by key. Expected results are Kafka Streams'.
#include "table_lines.h"

#include <doctest/doctest.h>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using std::string;
const cs::TextTopic left{"l"}, right{"r"}, out{"out"};
const cs::KafkaTopic<cs::MaybeText, cs::MaybeText> keyless_left{"l"};

struct Pair {
  string operator()(const cs::MaybeText& l, const cs::MaybeText& r) const {
    return "(" + cs::shown(l) + "," + cs::shown(r) + ")";
  }
};

/// Tombstones on either side, present or absent partners, times out of order. Returns what came of each step.
cs::Lines play(cs::TestDriver& driver) {
  cs::Lines steps;
  auto step = [&](const cs::TextTopic& topic, const string& key, const cs::MaybeText& value, std::int64_t time) {
    driver.pipe(topic, key, value, {time});
    string all;
    for (const auto& line : cs::lines_of(driver, out)) all += (all.empty() ? "" : " ") + line;
    steps.push_back(all);
  };
  step(left, "a", std::nullopt, 1);
  step(left, "a", "1", 10);
  step(right, "a", "A", 5);
  step(left, "a", "2", 7);
  step(right, "a", "B", 20);
  step(left, "a", std::nullopt, 8);
  step(left, "a", std::nullopt, 9);
  step(right, "a", std::nullopt, 30);
  step(right, "a", std::nullopt, 31);
  step(left, "a", "3", 40);
  step(right, "a", "C", 2);
  step(right, "b", "D", 60);
  step(left, "b", std::nullopt, 61);
  step(right, "b", std::nullopt, 62);
  step(left, "b", "5", 63);
  step(left, "b", std::nullopt, 64);
  return steps;
}

}  // namespace

TEST_CASE("an inner join of tables gives what both have, and deletes where a partner is left") {
  cs::StreamsBuilder b;
  auto l = b.table(left);
  l.join(b.table(right), Pair()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  CHECK(play(driver) == cs::Lines{"", "", "a=(1,A)@10", "a=(2,A)@7", "a=(2,B)@20", "a=null@20", "a=null@20", "", "", "",
                                  "a=(3,C)@40", "", "b=null@61", "", "", ""});
}

TEST_CASE("a left join of tables keeps what the left one has") {
  cs::StreamsBuilder b;
  auto l = b.table(left);
  l.left_join(b.table(right), Pair()).to_stream().to(out);
  auto topology = b.build();
  CHECK(topology.describe().find("    Processor: KTABLE-JOINTHIS-0000000007 (stores: [r-STATE-STORE-0000000003])\n"
                                 "      --> KTABLE-MERGE-0000000006\n"
                                 "      <-- KTABLE-SOURCE-0000000002\n") != string::npos);
  auto driver = cs::fused_driver(std::move(topology));
  CHECK(play(driver) == cs::Lines{"", "a=(1,null)@10", "a=(1,A)@10", "a=(2,A)@7", "a=(2,B)@20", "a=null@20",
                                  "a=null@20", "", "", "a=(3,null)@40", "a=(3,C)@40", "", "b=null@61", "",
                                  "b=(5,null)@63", "b=null@64"});
  CHECK(driver.metrics().records_dropped == 0);
  driver.pipe(keyless_left, std::nullopt, "4");
  CHECK(driver.metrics().records_dropped == 1);
}

TEST_CASE("an outer join of tables keeps what either has, also under a name, with a store") {
  for (bool kept : {false, true}) {
    cs::StreamsBuilder b;
    auto l = b.table(left);
    auto r = b.table(right);
    if (kept) {
      l.outer_join(r, Pair(), cs::Materialized("joined")).to_stream().to(out);
    } else {
      l.outer_join(r, Pair()).to_stream().to(out);
    }
    auto driver = cs::fused_driver(b.build());
    CHECK(play(driver) == cs::Lines{"", "a=(1,null)@10", "a=(1,A)@10", "a=(2,A)@7", "a=(2,B)@20", "a=(null,B)@20",
                                    "a=(null,B)@20", "a=null@30", "", "a=(3,null)@40", "a=(3,C)@40", "b=(null,D)@60",
                                    "b=(null,D)@61", "b=null@62", "b=(5,null)@63", "b=null@64"});
    CHECK(driver.read_bytes("test-joined-changelog").empty() == !kept);
  }
}

TEST_CASE("a table joined with itself meets itself from both sides") {
  cs::StreamsBuilder b;
  auto l = b.table(left);
  l.join(l, Pair()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(left, "a", "1", {10});
  driver.pipe(left, "a", "2", {5});
  driver.pipe(left, "a", std::nullopt, {7});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=(1,1)@10", "a=(1,1)@10", "a=(2,2)@5", "a=(2,2)@5"});
}

TEST_CASE("updates older than the latest version do not reach a join of versioned tables, and count as dropped") {
  cs::StreamsBuilder b;
  auto l = b.table(left, cs::Materialized("lv").versioned(1s));
  auto r = b.table(right, cs::Materialized("rv").versioned(1s));
  l.outer_join(r, Pair()).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(left, "a", "1", {10});
  driver.pipe(right, "a", "2", {20});
  driver.pipe(left, "a", "3", {5});
  driver.pipe(right, "a", "4", {15});
  driver.pipe(right, "a", "5", {30});
  driver.pipe(left, "a", std::nullopt, {40});
  driver.pipe(left, "a", "9", {35});
  driver.pipe(right, "a", std::nullopt, {50});
  CHECK(cs::lines_of(driver, out) ==
        cs::Lines{"a=(1,null)@10", "a=(1,2)@20", "a=(1,5)@30", "a=(null,5)@40", "a=null@50"});
  CHECK(driver.metrics().records_dropped == 3);
}

TEST_CASE("a join of joins looks through to the tables that are kept, and a joiner may see the key and delete") {
  cs::StreamsBuilder b;
  auto l = b.table(left);
  auto r = b.table(right);
  auto both = l.join(r, [](const string& key, const string& x, const string& y) { return key + x + y; });
  both.join(l.map_values([](const string& v) { return v + "'"; }),
            [](const string& xy, const string& z) { return z == "0'" ? std::nullopt : std::optional<string>(xy + z); })
      .to_stream()
      .to(out);
  auto topology = b.build();
  CHECK(topology.stores().size() == 2);
  auto driver = cs::fused_driver(std::move(topology));
  driver.pipe(left, "a", "1", {1});
  driver.pipe(right, "a", "2", {2});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=a121'@2"});
  driver.pipe(left, "a", "0", {3});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=null@3", "a=null@3"});
}

TEST_CASE("tables of two builders cannot be joined") {
  cs::StreamsBuilder b, c;
  auto l = b.table(left);
  auto r = c.table(right);
  CHECK_THROWS_WITH_AS(
      l.join(r, Pair()),
      "join of \"KTABLE-SOURCE-0000000002\" and \"KTABLE-SOURCE-0000000002\": the two tables come from "
      "different StreamsBuilders",
      std::logic_error);
}

TEST_CASE("what is older than a versioned table's history goes no further, and counts as dropped once") {
  cs::StreamsBuilder b;
  b.table(left, cs::Materialized("history").versioned(100ms)).to_stream().to(out);
  auto driver = cs::fused_driver(b.build());
  driver.pipe(left, "a", "1", {1000});
  driver.pipe(left, "a", "0", {10});
  CHECK(cs::lines_of(driver, out) == cs::Lines{"a=1@1000"});
  CHECK(driver.metrics().records_dropped == 1);
}

TEST_CASE("describe() lists the stores of a join of a join in the JVM's order, and a source that nobody uses") {
  cs::StreamsBuilder b;
  auto l = b.table(left);
  auto r = b.table(right);
  auto third = b.table(cs::TextTopic{"t"});
  b.stream(cs::TextTopic{"unused"});
  l.outer_join(r, Pair()).join(third, Pair(), cs::Named("jn")).to_stream().to(out);
  auto text = b.build().describe();
  CHECK(text.find("Processor: jn-join-other (stores: [r-STATE-STORE-0000000003, l-STATE-STORE-0000000000])") !=
        string::npos);
  CHECK(text.find("(topics: [unused])\n      --> none\n") != string::npos);
}
