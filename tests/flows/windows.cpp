// Grouped streams and their windows, end to end; the expected records are Kafka Streams' own.
#include <cryptostream/dsl/cogrouped.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/dsl/suppressed.h>
#include <cryptostream/dsl/windowed_stream.h>
#include <cryptostream/runtime/partitioner.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;
using Text = std::optional<std::string>;

const cs::KafkaTopic<Text, Text> in{"in"};

std::string text(const std::string& value) { return value; }
std::string text(std::int64_t value) { return std::to_string(value); }
template <class T>
std::string text(const std::optional<T>& value) {
  return value ? text(*value) : "null";
}

/// The driver of what `build` makes, with what it wrote to "out" as "key@start/end=value ts".
class Run {
 public:
  explicit Run(cs::StreamsBuilder& builder) : driver(builder.build(), options()) {}
  void pipe(Text key, Text value, std::int64_t time) { driver.pipe(in, key, value, {time}); }
  template <class K, class V>
  Lines read(const cs::KafkaTopic<K, V>& topic) {
    Lines lines;
    for (const auto& record : driver.read(topic))
      lines.push_back(key_text(record.key) + "=" + text(record.value) + " " + std::to_string(record.timestamp.ms));
    return lines;
  }
  std::uint64_t dropped() { return driver.metrics().records_dropped.load(); }

  cs::TestDriver driver;

 private:
  static cs::TestDriver::Options options() {
    cs::TestDriver::Options options;
    options.fused = true;
    return options;
  }
  static std::string key_text(const std::string& key) { return key; }
  static std::string key_text(const cs::Windowed<std::string>& key) {
    return key.key + "@" + std::to_string(key.window.start.ms) + "/" + std::to_string(key.window.end.ms);
  }
};

auto windowed_out(std::chrono::milliseconds size) {
  return cs::KafkaTopic<cs::Windowed<std::string>, std::int64_t>(
      "out", cs::TimeWindowedSerde<std::string>(cs::default_serde<std::string>(), size),
      cs::default_serde<std::int64_t>());
}

}  // namespace

TEST_CASE("count counts the records of a key, and leaves out those without key or value") {
  cs::StreamsBuilder b;
  const cs::KafkaTopic<std::string, std::int64_t> out{"out"};
  b.stream(in).group_by_key().count().to_stream().to(out);
  Run run(b);
  run.pipe("a", "1", 10);
  run.pipe("b", "1", 20);
  run.pipe("a", "1", 5);
  run.pipe(std::nullopt, "1", 30);
  run.pipe("a", std::nullopt, 40);
  CHECK(run.read(out) == Lines{"a=1 10", "b=1 20", "a=2 10"});
  CHECK(run.dropped() == 2);
}

TEST_CASE("tumbling windows drop a record once its window has closed") {
  cs::StreamsBuilder b;
  auto out = windowed_out(10ms);
  b.stream(in).group_by_key().windowed_by(cs::TimeWindows::of(10ms).grace(5ms)).count().to_stream().to(out);
  Run run(b);
  run.pipe("a", "1", 3);
  run.pipe("a", "1", 14);
  run.pipe("a", "1", 9);  // closes at 15
  run.pipe("a", "1", 15);
  run.pipe("a", "1", 9);
  CHECK(run.read(out) == Lines{"a@0/10=1 3", "a@10/20=1 14", "a@0/10=2 9", "a@10/20=2 15"});
  CHECK(run.dropped() == 1);
}

TEST_CASE("a re-keyed group goes through a repartition topic named after its store") {
  cs::StreamsBuilder b;
  const cs::KafkaTopic<std::string, std::string> out{"out"};
  b.stream(in)
      .group_by([](const Text&, const Text& v) { return v->substr(0, 1); })
      .aggregate([] { return std::string("I"); }, [](std::string& all, const std::string& v) { all += "+" + v; },
                 cs::Materialized("joined"))
      .to_stream()
      .to(out);
  Run run(b);
  run.pipe("k", "x1", 10);
  run.pipe("l", "x2", 20);
  CHECK(run.read(out) == Lines{"x=I+x1 10", "x=I+x1+x2 20"});
  CHECK(run.driver.read_bytes("test-joined-repartition").size() == 2);
}

