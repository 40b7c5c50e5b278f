// What is deleted by itself, and what never is.
#include "logs.h"

#include <map>

using namespace conformance;

namespace {

/// Writes and commits 100 records of 1,000 bytes.
void fill(Broker& broker, const TopicPartition& to, int rounds = 1) {
  auto producer = must(broker.producer({}));
  for (int i = 0; i < 100 * rounds; ++i) {
    send(*producer, to, "key", std::string(997, 'x'), 1'000'000 + i);
    if (i % 100 == 99) must(producer->flush(10s));
  }
}

TopicSpec bounded(const std::string& name, std::int64_t bytes) {
  TopicSpec spec;
  spec.name = name;
  spec.retention_bytes = bytes;
  return spec;
}

std::int64_t begin_of(Broker& broker, const TopicPartition& partition) {
  return must(broker.offsets(partition, Isolation::read_committed)).begin;
}

}  // namespace

TEST_CASE_TEMPLATE("a topic beyond its bytes loses its oldest records, and readers of them get an error", Log,
                   ALL_LOGS) {
  Log log;
  must(log.broker->create_topic(bounded("t", 200'000)));
  TopicPartition partition{"t", 0};
  auto late = reader(*log.broker, partition);
  fill(*log.broker, partition, 10);
  eventually("oldest records deleted", [&] { return begin_of(*log.broker, partition) >= 800; });
  CHECK(begin_of(*log.broker, partition) == 800);
  auto polled = late->poll(1, 0ms);
  CHECK(error_kind(polled) == ErrorKind::failure);
  CHECK(contains(message(polled), "offset out of range"));
  CHECK(drain(*reader(*log.broker, partition, 800)).size() == 200);
  CHECK(must(log.broker->offset_at(partition, {0})) == 800);
}

TEST_CASE_TEMPLATE("retention never passes what a group or a holder still needs", Log, ALL_LOGS) {
  Log log;
  must(log.broker->create_topic(bounded("t", 100'000)));
  TopicPartition partition{"t", 0};
  auto group = join(*log.broker, "g");
  must(group->commit({{partition, {0}}}));
  must(log.broker->hold("sink", partition, 150));
  fill(*log.broker, partition, 5);
  CHECK(begin_of(*log.broker, partition) == 0);
  must(group->commit({{partition, {300}}}));
  fill(*log.broker, partition);
  eventually("deleted up to the hold", [&] { return begin_of(*log.broker, partition) == 150; });
  must(log.broker->hold("sink", partition, 400));
  fill(*log.broker, partition);
  eventually("deleted up to the group's offset", [&] { return begin_of(*log.broker, partition) == 300; });
  must(log.broker->hold("sink", partition, -1));
  must(group->commit({{partition, {700}}}));
  fill(*log.broker, partition);
  eventually("deleted down to the bound", [&] { return begin_of(*log.broker, partition) == 700; });
}

TEST_CASE_TEMPLATE("records older than a topic's time go, younger ones stay", Log, ALL_LOGS) {
  Log log;
  TopicSpec spec;
  spec.name = "t";
  spec.retention = 1h;
  must(log.broker->create_topic(spec));
  TopicPartition partition{"t", 0};
  auto now = system_clock().now().ms;
  auto producer = must(log.broker->producer({}));
  for (int i = 0; i < 50; ++i) send(*producer, partition, "k", "old", now - 7'200'000);
  for (int i = 0; i < 50; ++i) send(*producer, partition, "k", "young", now);
  must(producer->flush(10s));
  eventually("old records deleted", [&] { return begin_of(*log.broker, partition) == 50; });
  CHECK(read_values(*log.broker, partition) == Texts(50, "young"));
}

TEST_CASE_TEMPLATE("a compacted topic keeps the last value of every key, at its offset", Log, ALL_LOGS) {
  Log log;
  TopicSpec spec;
  spec.name = "t";
  spec.compacted = true;
  must(log.broker->create_topic(spec));
  TopicPartition partition{"t", 0};
  auto producer = must(log.broker->producer({}));
  std::map<std::string, std::pair<std::int64_t, OptionalBytes>> last;
  std::int64_t offset = 0;
  for (int round = 0; round < 60; ++round) {
    for (int key = 0; key < 100; ++key) {
      if (key < 10 && round > 20) continue;  // keys that are not written for long
      auto name = "key" + std::to_string(key);
      OptionalBytes value = std::to_string(round);
      if (key == 50 && round >= 59) value.reset();  // a deletion stays for a day
      send(*producer, partition, name, value ? OptionalBytesView(*value) : OptionalBytesView());
      last[name] = {offset++, value};
    }
    must(producer->flush(10s));
  }
  std::size_t count = 0;
  eventually("compaction", [&] {
    auto records = drain(*reader(*log.broker, partition));
    count = records.size();
    std::map<std::string, std::pair<std::int64_t, OptionalBytes>> seen;
    for (auto& record : records) seen[*record.key] = {record.offset, record.value};
    CHECK((seen == last));
    return count < 3'000;
  });
  auto consumer = reader(*log.broker, partition, 5);  // a hole is no error
  CHECK(drain(*consumer).size() <= count);
  CHECK(consumer->position(0) == offset);
}
