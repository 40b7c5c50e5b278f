// A Kafka cluster as one of the logs of the conformance suite: each Log has names of its own on the one cluster of the program.
#pragma once

#include "conformance.h"

#include <cryptostream/kafka/kafka.h>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>

namespace conformance {

/// Puts a prefix before every name on the way in, and takes it off on the way out.
class PrefixedBroker final : public Broker {
 public:
  PrefixedBroker(std::shared_ptr<Broker> real, std::string prefix) : real_(std::move(real)), prefix_(std::move(prefix)) {}

  std::string description() const override { return real_->description(); }
  Result<std::string> log_id() override { return real_->log_id(); }
  std::chrono::milliseconds default_commit_interval() const override { return real_->default_commit_interval(); }
  Result<std::vector<TopicInfo>> topics() override {
    CRYPTOSTREAM_TRY_ASSIGN(auto all, real_->topics());
    std::vector<TopicInfo> own;
    for (auto& topic : all)
      if (topic.name.starts_with(prefix_)) {
        topic.name.erase(0, prefix_.size());
        own.push_back(topic);
      }
    return own;
  }
  Result<std::optional<TopicInfo>> topic(const std::string& name) override { return real_->topic(prefix_ + name); }
  Result<void> create_topic(const TopicSpec& spec) override {
    auto named = spec;
    // Names that are wrong by themselves would be right with a prefix.
    if (!spec.name.empty() && spec.name != "." && spec.name != ".." && spec.name.size() < 200) named.name = prefix_ + spec.name;
    named.settings["max.message.bytes"] = "140000000";
    if (named.retention.count() <= 0) named.settings["retention.ms"] = "-1";  // the tests' records are of 1970
    return real_->create_topic(named);
  }
  Result<void> delete_topic(const std::string& name) override { return real_->delete_topic(prefix_ + name); }
  Result<OffsetRange> offsets(const TopicPartition& partition, Isolation isolation) override { return real_->offsets(named(partition), isolation); }
  Result<std::int64_t> offset_at(const TopicPartition& partition, Timestamp time) override { return real_->offset_at(named(partition), time); }
  Result<std::unique_ptr<Consumer>> consumer(Isolation isolation) override;
  Result<std::unique_ptr<Producer>> producer(const ProducerOptions& options) override;
  Result<std::unique_ptr<Group>> join(const GroupOptions& options) override;
  Result<std::vector<std::string>> groups() override {
    CRYPTOSTREAM_TRY_ASSIGN(auto all, real_->groups());
    std::vector<std::string> own;
    for (auto& group : all)
      if (group.starts_with(prefix_)) own.push_back(group.substr(prefix_.size()));
    return own;
  }
  Result<Offsets> group_offsets(const std::string& group) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto offsets, real_->group_offsets(prefix_ + group));
    return own(offsets);
  }
  Result<void> hold(const std::string& holder, const TopicPartition& partition, std::int64_t offset) override {
    return real_->hold(holder, named(partition), offset);
  }

  TopicPartition named(const TopicPartition& partition) const { return {prefix_ + partition.topic, partition.partition}; }
  Offsets named(const Offsets& offsets) const {
    Offsets result;
    for (auto& [partition, offset] : offsets) result[named(partition)] = offset;
    return result;
  }
  Offsets own(const Offsets& offsets) const {
    Offsets result;
    for (auto& [partition, offset] : offsets) result[{partition.topic.substr(prefix_.size()), partition.partition}] = offset;
    return result;
  }

 private:
  std::shared_ptr<Broker> real_;
  std::string prefix_;
};

/// What lies in a cluster takes a while to come: a poll without patience waits until there is nothing left to wait for.
class PatientConsumer final : public Consumer {
 public:
  PatientConsumer(PrefixedBroker& broker, std::unique_ptr<Consumer> real, Isolation isolation)
      : broker_(broker), real_(std::move(real)), isolation_(isolation) {}

  Result<void> assign(std::span<const Assignment> assignment) override {
    std::vector<Assignment> named(assignment.begin(), assignment.end());
    for (auto& slot : named) slot.partition = broker_.named(slot.partition);
    auto assigned = real_->assign(named);
    if (!assigned) return assigned;
    partitions_.clear();
    for (auto& slot : assignment) partitions_.push_back(slot.partition);
    paused_.assign(partitions_.size(), false);
    return {};
  }
  Result<std::span<const LogRecord>> poll(std::size_t most, std::chrono::milliseconds timeout) override {
    if (timeout.count() > 0) return real_->poll(most, timeout);
    auto deadline = std::chrono::steady_clock::now() + 10s;
    for (;;) {
      auto batch = real_->poll(most, 20ms);
      if (!batch || !batch->empty() || at_end() || std::chrono::steady_clock::now() > deadline) return batch;
    }
  }
  Result<void> seek(std::uint32_t slot, std::int64_t offset) override { return real_->seek(slot, offset); }
  std::int64_t position(std::uint32_t slot) const override { return real_->position(slot); }
  bool caught_up(std::uint32_t slot) const override { return real_->caught_up(slot); }
  void pause(std::uint32_t slot) override {
    paused_.at(slot) = true;
    real_->pause(slot);
  }
  void resume(std::uint32_t slot) override {
    paused_.at(slot) = false;
    real_->resume(slot);
  }
  void wake_up() override { real_->wake_up(); }