TEST_CASE("suppress until windows close gives each window once, when it closes") {
  cs::StreamsBuilder b;
  auto out = windowed_out(10ms);
  b.stream(in)
      .group_by_key()
      .windowed_by(cs::TimeWindows::of(10ms).grace(5ms))
      .count()
      .suppress(cs::Suppressed::until_window_closes(cs::BufferConfig::unbounded()))
      .to_stream()
      .to(out);
  Run run(b);
  run.pipe("a", "1", 3);
  run.pipe("b", "1", 4);
  run.pipe("a", "1", 14);
  CHECK(run.read(out).empty());
  run.pipe("a", "1", 15);
  CHECK(run.read(out) == Lines{"a@0/10=1 3", "b@0/10=1 4"});
}

TEST_CASE("suppress until a time limit keeps a key's place and gives its last value") {
  cs::StreamsBuilder b;
  const cs::KafkaTopic<std::string, std::int64_t> out{"out"};
  b.stream(in)
      .group_by_key()
      .count()
      .suppress(cs::Suppressed::until_time_limit(10ms, cs::BufferConfig::of_records(2)))
      .to_stream()
      .to(out);
  Run run(b);
  run.pipe("a", "1", 0);
  run.pipe("a", "1", 5);
  run.pipe("b", "1", 6);
  CHECK(run.read(out).empty());
  run.pipe("c", "1", 7);  // one too many: the oldest leaves
  CHECK(run.read(out) == Lines{"a=2 5"});
  run.pipe("b", "1", 16);
  CHECK(run.read(out) == Lines{"b=2 16"});
}

TEST_CASE("a cogroup adds several streams to one table, with one aggregator each") {
  cs::StreamsBuilder b;
  const cs::KafkaTopic<Text, Text> other{"other"};
  const cs::KafkaTopic<std::string, std::string> out{"out"};
  auto first = b.stream(in).group_by_key();
  auto second = b.stream(other).group_by_key();
  first.cogroup([](std::string& all, const std::string& v) { all += "+" + v; })
      .cogroup(second, [](std::string& all, const std::string& v) { all += "-" + v; })
      .aggregate([] { return std::string("I"); })
      .to_stream()
      .to(out);
  Run run(b);
  run.pipe("a", "1", 10);
  run.driver.pipe(other, "a", "2", {5});
  run.pipe("a", "3", 20);
  CHECK(run.read(out) == Lines{"a=I+1 10", "a=I+1-2 10", "a=I+1-2+3 20"});
}

TEST_CASE("groups of one type can be added to a cogroup in a loop, and the last aggregator of a group counts") {
  cs::StreamsBuilder b;
  const cs::KafkaTopic<Text, Text> other{"other"};
  const cs::KafkaTopic<std::string, std::string> out{"out"};
  auto first = b.stream(in).group_by_key();
  auto second = b.stream(other).group_by_key();
  auto with = [](std::string sign) { return [sign](std::string& all, const std::string& v) { all += sign + v; }; };
  auto groups = first.cogroup(with("1"));
  for (const auto* sign : {"2", "3"}) groups = groups.cogroup(second, with(sign));
  groups = groups.cogroup(first, with("4"));
  groups.aggregate([] { return std::string("I"); }).to_stream().to(out);
  Run run(b);
  run.pipe("a", "x", 10);
  run.driver.pipe(other, "a", "y", {20});
  CHECK(run.read(out) == Lines{"a=I4x 10", "a=I4x3y 20"});
}

TEST_CASE("all windows of a key are written to the partition of the key") {
  cs::StreamsBuilder b;
  auto out = windowed_out(10ms);
  b.stream(in).group_by_key().windowed_by(cs::TimeWindows::of(10ms)).count().to_stream().to(out);
  cs::TestDriver::Options options;
  options.partitions = {{"out", 4}};
  cs::TestDriver driver(b.build(), options);
  for (std::int64_t i = 0; i < 40; ++i) driver.pipe(in, "k" + std::to_string(i % 5), "v", {i * 10});
  std::map<std::string, std::set<std::int32_t>> partitions;
  for (const auto& record : driver.read_bytes("out"))
    partitions[record.key->substr(0, record.key->size() - 8)].insert(record.partition);
  REQUIRE(partitions.size() == 5);
  for (const auto& [key, used] : partitions) CHECK(used == std::set{cs::partition_for_key(key, 4)});
}
