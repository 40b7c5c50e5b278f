// What every broker must do, written once: each test case runs on each kind of log below.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/broker/memory.h>

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace conformance {

using namespace cryptostream;
using namespace std::chrono_literals;

/// The value of a result that must be one; the test ends with the error's message if it is not.
template <class T>
T must(Result<T> result, const char* what = "") {
  if (!result) FAIL(what, ": ", to_string(result.error().kind()), ": ", result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// The kind of an error that must be one.
template <class T>
ErrorKind error_kind(const Result<T>& result) {
  if (result) FAIL("an error was expected");
  return result.error().kind();
}

/// An error's message; empty for success.
template <class T>
std::string message(const Result<T>& result) {
  return result ? std::string() : result.error().message();
}

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

struct MemoryLog {
  static constexpr bool open_transactions_lie_in_the_log = true;
  static constexpr bool alone = true;              // another Log is another log
  static constexpr bool topics_have_ids = true;    // a topic made again differs from the former one
  static constexpr std::int64_t earliest_time = 0;
  std::shared_ptr<Broker> broker = memory_broker();
};

/// A record as a test holds it.
struct Kept {
  std::uint32_t slot = 0;
  std::int64_t offset = 0;
  std::int64_t time = 0;
  OptionalBytes key;
  OptionalBytes value;
  std::string headers;
  bool operator==(const Kept&) const = default;
};

inline Kept keep(const LogRecord& record) {
  return {record.slot,
          record.offset,
          record.timestamp.ms,
          OptionalBytes(record.key),
          OptionalBytes(record.value),
          std::string(record.headers.packed())};
}

inline void make_topic(Broker& broker, const std::string& name, std::int32_t partitions = 1) {
  TopicSpec spec;
  spec.name = name;
  spec.partitions = partitions;
  must(broker.create_topic(spec), "create_topic");
}

inline Result<void> try_send(Producer& producer, const TopicPartition& to, OptionalBytesView key,
                             OptionalBytesView value, std::int64_t time = 0, HeadersView headers = {}) {
  return producer.send({&to, {time}, key, value, headers});
}
inline void send(Producer& producer, const TopicPartition& to, OptionalBytesView key, OptionalBytesView value,
                 std::int64_t time = 0, HeadersView headers = {}) {
  must(try_send(producer, to, key, value, time, headers), "send");
}

/// A plain producer's way of writing values "`first`", "`first`+1", … under one key.
inline void write(Broker& broker, const TopicPartition& to, int first, int count) {
  auto producer = must(broker.producer({}));
  for (int i = first; i < first + count; ++i) send(*producer, to, "k", std::to_string(i), i);
  must(producer->flush(10s), "flush");
}

inline std::unique_ptr<Producer> transactional(Broker& broker, const std::string& id) {
  ProducerOptions options;
  options.transactional_id = id;
  return must(broker.producer(options), "producer");
}

inline void commit(Producer& producer) { CHECK(must(producer.commit(), "commit") == CommitOutcome::committed); }

/// Everything from the consumer's position to the end of its slots.
inline std::vector<Kept> drain(Consumer& consumer, std::size_t most = 1000) {
  std::vector<Kept> all;
  for (;;) {
    auto batch = must(consumer.poll(most, 0ms), "poll");
    if (batch.empty()) return all;
    CHECK(batch.size() <= most);
    for (auto& record : batch) all.push_back(keep(record));
  }
}

inline std::unique_ptr<Consumer> reader(Broker& broker, const TopicPartition& partition, std::int64_t from = 0,
                                        Isolation isolation = Isolation::read_committed) {
  auto consumer = must(broker.consumer(isolation), "consumer");
  Assignment assignment{partition, from};
  must(consumer->assign({&assignment, 1}), "assign");
  return consumer;
}

inline std::vector<std::string> values(const std::vector<Kept>& records) {
  std::vector<std::string> texts;
  for (auto& record : records) texts.push_back(record.value.value_or("(null)"));
  return texts;
}

/// The committed values of a partition, from its beginning.
inline std::vector<std::string> read_values(Broker& broker, const TopicPartition& partition,
                                            Isolation isolation = Isolation::read_committed) {
  auto begin = must(broker.offsets(partition, isolation)).begin;
  return values(drain(*reader(broker, partition, begin, isolation)));
}

using Texts = std::vector<std::string>;

inline std::unique_ptr<Group> join(Broker& broker, const std::string& name, std::int32_t units = 1) {
  GroupOptions options;
  options.group = name;
  options.units = units;
  return must(broker.join(options), "join");
}

/// Waits until `done` holds, asking again and again; fails the test after ten seconds.
template <class Done>
void eventually(const char* what, Done done) {
  auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("still not so after 10 s: ", what);
    std::this_thread::sleep_for(2ms);
  }
}

}  // namespace conformance