 private:
  bool at_end() {
    for (std::uint32_t slot = 0; slot < partitions_.size(); ++slot) {
      if (paused_[slot]) continue;
      auto range = broker_.offsets(partitions_[slot], isolation_);
      if (!real_->caught_up(slot) || (range && real_->position(slot) != range->end)) return false;
    }
    return true;
  }

  PrefixedBroker& broker_;
  std::unique_ptr<Consumer> real_;
  Isolation isolation_;
  std::vector<TopicPartition> partitions_;
  std::vector<bool> paused_;
};

class PrefixedGroup final : public Group {
 public:
  PrefixedGroup(PrefixedBroker& broker, std::unique_ptr<Group> group, std::string name)
      : real(std::move(group)), broker_(broker), name_(std::move(name)) {}
  Result<GroupEvent> poll(std::chrono::milliseconds timeout) override { return real->poll(timeout == 1s ? 10s : timeout); }
  Result<void> acknowledge() override { return real->acknowledge(); }
  Result<Offsets> committed(std::span<const TopicPartition> partitions) override {
    std::vector<TopicPartition> named;
    for (auto& partition : partitions) named.push_back(broker_.named(partition));
    CRYPTOSTREAM_TRY_ASSIGN(auto offsets, real->committed(named));
    return broker_.own(offsets);
  }
  Result<void> commit(const Offsets& offsets) override { return real->commit(broker_.named(offsets)); }
  Result<void> leave() override { return real->leave(); }
  const std::string& name() const override { return name_; }

  std::unique_ptr<Group> real;

 private:
  PrefixedBroker& broker_;
  std::string name_;
};

class PrefixedProducer final : public Producer {
 public:
  PrefixedProducer(PrefixedBroker& broker, std::unique_ptr<Producer> real) : broker_(broker), real_(std::move(real)) {}
  Result<void> send(const OutgoingRecord& record) override {
    auto named = broker_.named(*record.partition);
    auto copy = record;
    copy.partition = &named;
    return real_->send(copy);
  }
  Result<void> flush(std::chrono::milliseconds timeout) override { return real_->flush(timeout); }
  Result<void> begin() override { return real_->begin(); }
  Result<void> send_offsets(Group& group, const Offsets& offsets) override {
    return real_->send_offsets(*dynamic_cast<PrefixedGroup&>(group).real, broker_.named(offsets));
  }
  Result<CommitOutcome> commit() override { return real_->commit(); }
  Result<void> abort() override { return real_->abort(); }

 private:
  PrefixedBroker& broker_;
  std::unique_ptr<Producer> real_;
};

inline Result<std::unique_ptr<Consumer>> PrefixedBroker::consumer(Isolation isolation) {
  CRYPTOSTREAM_TRY_ASSIGN(auto real, real_->consumer(isolation));
  return std::make_unique<PatientConsumer>(*this, std::move(real), isolation);
}
inline Result<std::unique_ptr<Producer>> PrefixedBroker::producer(const ProducerOptions& options) {
  auto named = options;
  if (!options.transactional_id.empty()) named.transactional_id = prefix_ + options.transactional_id;
  CRYPTOSTREAM_TRY_ASSIGN(auto real, real_->producer(named));
  return std::make_unique<PrefixedProducer>(*this, std::move(real));
}
inline Result<std::unique_ptr<Group>> PrefixedBroker::join(const GroupOptions& options) {
  auto named = options;
  named.group = prefix_ + options.group;
  CRYPTOSTREAM_TRY_ASSIGN(auto real, real_->join(named));
  return std::make_unique<PrefixedGroup>(*this, std::move(real), options.group);
}

/// The cluster's address; started once a program.
std::string kafka_address();

struct KafkaLog {
  static constexpr bool open_transactions_lie_in_the_log = true;
  static constexpr bool alone = false;
  static constexpr bool topics_have_ids = false;
  static constexpr std::int64_t earliest_time = 1;

  std::shared_ptr<Broker> broker = [] {
    static std::atomic<int> number{0};
    KafkaOptions options;
    options.brokers = kafka_address();
    options.max_record_bytes = std::size_t{128} << 20;
    return std::make_shared<PrefixedBroker>(kafka_broker(options), "log-" + std::to_string(::getpid()) + "-" + std::to_string(number++) + "-");
  }();
};

}  // namespace conformance
