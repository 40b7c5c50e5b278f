// The state behind a memory broker: partitions, transactions, groups. One mutex guards it all.
#pragma once

#include <cryptostream/broker/memory.h>
#include <cryptostream/broker/memory_group.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cryptostream::memory {

enum class RecordState : std::uint8_t { committed, open, aborted, marker };

struct StoredRecord {
  std::int64_t offset = 0;
  Timestamp timestamp;
  RecordState state = RecordState::committed;
  std::int64_t producer = 0;  // of a transactional record or marker
  std::uint64_t number = 0;   // of all records, in the order in which they were appended
  OptionalBytes key;
  OptionalBytes value;
  std::string headers;
  std::optional<Timestamp> tombstone_since;  // when compaction first met this null value

  std::size_t bytes() const { return (key ? key->size() : 0) + (value ? value->size() : 0) + headers.size(); }
};

struct Partition {
  std::deque<StoredRecord> records;  // by offset; compaction leaves holes
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t bytes = 0;
  std::map<std::int64_t, std::int64_t> open;  // producer → first offset of its open transaction
  std::size_t appended_since_compaction = 0;
  std::size_t kept_by_compaction = 0;

  std::int64_t last_stable() const;
  std::int64_t end_for(Isolation isolation) const {
    return isolation == Isolation::read_committed ? last_stable() : end;
  }
  /// The index of the first record at or after `offset`.
  std::size_t index(std::int64_t offset) const;
  void append(StoredRecord record);
  void drop_front();
};

struct Topic {
  TopicInfo info;
  TopicSpec spec;
  bool deleted = false;
  std::vector<Partition> partitions;
};
using TopicPtr = std::shared_ptr<Topic>;

/// The current holder of a transactional id, and its open transaction.
struct TransactionalId {
  std::int64_t producer = 0;
  std::int64_t epoch = 0;
  bool open = false;
  bool timed_out = false;
  std::chrono::nanoseconds began{0};
  std::set<std::pair<TopicPtr, std::int32_t>> touched;
  std::map<std::string, Offsets> offsets;  // by group
};

class Log {
 public:
  explicit Log(MemoryBrokerOptions options);

  // Everything below is called with `mutex` held.
  TopicPtr find(const std::string& name) const;
  Result<std::pair<TopicPtr, Partition*>> find(const TopicPartition& partition) const;
  void append(const TopicPtr& topic, const OutgoingRecord& record, TransactionalId* transaction);
  void end_transaction(TransactionalId& id, bool commit);
  /// Aborts transactions older than the timeout.
  void expire_transactions();
  /// Retention and compaction of one topic.
  void tidy(Topic& topic);
  void erase_topic(const std::string& name);
  /// Tells everybody who waits that something may have changed.
  void changed();
  Result<void> check_known(const Offsets& offsets) const;

  const MemoryBrokerOptions options;
  const Clock& clock;
  const std::string log_id;

  std::mutex mutex;
  std::condition_variable changes;
  std::uint64_t version = 0;

  std::map<std::string, TopicPtr> topics;
  std::map<std::string, TransactionalId> transactional_ids;
  std::map<std::string, GroupState> groups;
  std::map<std::string, std::map<TopicPartition, std::int64_t>> holds;
  std::int64_t next_id = 1;  // of topics, producers and members
  std::uint64_t next_number = 0;

 private:
  std::int64_t held_from(const TopicPartition& partition) const;
  void compact(Partition& partition, std::int64_t bound);
};

std::unique_ptr<Consumer> make_consumer(std::shared_ptr<Log> log, Isolation isolation);
std::unique_ptr<Producer> make_producer(std::shared_ptr<Log> log, const ProducerOptions& options);
Result<std::unique_ptr<Group>> make_group(std::shared_ptr<Log> log, const GroupOptions& options);

/// Adds offsets to the open transaction of `id`. Errors: fenced, configuration. With `log.mutex` held.
Result<void> add_offsets(Log& log, TransactionalId& id, Group& group, const Offsets& offsets);

}  // namespace cryptostream::memory
