// Topics, records, positions: what is written comes back.
#include "logs.h"

#include <set>

using namespace conformance;

TEST_CASE_TEMPLATE("a record comes back as it was sent, nulls and empty strings apart", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  TopicPartition to{"t", 0};
  Headers headers;
  headers.add("a", "1").add("null", std::nullopt).add("a", "2").add("", "").add("bytes", std::string_view("\0\xff", 2));
  auto producer = must(log.broker->producer({}));
  send(*producer, to, "key", "value", 1'700'000'000'123, headers);
  send(*producer, to, std::nullopt, "value", -5);
  send(*producer, to, "key", std::nullopt);
  send(*producer, to, "", "");
  send(*producer, to, std::nullopt, std::nullopt);
  must(producer->flush(10s));

  auto records = drain(*reader(*log.broker, to));
  REQUIRE(records.size() == 5);
  CHECK(records[0] == Kept{0, 0, 1'700'000'000'123, "key", "value", std::string(headers.view().packed())});
  CHECK(records[1] == Kept{0, 1, -5, std::nullopt, "value", ""});
  CHECK(records[2] == Kept{0, 2, Log::earliest_time, "key", std::nullopt, ""});
  CHECK(records[3] == Kept{0, 3, Log::earliest_time, "", "", ""});
  CHECK(records[4] == Kept{0, 4, Log::earliest_time, std::nullopt, std::nullopt, ""});

  HeadersView back(records[0].headers);
  std::vector<std::string> names;
  for (auto header : back) names.emplace_back(header.name);
  CHECK(names == std::vector<std::string>{"a", "null", "a", "", "bytes"});
  CHECK(back.last("a") == "2");
  CHECK_FALSE(back.last("null"));
}

TEST_CASE_TEMPLATE("each partition keeps the order of its own records", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t", 3);
  auto producer = must(log.broker->producer({}));
  for (int i = 0; i < 3000; ++i) send(*producer, {"t", i % 3}, "k", std::to_string(i));
  must(producer->flush(10s));

  auto consumer = must(log.broker->consumer(Isolation::read_committed));
  std::vector<Assignment> assignment{{{"t", 2}, 0}, {{"t", 0}, 0}, {{"t", 1}, 0}};
  must(consumer->assign(assignment));
  std::vector<int> next{2, 0, 1};
  std::vector<std::int64_t> offset{0, 0, 0};
  for (auto& record : drain(*consumer, 100)) {
    CHECK(record.value == std::to_string(next[record.slot]));
    CHECK(record.offset == offset[record.slot]);
    next[record.slot] += 3;
    ++offset[record.slot];
  }
  CHECK(offset == std::vector<std::int64_t>{1000, 1000, 1000});
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    CHECK(consumer->position(slot) == 1000);
    CHECK(consumer->caught_up(slot));
  }
}

TEST_CASE_TEMPLATE("a poll takes from every slot that has records", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t", 2);
  write(*log.broker, {"t", 0}, 0, 500);
  write(*log.broker, {"t", 1}, 0, 500);
  auto consumer = must(log.broker->consumer(Isolation::read_committed));
  std::vector<Assignment> assignment{{{"t", 0}, 0}, {{"t", 1}, 0}};
  must(consumer->assign(assignment));
  std::set<std::uint32_t> slots;
  auto take = [&](std::chrono::milliseconds wait) {
    for (auto& record : must(consumer->poll(100, wait))) slots.insert(record.slot);
  };
  take(0ms);
  if constexpr (Log::alone) CHECK_FALSE(consumer->caught_up(0));
  // A cluster's answers for its partitions come one after the other, and the first may be read before the second is
  // there.
  auto deadline = std::chrono::steady_clock::now() + (Log::alone ? 0s : 10s);
  while (slots.size() < 2 && std::chrono::steady_clock::now() < deadline) take(100ms);
  CHECK(slots.size() == 2);
}

TEST_CASE_TEMPLATE("an empty partition is caught up once it was polled, and not before", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto consumer = reader(*log.broker, {"t", 0});
  CHECK_FALSE(consumer->caught_up(0));
  CHECK(drain(*consumer).empty());
  CHECK(consumer->caught_up(0));
  write(*log.broker, {"t", 0}, 0, 10);
  CHECK(must(consumer->poll(5, 0ms)).size() == 5);
  CHECK_FALSE(consumer->caught_up(0));
  drain(*consumer);
  CHECK(consumer->caught_up(0));
}

TEST_CASE_TEMPLATE("seek goes back and forward, and out of the log is an error", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  write(*log.broker, {"t", 0}, 0, 10);
  auto consumer = reader(*log.broker, {"t", 0}, 4);
  CHECK(values(drain(*consumer)).front() == "4");
  must(consumer->seek(0, 8));
  CHECK(consumer->position(0) == 8);
  CHECK(values(drain(*consumer)) == Texts{"8", "9"});
  must(consumer->seek(0, 10));
  CHECK(drain(*consumer).empty());
  for (auto outside : {11, -1}) {
    must(consumer->seek(0, outside));
    auto polled = consumer->poll(1, 0ms);
    CHECK(error_kind(polled) == ErrorKind::failure);
    CHECK(contains(message(polled), "offset out of range"));
  }
  must(consumer->seek(0, 0));
  CHECK(drain(*consumer).size() == 10);
}

