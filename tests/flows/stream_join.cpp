// Stream-stream joins against what Kafka Streams gives for the same records.
#include "join_transcript.h"

#include <cryptostream/dsl/stream_join.h>
#include <cryptostream/dsl/streams_builder.h>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace cs = cryptostream;
using namespace cryptostream::testing;  // NOLINT: a test's vocabulary
using namespace std::chrono_literals;
using cs::JoinKind;

namespace {

cs::JoinWindows window(std::chrono::milliseconds before, std::chrono::milliseconds after,
                       std::chrono::milliseconds grace) {
  return cs::JoinWindows::of(before > after ? before : after).before(before).after(after).grace(grace);
}

std::string concat(const Maybe& left, const Maybe& right) { return "(" + shown(left) + "," + shown(right) + ")"; }

cs::Topology joined(JoinKind kind, const cs::JoinWindows& windows, const std::string& left_topic = "l",
                    const std::string& right_topic = "r", const cs::Optimization& optimization = {}) {
  cs::StreamsBuilder b;
  auto left = b.stream(MaybeText{left_topic});
  auto right = left_topic == right_topic ? left : b.stream(MaybeText{right_topic});
  if (kind == JoinKind::inner) left.join(right, concat, windows).to(MaybeText{"out"});
  if (kind == JoinKind::left) left.left_join(right, concat, windows).to(MaybeText{"out"});
  if (kind == JoinKind::outer) left.outer_join(right, concat, windows).to(MaybeText{"out"});
  return b.build(optimization);
}

void check(JoinKind kind, const cs::JoinWindows& windows, const std::string& script) {
  cs::TestDriver driver(joined(kind, windows), like_the_jvm());
  CHECK(transcript(driver, script) == script);
}
void check(JoinKind kind, const cs::JoinWindows& windows, const std::string& left, const std::string& right,
           const cs::Optimization& optimization, const std::string& script) {
  cs::TestDriver driver(joined(kind, windows, left, right, optimization), like_the_jvm());
  CHECK(transcript(driver, script) == script);
}

}  // namespace

TEST_CASE("an inner join pairs records at most the window apart, with the greater time, and drops nulls") {
  check(JoinKind::inner, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
r a A 15 -> a=(1,A)@15
r a B 16 ->
r a C 5 -> a=(1,C)@10 !1
r a D 4 -> !1
l a 2 9 ->
r b E 10 ->
l null 3 10 -> !1
r a null 10 -> !1
l a null 11 -> !1
)");
}

TEST_CASE("a right record joins when it lies between left - before and left + after") {
  check(JoinKind::inner, window(2ms, 7ms, 0ms), R"(
l a 1 10 ->
r a A 7 ->
r a B 8 -> a=(1,B)@10
r a C 17 -> a=(1,C)@17
r a D 18 ->
l a 2 16 -> a=(2,C)@17 a=(2,D)@18
l a 3 10 -> a=(3,C)@17
r a E 12 -> a=(1,E)@12 a=(3,E)@12
)");
}

TEST_CASE("a window without before takes right records at the same time or later") {
  check(JoinKind::left, window(0ms, 5ms, 0ms), R"(
l a 1 10 ->
r a A 10 -> a=(1,A)@10
r a B 9 ->
r a C 15 -> a=(1,C)@15
r a D 16 ->
l a 2 17 ->
)");
}

TEST_CASE("records of one key and time are all kept and join in the order of their arrival") {
  check(JoinKind::inner, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
l a 2 10 ->
l a 3 8 ->
r a A 9 -> a=(3,A)@9 a=(1,A)@10 a=(2,A)@10
r a B 9 -> a=(3,B)@9 a=(1,B)@10 a=(2,B)@10
l a 4 9 -> a=(4,A)@9 a=(4,B)@9
)");
}

TEST_CASE("a late record joins what the other store still holds") {
  check(JoinKind::inner, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
l b 2 30 ->
r a A 10 ->
r a B 12 ->
l b 3 50 ->
r a C 11 ->
r b D 45 -> b=(3,D)@50
l b 4 44 -> b=(4,D)@45
)");
}

