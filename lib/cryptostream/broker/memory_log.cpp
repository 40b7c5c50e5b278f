#include <cryptostream/broker/memory_log.h>

#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/core/log.h>

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace cryptostream::memory {
namespace {

/// Null values are kept so long after compaction first met them, so that whoever lags behind still learns of the
/// deletion.
constexpr std::chrono::milliseconds tombstone_life = std::chrono::hours(24);
constexpr std::size_t least_to_compact = 1'000;

}  // namespace

std::int64_t Partition::last_stable() const {
  auto stable = end;
  for (auto& [producer, first] : open) stable = std::min(stable, first);
  return stable;
}

std::size_t Partition::index(std::int64_t offset) const {
  auto before = [](const StoredRecord& record, std::int64_t wanted) { return record.offset < wanted; };
  return static_cast<std::size_t>(std::lower_bound(records.begin(), records.end(), offset, before) - records.begin());
}

void Partition::append(StoredRecord record) {
  record.offset = end++;
  bytes += static_cast<std::int64_t>(record.bytes());
  records.push_back(std::move(record));
  ++appended_since_compaction;
}

void Partition::drop_front() {
  bytes -= static_cast<std::int64_t>(records.front().bytes());
  records.pop_front();
  begin = records.empty() ? end : records.front().offset;
}

Log::Log(MemoryBrokerOptions given)
    : options(std::move(given)),
      clock(options.clock != nullptr ? *options.clock : system_clock()),
      log_id(options.log_id.empty() ? random_id() : options.log_id) {}

TopicPtr Log::find(const std::string& name) const {
  auto found = topics.find(name);
  return found == topics.end() ? nullptr : found->second;
}

Result<std::pair<TopicPtr, Partition*>> Log::find(const TopicPartition& partition) const {
  auto topic = find(partition.topic);
  if (!topic || partition.partition < 0 || partition.partition >= topic->info.partitions)
    return fail(unknown_topic(partition, topic ? std::optional(topic->info) : std::nullopt, "the memory log"));
  auto* found = &topic->partitions[static_cast<std::size_t>(partition.partition)];
  return std::pair{std::move(topic), found};
}

Result<void> Log::check_known(const Offsets& offsets) const {
  for (auto& [partition, offset] : offsets) CRYPTOSTREAM_TRY(find(partition));
  return {};
}

void Log::changed() {
  ++version;
  changes.notify_all();
}

void Log::append(const TopicPtr& topic, const OutgoingRecord& record, TransactionalId* transaction) {
  auto number = record.partition->partition;
  auto& partition = topic->partitions[static_cast<std::size_t>(number)];
  StoredRecord stored;
  stored.number = next_number++;
  stored.timestamp = record.timestamp;
  stored.key = record.key;
  stored.value = record.value;
  stored.headers = record.headers.packed();
  if (transaction != nullptr) {
    stored.state = RecordState::open;
    stored.producer = transaction->producer;
    if (transaction->touched.emplace(topic, number).second)
      partition.open.emplace(transaction->producer, partition.end);
  }
  partition.append(std::move(stored));
}

void Log::end_transaction(TransactionalId& id, bool commit) {
  auto touched = std::exchange(id.touched, {});
  auto offsets = std::exchange(id.offsets, {});
  id.open = false;
  for (auto& [topic, number] : touched) {
    if (topic->deleted) continue;
    auto& partition = topic->partitions[static_cast<std::size_t>(number)];
    auto first = partition.open.extract(id.producer);
    for (auto i = partition.index(first.mapped()); i < partition.records.size(); ++i) {
      auto& record = partition.records[i];
      if (record.state == RecordState::open && record.producer == id.producer)
        record.state = commit ? RecordState::committed : RecordState::aborted;
    }
    StoredRecord marker;
    marker.timestamp = clock.now();
    marker.state = RecordState::marker;
    marker.producer = id.producer;
    partition.append(std::move(marker));
  }
  for (auto& [name, group_offsets] : offsets) {
    auto& group = groups[name];
    for (auto& [partition, offset] : group_offsets) {
      if (auto pending = group.pending.find(partition); pending != group.pending.end() && --pending->second == 0)
        group.pending.erase(pending);
      if (commit && find(partition)) group.committed.insert_or_assign(partition, offset);
    }
  }
  for (auto& [topic, number] : touched) tidy(*topic);
  changed();
}

void Log::expire_transactions() {
  if (options.transaction_timeout.count() == 0) return;
  auto oldest = clock.monotonic() - options.transaction_timeout;
  for (auto& [name, id] : transactional_ids) {
    if (!id.open || id.began >= oldest) continue;
    end_transaction(id, false);
    id.timed_out = true;
  }
}

std::int64_t Log::held_from(const TopicPartition& partition) const {
  auto held = std::numeric_limits<std::int64_t>::max();
  for (auto& [name, group] : groups)
    if (auto found = group.committed.find(partition); found != group.committed.end())
      held = std::min(held, found->second.offset);
  for (auto& [holder, partitions] : holds)
    if (auto found = partitions.find(partition); found != partitions.end()) held = std::min(held, found->second);
  return held;
}

void Log::tidy(Topic& topic) {
  auto& spec = topic.spec;
  if (topic.deleted || options.keep_everything) return;
  if (!topic.info.compacted && spec.retention_bytes <= 0 && spec.retention.count() <= 0) return;
  std::vector<std::int64_t> bounds;
  std::int64_t total = 0;
  for (std::int32_t i = 0; i < topic.info.partitions; ++i) {
    auto& partition = topic.partitions[static_cast<std::size_t>(i)];
    auto bound = std::min(partition.last_stable(), held_from({topic.info.name, i}));
    bounds.push_back(bound);
    if (topic.info.compacted &&
        partition.appended_since_compaction >= std::max(least_to_compact, partition.kept_by_compaction))
      compact(partition, bound);
    if (spec.retention.count() > 0) {
      auto oldest = clock.now() - spec.retention;
      while (!partition.records.empty() && partition.records.front().offset < bound &&
             partition.records.front().timestamp < oldest)
        partition.drop_front();
    }
    total += partition.bytes;
  }
  if (spec.retention_bytes <= 0) return;
  for (std::size_t i = 0; total > spec.retention_bytes && i < topic.partitions.size(); ++i) {
    auto& partition = topic.partitions[i];
    while (total > spec.retention_bytes && !partition.records.empty() && partition.records.front().offset < bounds[i]) {
      total -= static_cast<std::int64_t>(partition.records.front().bytes());
      partition.drop_front();
    }
  }
  if (total > spec.retention_bytes)
    log(LogLevel::warning, "memory",
        "topic \"{}\" has grown to {} bytes, past its bound of {}: a group, sink or transaction still "
        "needs its oldest records",
        topic.info.name, total, spec.retention_bytes);
}

void Log::compact(Partition& partition, std::int64_t bound) {
  std::unordered_map<std::string_view, std::int64_t> last;
  for (auto& record : partition.records)
    if (record.offset < bound && record.state == RecordState::committed && record.key)
      last[*record.key] = record.offset;
  auto now = clock.now();
  auto obsolete = [&](StoredRecord& record) {
    if (record.offset >= bound) return false;
    if (record.state == RecordState::aborted || record.state == RecordState::marker) return true;
    if (!record.key || record.state != RecordState::committed) return false;
    if (last[*record.key] != record.offset) return true;
    if (record.value) return false;
    if (!record.tombstone_since) record.tombstone_since = now;
    return now - *record.tombstone_since > tombstone_life;
  };
  // Two steps, since the keys in `last` point into the records.
  std::vector<bool> drop;
  for (auto& record : partition.records) drop.push_back(obsolete(record));
  std::deque<StoredRecord> kept;
  for (std::size_t i = 0; i < partition.records.size(); ++i) {
    if (drop[i]) {
      partition.bytes -= static_cast<std::int64_t>(partition.records[i].bytes());
    } else {
      kept.push_back(std::move(partition.records[i]));
    }
  }
  partition.records = std::move(kept);
  partition.kept_by_compaction = partition.records.size();
  partition.appended_since_compaction = 0;
}

void Log::erase_topic(const std::string& name) {
  auto topic = find(name);
  topic->deleted = true;
  topics.erase(name);
  for (auto& [group_name, group] : groups) {
    std::erase_if(group.committed, [&](auto& entry) { return entry.first.topic == name; });
    std::erase_if(group.pending, [&](auto& entry) { return entry.first.topic == name; });
  }
  for (auto& [id_name, id] : transactional_ids)
    for (auto& [group_name, offsets] : id.offsets)
      std::erase_if(offsets, [&](auto& entry) { return entry.first.topic == name; });
  for (auto& [holder, partitions] : holds)
    std::erase_if(partitions, [&](auto& entry) { return entry.first.topic == name; });
  changed();
}

}  // namespace cryptostream::memory
