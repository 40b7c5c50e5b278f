#include <cryptostream/broker/memory.h>

#include <cryptostream/broker/memory_log.h>
#include <cryptostream/broker/topic_rules.h>

#include <algorithm>

namespace cryptostream {
namespace {

class MemoryBroker final : public Broker {
 public:
  explicit MemoryBroker(MemoryBrokerOptions options) : log_(std::make_shared<memory::Log>(std::move(options))) {}

  std::string description() const override { return "memory log"; }
  Result<std::string> log_id() override { return log_->log_id; }
  std::chrono::milliseconds default_commit_interval() const override { return std::chrono::milliseconds(10); }

  Result<std::vector<TopicInfo>> topics() override {
    std::lock_guard lock(log_->mutex);
    std::vector<TopicInfo> infos;
    for (auto& [name, topic] : log_->topics) infos.push_back(topic->info);
    return infos;
  }

  Result<std::optional<TopicInfo>> topic(const std::string& name) override {
    std::lock_guard lock(log_->mutex);
    auto found = log_->find(name);
    return found ? std::optional(found->info) : std::nullopt;
  }

  Result<void> create_topic(const TopicSpec& spec) override {
    CRYPTOSTREAM_TRY(check_topic_spec(spec));
    std::lock_guard lock(log_->mutex);
    if (auto existing = log_->find(spec.name)) return check_existing_topic(spec, existing->info);
    auto topic = std::make_shared<memory::Topic>();
    topic->info = {spec.name, std::to_string(log_->next_id++), spec.partitions, spec.compacted};
    topic->spec = spec;
    topic->partitions.resize(static_cast<std::size_t>(spec.partitions));
    log_->topics.emplace(spec.name, std::move(topic));
    log_->changed();
    return {};
  }

  Result<void> delete_topic(const std::string& name) override {
    std::lock_guard lock(log_->mutex);
    if (!log_->find(name)) return fail(unknown_topic({name, -1}, std::nullopt, description()));
    log_->erase_topic(name);
    return {};
  }

  Result<OffsetRange> offsets(const TopicPartition& partition, Isolation isolation) override {
    std::lock_guard lock(log_->mutex);
    log_->expire_transactions();
    CRYPTOSTREAM_TRY_ASSIGN(auto found, log_->find(partition));
    return OffsetRange{found.second->begin, found.second->end_for(isolation)};
  }

  Result<std::int64_t> offset_at(const TopicPartition& partition, Timestamp time) override {
    std::lock_guard lock(log_->mutex);
    CRYPTOSTREAM_TRY_ASSIGN(auto found, log_->find(partition));
    for (auto& record : found.second->records)
      if (record.state != memory::RecordState::marker && record.timestamp >= time) return record.offset;
    return found.second->end;
  }

  Result<std::unique_ptr<Consumer>> consumer(Isolation isolation) override {
    return memory::make_consumer(log_, isolation);
  }
  Result<std::unique_ptr<Producer>> producer(const ProducerOptions& options) override {
    return memory::make_producer(log_, options);
  }
  Result<std::unique_ptr<Group>> join(const GroupOptions& options) override {
    return memory::make_group(log_, options);
  }

  Result<std::vector<std::string>> groups() override {
    std::lock_guard lock(log_->mutex);
    std::vector<std::string> names;
    for (auto& [name, group] : log_->groups)
      if (!group.committed.empty() || !group.members.empty()) names.push_back(name);
    return names;
  }

  Result<Offsets> group_offsets(const std::string& group) override {
    std::lock_guard lock(log_->mutex);
    auto found = log_->groups.find(group);
    return found == log_->groups.end() ? Offsets() : found->second.committed;
  }

  Result<void> hold(const std::string& holder, const TopicPartition& partition, std::int64_t offset) override {
    std::lock_guard lock(log_->mutex);
    CRYPTOSTREAM_TRY(log_->find(partition));
    if (offset < 0) {
      log_->holds[holder].erase(partition);
    } else {
      log_->holds[holder][partition] = offset;
    }
    return {};
  }

 private:
  std::shared_ptr<memory::Log> log_;
};

}  // namespace

std::shared_ptr<Broker> memory_broker(MemoryBrokerOptions options) {
  return std::make_shared<MemoryBroker>(std::move(options));
}

}  // namespace cryptostream