TEST_CASE("an unmatched left record comes out once stream time has passed its window, with its own time") {
  check(JoinKind::left, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
l b 2 15 ->
l c 3 16 -> a=(1,null)@10
r b B 21 -> b=(2,null)@15
l d 4 21 ->
r z Z 22 -> c=(3,null)@16
r a A 12 -> !1
)");
}

TEST_CASE("only a record at stream time lets unmatched ones out, a late one does not") {
  check(JoinKind::left, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
r b B 30 -> a=(1,null)@10
l c 2 20 -> c=(2,null)@20
l d 3 29 ->
l e 4 36 -> d=(3,null)@29
l f 5 37 ->
)");
}

TEST_CASE("unmatched records wait for the grace too") {
  check(JoinKind::left, window(5ms, 5ms, 4ms), R"(
l a 1 10 ->
l b 2 19 ->
r c C 20 -> a=(1,null)@10
l d 4 21 ->
r b B 24 -> b=(2,B)@24
l e 5 40 -> d=(4,null)@21
)");
}

TEST_CASE("a late unmatched left record comes out at once, whatever the grace") {
  check(JoinKind::left, window(5ms, 5ms, 20ms), R"(
l a 1 50 ->
l b 2 45 ->
l c 3 44 -> c=(3,null)@44
r c C 43 -> c=(3,C)@44
l d 4 10 -> d=(4,null)@10 !1
r d D 10 -> !1
l e 5 90 -> b=(2,null)@45 a=(1,null)@50
)");
}

TEST_CASE("a left record without a key comes out at once; null values and null right keys are dropped") {
  check(JoinKind::left, window(5ms, 5ms, 0ms), R"(
l null 1 10 -> null=(1,null)@10
l null null 11 -> !1
l a null 12 -> !1
r null A 13 -> !1
r a null 14 -> !1
l b 2 15 ->
r z Z 40 -> b=(2,null)@15
)");
}

TEST_CASE("windows that reach below zero are cut off") {
  check(JoinKind::outer, window(20ms, 20ms, 0ms), R"(
l a 1 3 ->
r a A 0 -> a=(1,A)@3
r b B 1 ->
l b 2 25 -> b=(null,B)@1
l c 3 50 -> b=(2,null)@25
)");
}

TEST_CASE("unmatched records of both sides come out by time, right before left, then by key") {
  check(JoinKind::outer, window(5ms, 5ms, 0ms), R"(
l b 1 10 ->
r c C 10 ->
l a 2 10 ->
r b2 D 9 ->
l z 3 30 -> b2=(null,D)@9 c=(null,C)@10 a=(2,null)@10 b=(1,null)@10
r z Z 31 -> z=(3,Z)@31
r y Y 50 ->
l x X 70 -> y=(null,Y)@50
)");
}

TEST_CASE("left records wait for after and right ones for before") {
  check(JoinKind::outer, window(3ms, 20ms, 0ms), R"(
l a 1 10 ->
r b B 10 ->
l c 2 14 ->
r d D 15 -> b=(null,B)@10
l e 3 31 ->
r f F 31 -> a=(1,null)@10 d=(null,D)@15
l g 4 32 ->
r h H 60 -> c=(2,null)@14 f=(null,F)@31 e=(3,null)@31 g=(4,null)@32
)");
}

TEST_CASE("left records wait for after and right ones for before, the other way round") {
  check(JoinKind::outer, window(20ms, 3ms, 0ms), R"(
l a 1 10 ->
r b B 10 ->
l c 2 14 -> a=(1,null)@10
r d D 15 ->
l e 3 31 -> b=(null,B)@10 c=(2,null)@14
r f F 31 ->
l g 4 32 ->
r h H 60 -> d=(null,D)@15 f=(null,F)@31 e=(3,null)@31 g=(4,null)@32
)");
}

TEST_CASE("two unmatched records of one key and time both come out") {
  check(JoinKind::outer, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
l a 2 10 ->
r b B 10 ->
r a A 40 -> b=(null,B)@10 a=(1,null)@10 a=(2,null)@10
l a 3 40 -> a=(3,A)@40
r a C 60 ->
)");
}