TEST_CASE_TEMPLATE("a paused slot gives nothing and keeps its position", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t", 2);
  write(*log.broker, {"t", 0}, 0, 3);
  write(*log.broker, {"t", 1}, 0, 3);
  auto consumer = must(log.broker->consumer(Isolation::read_committed));
  std::vector<Assignment> assignment{{{"t", 0}, 0}, {{"t", 1}, 0}};
  must(consumer->assign(assignment));
  consumer->pause(0);
  for (auto& record : drain(*consumer)) CHECK(record.slot == 1);
  CHECK(consumer->position(0) == 0);
  consumer->resume(0);
  auto rest = drain(*consumer);
  CHECK(rest.size() == 3);
  CHECK(rest[0].slot == 0);
}

TEST_CASE_TEMPLATE("offsets and offset_at follow what was written", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  TopicPartition to{"t", 0};
  auto range = must(log.broker->offsets(to, Isolation::read_committed));
  CHECK(range.begin == 0);
  CHECK(range.end == 0);
  CHECK(must(log.broker->offset_at(to, {5})) == 0);

  constexpr std::int64_t base = 1'000'000;
  auto producer = must(log.broker->producer({}));
  for (int round = 0; round < 3; ++round) {  // times go up by 4999 with dips, over several flushes
    for (int i = 0; i < 1667; ++i) {
      auto n = round * 1667 + i;
      send(*producer, to, "k", "v", base + (n % 7 == 3 ? n - 500 : n));
    }
    must(producer->flush(10s));
  }
  CHECK(must(log.broker->offsets(to, Isolation::read_uncommitted)).end == 5001);
  for (std::int64_t time : {-1000, 0, 1, 3, 1023, 1024, 1025, 2048, 3000, 4999, 5000}) {
    std::int64_t expected = 0;
    while (expected < 5001 && (expected % 7 == 3 ? expected - 500 : expected) < time) ++expected;
    CHECK(must(log.broker->offset_at(to, {base + time})) == expected);
  }
  CHECK(must(log.broker->offset_at(to, {base + 5001})) == 5001);
}

TEST_CASE_TEMPLATE("large records come back whole", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  std::vector<std::string> sent;
  for (std::size_t bytes : {std::size_t{1} << 20, std::size_t{16} << 20}) {
    std::string value(bytes, 'x');
    for (std::size_t i = 0; i < bytes; i += 1021) value[i] = static_cast<char>(i / 1021);
    sent.push_back(std::move(value));
  }
  auto producer = transactional(*log.broker, "p");
  must(producer->begin());
  for (auto& value : sent) send(*producer, {"t", 0}, "k", value);
  send(*producer, {"t", 0}, "k", "small");
  commit(*producer);
  auto records = drain(*reader(*log.broker, {"t", 0}));
  REQUIRE(records.size() == 3);
  CHECK((records[0].value == sent[0]));
  CHECK((records[1].value == sent[1]));
  CHECK(records[2].value == "small");
}

TEST_CASE_TEMPLATE("a record beyond the log's limit is a bad record, and the rest goes on", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto producer = must(log.broker->producer({}));
  send(*producer, {"t", 0}, "k", "before");
  std::string huge((std::size_t{128} << 20) + 1, 'x');
  CHECK(error_kind(try_send(*producer, {"t", 0}, std::nullopt, huge)) == ErrorKind::bad_record);
  send(*producer, {"t", 0}, "k", "after");
  must(producer->flush(10s));
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"before", "after"});
}

TEST_CASE_TEMPLATE("what is not there is named in a configuration error", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t", 2);
  auto consumer = must(log.broker->consumer(Isolation::read_committed));
  auto producer = must(log.broker->producer({}));
  for (auto& missing : {TopicPartition{"nowhere", 0}, TopicPartition{"t", 2}, TopicPartition{"t", -1}}) {
    Assignment assignment{missing, 0};
    CHECK(error_kind(consumer->assign({&assignment, 1})) == ErrorKind::configuration);
    CHECK(error_kind(try_send(*producer, missing, "k", "v")) == ErrorKind::configuration);
    CHECK(error_kind(log.broker->offsets(missing, Isolation::read_committed)) == ErrorKind::configuration);
    CHECK(error_kind(log.broker->offset_at(missing, {0})) == ErrorKind::configuration);
    auto held = log.broker->hold("h", missing, 0);
    CHECK(error_kind(held) == ErrorKind::configuration);
    CHECK(held.error().message().find(missing.topic) != std::string::npos);
  }
  CHECK(error_kind(log.broker->delete_topic("nowhere")) == ErrorKind::configuration);
  CHECK_FALSE(must(log.broker->topic("nowhere")));
}

