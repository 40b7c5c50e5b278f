// The log a program runs on, as one seam: Kafka, one SQLite file, or memory behind it.
//
// Shaped by Kafka's protocol, so that nothing above needs to know which it is: partitions with offsets, groups with
// committed offsets, transactions that hold records and offsets together, fencing by epoch.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/headers.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cryptostream {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

/// What a topic is made with. Zero or negative: the broker's default.
struct TopicSpec {
  std::string name;
  std::int32_t partitions = 1;
  std::int16_t replication = -1;      ///< Kafka only
  bool compacted = false;             ///< keep at least the last value of each key
  std::int64_t retention_bytes = -1;  ///< per topic on the local log, per partition on Kafka; -1: the broker's default
  std::chrono::milliseconds retention{-1};        ///< by record timestamp; -1: the broker's default
  std::map<std::string, std::string> settings{};  ///< further Kafka topic settings, passed through
};

struct TopicInfo {
  std::string name;
  std::string id;  ///< differs when a topic was deleted and made again
  std::int32_t partitions = 0;
  bool compacted = false;
};

/// A record as it lies in the log. The views are valid until the next call of the Consumer that gave them.
struct LogRecord {
  std::uint32_t slot = 0;  ///< index into the consumer's assignment
  std::int64_t offset = 0;
  Timestamp timestamp;
  OptionalBytesView key;
  OptionalBytesView value;
  HeadersView headers;
};

/// First and one-past-last offset of a partition. Markers and compaction leave holes: a difference is no count of
/// records.
struct OffsetRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

enum class Isolation : std::uint8_t { read_committed, read_uncommitted };

/// Where reading a partition begins.
struct Assignment {
  TopicPartition partition;
  std::int64_t offset = 0;
};

/// Reads assigned partitions in offset order. One thread at a time, except wake_up().
class Consumer {
 public:
  virtual ~Consumer() = default;

  /// Replaces the whole assignment; slot i of the records is assignment i. Errors: configuration (unknown topic or
  /// partition).
  virtual Result<void> assign(std::span<const Assignment> assignment) = 0;

  /// Up to `most` records, waiting at most `timeout` for the first; empty when none came. Within a slot in offset
  /// order. Errors: bad_record never; failure when the position lies outside the log ("offset out of range");
  /// unavailable and temporary are for the caller to retry.
  virtual Result<std::span<const LogRecord>> poll(std::size_t most, std::chrono::milliseconds timeout) = 0;

  /// Continues slot at `offset`. Views given before stay valid until the next poll.
  virtual Result<void> seek(std::uint32_t slot, std::int64_t offset) = 0;

  /// The offset of the next record slot would give; past markers and holes once they have been read over.
  virtual std::int64_t position(std::uint32_t slot) const = 0;

  /// True if nothing was left to read in this slot when it was last polled, and nothing was read since.
  virtual bool caught_up(std::uint32_t slot) const = 0;

  virtual void pause(std::uint32_t slot) = 0;
  virtual void resume(std::uint32_t slot) = 0;

  /// Makes a waiting (or the next) poll return at once. Any thread.
  virtual void wake_up() = 0;
};

/// A committed offset of a group: the next record to read, with a text of the committer's own.
struct CommittedOffset {
  std::int64_t offset = 0;
  std::string metadata{};
};
using Offsets = std::map<TopicPartition, CommittedOffset>;

struct GroupOptions {
  std::string group;        ///< the application.id
  std::string instance;     ///< stable name of this process; empty: a dynamic member
  std::int32_t units = 1;   ///< how many units of work the group shares out (the topology's tasks)
  std::string fingerprint;  ///< the topology's; members with another one are refused while others live
};

/// What the group's protocol told this member since it was last asked.
struct GroupEvent {
  enum class Type : std::uint8_t {
    none,
    assigned,  ///< `units` were added
    revoked,   ///< `units` are to be finished, committed, and given up; then call acknowledge()
    lost,      ///< all units are gone already: drop everything; then call acknowledge(). Until then no commit is taken
  };
  Type type = Type::none;
  std::vector<std::int32_t> units{};
};

/// This process as a member of a group. Thread-safe.
class Group {
 public:
  virtual ~Group() = default;  ///< leaves without ceremony, as a crash would

  /// Waits up to `timeout` for an event. Must be called regularly: a member that stops asking is taken for dead.
  virtual Result<GroupEvent> poll(std::chrono::milliseconds timeout) = 0;
  /// Ends a revocation: its units may go to others. Ends a loss: what is committed now is of the units that come next.
  virtual Result<void> acknowledge() = 0;