TEST_CASE("a match removes all unmatched records of the other side's key and time") {
  check(JoinKind::outer, window(5ms, 5ms, 0ms), R"(
l a 1 10 ->
l a 2 10 ->
l a 3 11 ->
r a A 12 -> a=(1,A)@12 a=(2,A)@12 a=(3,A)@12
l q 4 40 ->
)");
}

TEST_CASE("a window of zero without grace keeps nothing, so nothing joins") {
  check(JoinKind::outer, window(0ms, 0ms, 0ms), R"(
l a 1 10 -> !1
r a A 10 -> !1
r a B 11 -> a=(null,A)@10 a=(1,null)@10 !1
l a 2 11 -> !1
l a 3 12 -> a=(null,B)@11 a=(2,null)@11 !1
r b C 12 -> !1
l z 9 20 -> b=(null,C)@12 a=(3,null)@12 !1
)");
}

TEST_CASE("a window of zero with a grace joins equal times") {
  check(JoinKind::outer, window(0ms, 0ms, 1ms), R"(
l a 1 10 ->
r a A 10 -> a=(1,A)@10
r a B 11 ->
l a 2 11 -> a=(2,B)@11
l a 3 12 ->
r b C 12 ->
l z 9 20 -> b=(null,C)@12 a=(3,null)@12
)");
}

TEST_CASE("a stream joined with itself pairs each record with itself once") {
  check(JoinKind::inner, window(5ms, 5ms, 0ms), "in", "in", {}, R"(
in a 1 10 -> a=(1,1)@10
in a 2 12 -> a=(2,1)@12 a=(1,2)@12 a=(2,2)@12
in b 3 13 -> b=(3,3)@13
in a 4 20 -> a=(4,4)@20
)");
}

TEST_CASE("a stream joined with itself may keep a single store, and gives the pairs in the same order") {
  check(JoinKind::inner, window(5ms, 5ms, 0ms), "in", "in", cs::Optimization::all(), R"(
in a 1 10 -> a=(1,1)@10
in a 2 12 -> a=(2,1)@12 a=(1,2)@12 a=(2,2)@12
in b 3 13 -> b=(3,3)@13
in a 4 11 -> a=(4,1)@11 a=(4,2)@12 a=(1,4)@11 a=(4,4)@11 a=(2,4)@12
in a 5 20 -> a=(5,5)@20
)");
}

TEST_CASE("a left join writes what Kafka Streams writes to the changelogs of its three stores") {
  cs::TestDriver driver(joined(JoinKind::left, window(5ms, 5ms, 0ms)), like_the_jvm());
  transcript(driver, "l a 1 10 ->\nl b 2 15 ->\nl c 3 16 ->\nr b B 21 ->\nr a A 12 ->\n");
  CHECK(internal(driver, "app-KSTREAM-JOINTHIS-0000000004-store-changelog") == R"(
61000000000000000a00000001 31 10
62000000000000000f00000002 32 15
63000000000000001000000003 33 16
)");
  CHECK(internal(driver, "app-KSTREAM-OUTEROTHER-0000000005-store-changelog") == R"(
62000000000000001500000001 42 21
61000000000000000c00000002 41 12
)");
  CHECK(internal(driver, "app-KSTREAM-OUTERSHARED-0000000004-store-changelog") == R"(
000000000000000a0161 0100000001000000020131 10
000000000000000f0162 0100000001000000020132 15
000000000000000a0161 null 16
00000000000000100163 0100000001000000020133 16
000000000000000f0162 null 21
)");
}

TEST_CASE("a named join of streams with new keys keeps null keys for the left side, and names all it makes") {
  cs::StreamsBuilder b;
  auto key = [](const Maybe& value) { return value && value->front() == 'x' ? Maybe() : value; };
  auto left = b.stream(MaybeText{"l"}).select_key(key);
  auto right = b.stream(MaybeText{"r"}).select_key(key);
  left.left_join(right, concat, window(5ms, 5ms, 0ms), cs::StreamJoined("jn")).to(MaybeText{"out"});
  auto topology = b.build();
  CHECK(topology.copartitioned() ==
        std::vector<std::vector<std::string>>{{"jn-left-repartition", "jn-right-repartition"}});
  cs::TestDriver driver(topology, like_the_jvm());
  const std::string script = R"(
l q 1 10 ->
l q x2 11 -> null=(x2,null)@11
r q 1 12 -> 1=(1,1)@12
r q x3 13 -> !1
l q null 14 -> !1
l q z 40 ->
)";
  CHECK(transcript(driver, script) == script);
}

