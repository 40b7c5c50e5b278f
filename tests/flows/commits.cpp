// What happens between commits: caches hold back, and every task of several partitions takes its turn.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

using Lines = std::vector<std::string>;
using Counts = cs::KafkaTopic<std::string, std::int64_t>;

Lines lines(cs::TestDriver& driver, const std::string& topic) {
  Lines lines;
  for (const auto& record : driver.read(Counts(topic)))
    lines.push_back(record.key + "=" + std::to_string(record.value) + "@" + std::to_string(record.timestamp.ms));
  return lines;
}

cs::Topology counting() {
  cs::StreamsBuilder b;
  b.stream(cs::KafkaTopic<std::string, std::string>("in"))
      .group_by([](const std::string&, const std::string& value) { return value; })
      .count(cs::Materialized("counts"))
      .to_stream()
      .to(Counts("out"));
  return b.build();
}

cs::TestDriver::Options when_told(std::size_t cache_bytes) {
  cs::TestDriver::Options options;
  options.commits = cs::TestDriver::Options::Commits::when_told;
  options.config.cache_bytes = cache_bytes;
  options.partitions = {{"in", 4}, {"out", 4}};
  return options;
}

const cs::KafkaTopic<std::string, std::string> in{"in"};

}  // namespace

TEST_CASE("a cache hands on the last update of each key at the commit, and nothing before") {
  cs::TestDriver driver(counting(), when_told(1 << 20));
  driver.pipe(in, "1", "x", {1});
  driver.pipe(in, "2", "x", {5});
  driver.pipe(in, "3", "x", {3});
  CHECK(lines(driver, "out").empty());
  CHECK(lines(driver, "test-counts-changelog").empty());
  driver.commit();
  CHECK(lines(driver, "out") == Lines{"x=3@5"});
  CHECK(lines(driver, "test-counts-changelog") == Lines{"x=3@5"});
  driver.commit();
  CHECK(lines(driver, "out").empty());
}

TEST_CASE("without a cache what leads through a repartition topic goes on before a commit") {
  cs::TestDriver driver(counting(), when_told(0));
  driver.pipe(in, "1", "x", {1});
  driver.pipe(in, "2", "x", {5});
  CHECK(lines(driver, "out") == Lines{"x=1@1", "x=2@5"});
  CHECK(driver.broker().group_offsets("test")->empty());
  driver.commit();
  CHECK(driver.broker().group_offsets("test")->size() == 3);  // two partitions of "in", one of the repartition topic
}

TEST_CASE("an orderly stop commits, and a crash forgets what was not committed") {
  cs::TestDriver driver(counting(), when_told(1 << 20));
  driver.pipe(in, "1", "x", {1});
  driver.stop_and_start();
  CHECK(lines(driver, "out") == Lines{"x=1@1"});
  driver.pipe(in, "1", "x", {2});
  CHECK(lines(driver, "out").empty());
  driver.restart();
  driver.commit();
  CHECK(lines(driver, "out") == Lines{"x=3@2"});  // read again, so that the repartition topic has it twice
}

TEST_CASE("a source remembers over a restart how late its partition was") {
  using Wide = cs::KafkaTopic<std::string, std::string>;
  cs::Consumed<std::string, std::string> late;
  // A record without a time of its own is as late as its partition was.
  late = late.timestamps(
      [](const auto& record, cs::Timestamp last) { return record.value == "?" ? last : record.timestamp; });
  cs::StreamsBuilder b;
  b.stream(Wide{"in"}, late).to(Wide{"out"});
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "1", {50});
  driver.read_bytes("out");
  driver.restart();
  driver.pipe(in, "a", "?", {1});
  auto told = driver.read_bytes("out");
  REQUIRE(told.size() == 1);
  CHECK(told[0].timestamp == cs::Timestamp{50});
}

TEST_CASE("results that came when their windows closed do not come again after a restart") {
  using Windows = cs::KafkaTopic<std::string, std::int64_t>;
  cs::StreamsBuilder b;
  b.stream(in)
      .group_by_key()
      .windowed_by(cs::TimeWindows::of(std::chrono::milliseconds(10)))
      .emit(cs::EmitStrategy::on_window_close)
      .count(cs::Materialized("counts").retention(std::chrono::seconds(100)))
      .to_stream([](const cs::Windowed<std::string>& key, std::int64_t) {
        return key.key + std::to_string(key.window.start.ms);
      })
      .to(Windows("out"));
  cs::TestDriver driver(b.build());
  driver.pipe(in, "a", "", {5});
  driver.pipe(in, "b", "", {12});
  CHECK(lines(driver, "out") == Lines{"a0=1@5"});
  driver.restart();
  driver.pipe(in, "c", "", {23});
  CHECK(lines(driver, "out") == Lines{"b10=1@12"});
}

TEST_CASE("global tables take a share of the cache, and hold nothing back") {
  auto evicted = [](bool with_global) {
    cs::StreamsBuilder b;
    b.table(in, cs::Materialized("kept"))
        .to_stream()
        .to(cs::KafkaTopic<std::string, std::optional<std::string>>("out"));
    if (with_global) b.global_table(cs::KafkaTopic<std::string, std::string>("global"));
    auto options = when_told(200);
    options.partitions = {};
    cs::TestDriver driver(b.build(), options);
    driver.pipe(in, "a", "1", {1});
    driver.pipe(in, "b", "1", {1});
    return driver.read_bytes("out").size();
  };
  CHECK(evicted(false) == 0);
  CHECK(evicted(true) > 0);

  cs::StreamsBuilder b;
  auto global = b.global_table(cs::KafkaTopic<std::string, std::string>("global"));
  b.table(in, cs::Materialized("kept")).to_stream().to(cs::KafkaTopic<std::string, std::optional<std::string>>("out"));
  auto options = when_told(400);
  options.partitions = {};
  cs::TestDriver driver(b.build(), options);
  for (const char* key : {"a", "b", "c", "d", "e"})
    driver.pipe(cs::KafkaTopic<std::string, std::string>("global"), key, "1", {1});
  driver.pipe(in, "a", "1", {1});
  CHECK(driver.read_bytes("out").empty());  // else the table's update would have to leave
}
