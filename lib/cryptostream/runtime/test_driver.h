// TestDriver: a topology under test, without server, thread or clock.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/data/topic.h>
#include <cryptostream/data/windows.h>
#include <cryptostream/dsl/topology.h>
#include <cryptostream/runtime/config.h>
#include <cryptostream/runtime/metrics.h>
#include <cryptostream/state/state_store.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace cryptostream {

/// Runs the production tasks of a topology on a log in memory, one step at a time: what is piped in is handled and
/// (but for Options::commits) committed before pipe() returns. Every failure throws std::runtime_error with the error's
/// message, so that a test ends there. Not thread-safe.
class TestDriver {
 public:
  struct Options {
    ApplicationConfig config{.application_id = "test"};
    Timestamp start{};  ///< the wall clock's first time
    /// Of topics that shall have more than one. Those that match a source's pattern are made at the start; others that
    /// do are when something is piped into them.
    std::map<std::string, std::int32_t> partitions{};
    /// All sub-topologies in one task with one stream time, as the JVM's TopologyTestDriver runs them; else each in its
    /// own tasks, as in production. For topics of one partition.
    bool fused = false;
    /// When it commits. Caches hold back until then; in one of its rounds each task handles all it finds in the log.
    enum class Commits : std::uint8_t {
      always,    ///< after every record
      when_told  ///< in commit() only, as between two commits in production; with exactly_once nothing is read before
    };
    Commits commits = Commits::always;
  };

  explicit TestDriver(Topology topology);
  TestDriver(Topology topology, Options options);
  ~TestDriver();

  /// Appends a record to a topic and handles everything that follows from it. The partition follows from the key, as
  /// with any producer.
  template <class K, class V>
  void pipe(const KafkaTopic<K, V>& topic, const std::type_identity_t<K>& key, const std::type_identity_t<V>& value,
            Timestamp timestamp = {}, HeadersView headers = {}) {
    auto key_bytes = encode<K>(topic.key_serde(), key);
    auto value_bytes = encode<V>(topic.value_serde(), value);
    pipe_bytes(topic.name(), key_bytes, value_bytes, timestamp, headers);
  }

  /// The same with bytes as they are; `partition` negative: by key.
  void pipe_bytes(const std::string& topic, OptionalBytesView key, OptionalBytesView value, Timestamp timestamp = {},
                  HeadersView headers = {}, std::int32_t partition = -1);

  /// A record as it lies in the log.
  struct RawRecord {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    OptionalBytes key{};
    OptionalBytes value{};
    Timestamp timestamp{};
    Headers headers{};
  };

  /// The committed records of a topic that were not read before, partition after partition. Topics that do not exist
  /// yet are empty.
  std::vector<RawRecord> read_bytes(const std::string& topic);

  /// The same, decoded.
  template <class K, class V>
  std::vector<OwnedRecord<K, V>> read(const KafkaTopic<K, V>& topic) {
    std::vector<OwnedRecord<K, V>> records;
    for (auto& raw : read_bytes(topic.name())) {
      auto& record = records.emplace_back();
      decode<K>(topic.key_serde(), raw.key, record.key);
      decode<V>(topic.value_serde(), raw.value, record.value);
      record.timestamp = raw.timestamp;
      record.headers = raw.headers;
    }
    return records;
  }

  /// Lets `records` more records of external sources come in (waiting for their threads at most `patience`) and handles
  /// them.
  void await_source(std::uint64_t records, std::chrono::milliseconds patience = std::chrono::seconds(10));

  /// Moves the wall clock and does what has become due.
  void advance(std::chrono::milliseconds by);

  /// Does again what a task of this topology was given, from the file that its flight recorder wrote
  /// (ApplicationConfig::flight_recorder): fills its stores, then hands it each record, in the recorded order and at
  /// the recorded times. `before` is called before each record with its number, from 0: a place for a breakpoint.
  /// Returns how many records there were.
  std::uint64_t replay(const std::string& file, const std::function<void(std::uint64_t)>& before = {});

  /// The topics that the topology makes for itself, by name, with the settings they have on Kafka. Their records are
  /// read as any topic's.
  const std::map<std::string, TopicSpec>& internal_topics() const;

  /// A store as it is now, for what has no typed look below. Throws std::runtime_error if there is none of that name,
  /// or none for that partition. Valid until restart().
  StateStore& store(const std::string& name, std::int32_t partition = 0);

  /// What a key-value store (of a table, of a processor, the latest versions of a versioned one) holds in all its
  /// partitions.
  template <class K, class V>
  std::map<K, V> key_value_store(const std::string& name, const Serde<K>& keys = required_serde<K>(),
                                 const Serde<V>& values = required_serde<V>()) {
    std::map<K, V> contents;
    for (const auto& row : rows(name)) contents[decoded(keys, row.key)] = decoded(values, row.value);
    return contents;
  }

  /// What the store of a windowed aggregate holds: windows and sessions. The end of a time window is not kept: pass
  /// the windows' size.
  template <class K, class V>
  std::map<Windowed<K>, V> window_store(const std::string& name, std::chrono::milliseconds size = {},
                                        const Serde<K>& keys = required_serde<K>(),
                                        const Serde<V>& values = required_serde<V>()) {
    std::map<Windowed<K>, V> contents;
    for (const auto& row : rows(name)) {
      Windowed<K> key{decoded(keys, row.key), {row.start, size.count() > 0 ? row.start + size : row.end}};
      contents[std::move(key)] = decoded(values, row.value);
    }
    return contents;
  }

  /// An entry of a store as bytes. `timestamp`: of the value, in stores that keep one. `start`, `end`: of windows
  /// (their start alone) and sessions.
  struct Row {
    std::string key;
    std::string value;
    Timestamp timestamp{};
    Timestamp start{};
    Timestamp end{};
  };
  /// All entries of a store in all its partitions; of a versioned one the latest versions.
  std::vector<Row> rows(const std::string& name);

  /// Commits, and handles what that led to. For Commits::when_told.
  void commit();

  /// Throws everything uncommitted away and starts the tasks again, as after a crash.
  void restart();
  /// Commits and starts the tasks again, as with an orderly stop: what the last commit led to is read after it.
  void stop_and_start();

  Broker& broker();
  const Metrics& metrics() const;

 private:
  template <class T>
  static OptionalBytes encode(const Serde<strip_optional_t<T>>& serde, const T& part) {
    OptionalBytes bytes;
    if constexpr (is_optional_v<T>) {
      if (part) serde.encode(*part, bytes.emplace());
    } else {
      serde.encode(part, bytes.emplace());
    }
    return bytes;
  }
  template <class T>
  static void decode(const Serde<strip_optional_t<T>>& serde, const OptionalBytes& bytes, T& into) {
    Result<void> decoded;
    if constexpr (is_optional_v<T>) {
      if (bytes) decoded = serde.decode(*bytes, into.emplace());
    } else {
      if (!bytes) throw std::runtime_error("TestDriver: a null in a topic whose type has no std::optional for it");
      decoded = serde.decode(*bytes, into);
    }
    if (!decoded) throw std::runtime_error("TestDriver: " + decoded.error().message());
  }

  template <class T>
  static T decoded(const Serde<T>& serde, BytesView bytes) {
    T value{};
    if (auto done = serde.decode(bytes, value); !done)
      throw std::runtime_error("TestDriver: " + done.error().message());
    return value;
  }

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cryptostream