TEST_CASE("the names of a join and of its stores are Kafka Streams'") {
  cs::StreamsBuilder b;
  b.stream(MaybeText{"l"})
      .outer_join(b.stream(MaybeText{"r"}), concat, window(5ms, 5ms, 0ms), cs::StreamJoined("jn").store_name("js"))
      .to(MaybeText{"out"});
  auto topology = b.build();
  std::vector<std::string> names;
  for (const auto& node : topology.nodes())
    if (!node.hidden) names.push_back(node.name);
  CHECK(names == std::vector<std::string>{"KSTREAM-SOURCE-0000000000", "KSTREAM-SOURCE-0000000001", "jn-this-windowed",
                                          "jn-other-windowed", "jn-outer-this-join", "jn-outer-other-join", "jn-merge",
                                          "KSTREAM-SINK-0000000007"});
  CHECK(topology.sub_topologies().size() == 1);
  CHECK(topology.sub_topologies()[0].stores == std::vector<std::string>{"js-outer-this-join-store",
                                                                        "js-outer-other-join-store",
                                                                        "js-outer-shared-join-store"});
}

TEST_CASE("each task has a stream time of its own, which both sides of its join share") {
  auto options = like_the_jvm();
  options.fused = false;
  options.partitions = {{"l", 2}, {"r", 2}};
  cs::TestDriver driver(joined(JoinKind::left, window(5ms, 5ms, 0ms)), options);
  driver.pipe_bytes("l", "a", "1", {10}, {}, 0);
  driver.pipe_bytes("l", "b", "2", {12}, {}, 1);
  driver.pipe_bytes("r", "z", "Z", {30}, {}, 0);
  auto out = driver.read(MaybeText{"out"});
  REQUIRE(out.size() == 1);
  CHECK(shown(out[0].value) == "(1,null)");
  driver.pipe_bytes("r", "z", "Z", {30}, {}, 1);
  out = driver.read(MaybeText{"out"});
  REQUIRE(out.size() == 1);
  CHECK(shown(out[0].value) == "(2,null)");
}

TEST_CASE("what a crash left unmatched comes out after it") {
  cs::TestDriver driver(joined(JoinKind::left, window(5ms, 5ms, 0ms)), like_the_jvm());
  transcript(driver, "l a 1 10 ->\n");
  driver.restart();
  const std::string script = R"(
r z Z 30 -> a=(1,null)@10
)";
  CHECK(transcript(driver, script) == script);
}

TEST_CASE("values that cannot be absent join as they are, with the key in front where the joiner asks for it") {
  const cs::KafkaTopic<std::string, std::int64_t> numbers{"numbers"};
  const cs::KafkaTopic<std::string, std::string> words{"words"}, out{"joined"};
  cs::StreamsBuilder b;
  b.stream(numbers)
      .outer_join(
          b.stream(words),
          [](const std::string& key, const std::optional<std::int64_t>& number, const Maybe& word) {
            return key + (number ? std::to_string(*number) : "-") + word.value_or("-");
          },
          cs::JoinWindows::of(5ms))
      .to(out);
  cs::TestDriver driver(b.build());
  driver.pipe(numbers, "a", 7, {10});
  driver.pipe(words, "a", "seven", {11});
  driver.pipe(words, "b", "lone", {12});
  driver.pipe(numbers, "c", 1, {40});
  auto records = driver.read(out);
  REQUIRE(records.size() == 2);
  CHECK(records[0].value == "a7seven");
  CHECK(records[1].value == "b-lone");
}

TEST_CASE("streams of different builders are not joined") {
  cs::StreamsBuilder one, other;
  auto left = one.stream(MaybeText{"l"});
  auto right = other.stream(MaybeText{"r"});
  CHECK_THROWS_AS(left.join(right, concat, cs::JoinWindows::of(5ms)), std::logic_error);
}