TEST_CASE_TEMPLATE("topics are made once, listed by name, and refused when they cannot be what is asked", Log,
                   ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "b", 3);
  make_topic(*log.broker, "a");
  make_topic(*log.broker, "b", 2);
  auto topics = must(log.broker->topics());
  REQUIRE(topics.size() == 2);
  CHECK(topics[0].name == "a");
  CHECK(topics[1].name == "b");
  CHECK(topics[1].partitions == 3);
  CHECK(topics[0].id != topics[1].id);

  TopicSpec spec;
  spec.name = "b";
  spec.partitions = 4;
  CHECK(error_kind(log.broker->create_topic(spec)) == ErrorKind::configuration);
  spec.partitions = 3;
  spec.compacted = true;
  CHECK(error_kind(log.broker->create_topic(spec)) == ErrorKind::configuration);
  for (const auto& bad : Texts{"", ".", "..", "with space", "slash/", "ü", std::string(250, 'x')}) {
    spec.name = bad;
    CHECK(error_kind(log.broker->create_topic(spec)) == ErrorKind::configuration);
  }
  spec.name = "none";
  spec.partitions = 0;
  CHECK(error_kind(log.broker->create_topic(spec)) == ErrorKind::configuration);
}

TEST_CASE_TEMPLATE("a topic deleted and made again has a new id, and its readers are told", Log, ALL_LOGS) {
  if (!Log::topics_have_ids) return;
  Log log;
  make_topic(*log.broker, "t");
  write(*log.broker, {"t", 0}, 0, 5);
  auto before = must(log.broker->topic("t"))->id;
  auto consumer = reader(*log.broker, {"t", 0});
  CHECK(must(consumer->poll(2, 0ms)).size() == 2);
  auto group = join(*log.broker, "g");
  must(group->commit({{{"t", 0}, {5}}}));

  must(log.broker->delete_topic("t"));
  CHECK_FALSE(must(log.broker->topic("t")));
  make_topic(*log.broker, "t");
  CHECK(must(log.broker->topic("t"))->id != before);
  write(*log.broker, {"t", 0}, 100, 5);
  auto polled = consumer->poll(10, 0ms);
  CHECK(error_kind(polled) == ErrorKind::failure);
  CHECK(contains(message(polled), "deleted"));
  TopicPartition partition{"t", 0};
  CHECK(must(group->committed({&partition, 1})).empty());
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"100", "101", "102", "103", "104"});
}

TEST_CASE_TEMPLATE("the log has an identity that stays", Log, ALL_LOGS) {
  Log log;
  Log other;
  auto id = must(log.broker->log_id());
  CHECK(id.size() >= 16);
  make_topic(*log.broker, "t");
  CHECK(must(log.broker->log_id()) == id);
  CHECK((must(other.broker->log_id()) != id) == Log::alone);
}

TEST_CASE_TEMPLATE("a waiting poll returns when a record comes", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto consumer = reader(*log.broker, {"t", 0});
  CHECK(drain(*consumer).empty());
  auto began = std::chrono::steady_clock::now();
  std::jthread writer([&] { write(*log.broker, {"t", 0}, 7, 1); });
  auto batch = must(consumer->poll(10, 20s));
  REQUIRE(batch.size() == 1);
  CHECK(batch[0].value == "7");
  CHECK(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE_TEMPLATE("wake_up ends a waiting poll, or the next one", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto consumer = reader(*log.broker, {"t", 0});
  auto began = std::chrono::steady_clock::now();
  consumer->wake_up();
  CHECK(must(consumer->poll(10, 20s)).empty());
  std::jthread waker([&] { consumer->wake_up(); });
  CHECK(must(consumer->poll(10, 20s)).empty());
  CHECK(std::chrono::steady_clock::now() - began < 10s);
}

TEST_CASE_TEMPLATE("a poll without records ends at its timeout", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto consumer = reader(*log.broker, {"t", 0});
  auto began = std::chrono::steady_clock::now();
  CHECK(must(consumer->poll(10, 30ms)).empty());
  auto waited = std::chrono::steady_clock::now() - began;
  CHECK(waited >= 30ms);
  CHECK(waited < 10s);
}

TEST_CASE_TEMPLATE("what a producer did not flush is dropped or whole, never half", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  {
    ProducerOptions options;
    options.buffer_bytes = 1000;
    auto producer = must(log.broker->producer(options));
    for (int i = 0; i < 100; ++i) send(*producer, {"t", 0}, "k", std::string(90, 'x') + std::to_string(i));
  }
  auto records = drain(*reader(*log.broker, {"t", 0}));
  CHECK(records.size() >= 90);  // beyond its bound the buffer was written
  for (std::size_t i = 0; i < records.size(); ++i) CHECK(records[i].value == std::string(90, 'x') + std::to_string(i));
}