  /// The committed offsets of these partitions; those never committed are missing. Waits for pending transactions.
  virtual Result<Offsets> committed(std::span<const TopicPartition> partitions) = 0;
  /// Commits outside any transaction. Errors: fenced (no longer a member, or its units are lost).
  virtual Result<void> commit(const Offsets& offsets) = 0;

  /// Says goodbye, so that others need not wait for a timeout. Idempotent.
  virtual Result<void> leave() = 0;
  virtual const std::string& name() const = 0;
};

/// A record to be appended.
struct OutgoingRecord {
  TopicPartition const* partition = nullptr;  ///< topic and partition; must stay valid during the call only
  Timestamp timestamp;
  OptionalBytesView key;
  OptionalBytesView value;
  HeadersView headers;
};

struct ProducerOptions {
  std::string transactional_id;         ///< empty: not transactional
  std::size_t buffer_bytes = 64 << 20;  ///< bound of what waits to be written; send() flushes or waits beyond it
};

/// What is known of a commit.
enum class CommitOutcome : std::uint8_t {
  committed,
  unknown,  ///< ask again with commit(): it is idempotent until it answers
};

/// Appends records. One thread at a time.
class Producer {
 public:
  virtual ~Producer() = default;  ///< what was not flushed or committed is dropped

  /// Copies the record into the producer's buffer. Outside a transaction it becomes visible by flush() at the latest;
  /// inside, with commit(). Errors: configuration (unknown topic), bad_record (larger than the broker takes),
  /// unavailable, fenced.
  virtual Result<void> send(const OutgoingRecord& record) = 0;

  /// Returns when all sent records are in the log (transactional: acknowledged, not yet visible).
  virtual Result<void> flush(std::chrono::milliseconds timeout) = 0;

  // Transactional producers only. A producer whose id was taken over by a newer one gets `fenced` from each of these.
  virtual Result<void> begin() = 0;
  /// Offsets of `group` that become committed with this transaction, and only with it.
  virtual Result<void> send_offsets(Group& group, const Offsets& offsets) = 0;
  virtual Result<CommitOutcome> commit() = 0;
  virtual Result<void> abort() = 0;
};

/// One log. Thread-safe; made by connect(), which does not touch the network or the disk: the first call here does.
class Broker {
 public:
  virtual ~Broker() = default;

  /// A short name for messages, without secrets: "local log /home/u/log.db".
  virtual std::string description() const = 0;
  /// The log's identity: random, made with the log, never changed. Sinks and stores keep it beside their positions.
  virtual Result<std::string> log_id() = 0;
  /// How long commits may be apart by default on this broker (10 ms local, 100 ms Kafka).
  virtual std::chrono::milliseconds default_commit_interval() const = 0;

  /// Sorted by name.
  virtual Result<std::vector<TopicInfo>> topics() = 0;
  /// Nothing if there is no such topic.
  virtual Result<std::optional<TopicInfo>> topic(const std::string& name) = 0;
  /// Makes the topic, or does nothing if it exists with at least this many partitions. Errors: configuration (exists
  /// with fewer partitions or another compaction, or a bad name).
  virtual Result<void> create_topic(const TopicSpec& spec) = 0;
  virtual Result<void> delete_topic(const std::string& name) = 0;

  virtual Result<OffsetRange> offsets(const TopicPartition& partition, Isolation isolation) = 0;
  /// The first offset whose record has a timestamp >= `time`; the end offset if there is none.
  virtual Result<std::int64_t> offset_at(const TopicPartition& partition, Timestamp time) = 0;

  virtual Result<std::unique_ptr<Consumer>> consumer(Isolation isolation) = 0;
  /// With a transactional id: fences the id's former holder and ends its open transaction.
  virtual Result<std::unique_ptr<Producer>> producer(const ProducerOptions& options) = 0;
  virtual Result<std::unique_ptr<Group>> join(const GroupOptions& options) = 0;

  /// Names of all groups that have committed offsets or members, and a group's offsets, without joining. For tools.
  virtual Result<std::vector<std::string>> groups() = 0;
  virtual Result<Offsets> group_offsets(const std::string& group) = 0;
  /// Names of the group's live members, where the log keeps a list of them; nothing where joining a group that is at
  /// work is refused anyway.
  virtual Result<std::vector<std::string>> group_members(const std::string& group) {
    (void)group;
    return std::vector<std::string>();
  }

  /// Tells the log that `holder` (a sink, a group) still needs `partition` from `offset` on: retention must not pass
  /// it. A negative offset lets go. Kafka: no-op.
  virtual Result<void> hold(const std::string& holder, const TopicPartition& partition, std::int64_t offset) = 0;
};

}  // namespace cryptostream
