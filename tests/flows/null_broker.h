// A log that takes everything and keeps nothing: what is left is the cost of the library itself.
#pragma once

#include <cryptostream/broker/broker.h>

namespace cryptostream::test {

class NullBroker : public Broker {
 public:
  long sent = 0;
  std::size_t bytes = 0;

  std::string description() const override { return "nothing"; }
  Result<std::string> log_id() override { return std::string("log"); }
  std::chrono::milliseconds default_commit_interval() const override { return std::chrono::milliseconds(100); }
  Result<std::vector<TopicInfo>> topics() override { return std::vector<TopicInfo>(); }
  Result<std::optional<TopicInfo>> topic(const std::string& name) override { return TopicInfo{name, "id", 1, false}; }
  Result<void> create_topic(const TopicSpec&) override { return {}; }
  Result<void> delete_topic(const std::string&) override { return {}; }
  Result<OffsetRange> offsets(const TopicPartition&, Isolation) override { return OffsetRange{}; }
  Result<std::int64_t> offset_at(const TopicPartition&, Timestamp) override { return 0; }
  Result<std::unique_ptr<Consumer>> consumer(Isolation) override { return fail(ErrorKind::failure, "nothing to read"); }
  Result<std::unique_ptr<Producer>> producer(const ProducerOptions&) override {
    return std::make_unique<Sender>(*this);
  }
  Result<std::unique_ptr<Group>> join(const GroupOptions&) override { return fail(ErrorKind::failure, "no groups"); }
  Result<std::vector<std::string>> groups() override { return std::vector<std::string>(); }
  Result<Offsets> group_offsets(const std::string&) override { return Offsets(); }
  Result<void> hold(const std::string&, const TopicPartition&, std::int64_t) override { return {}; }

 private:
  class Sender final : public Producer {
   public:
    explicit Sender(NullBroker& broker) : broker_(broker) {}
    Result<void> send(const OutgoingRecord& record) override {
      ++broker_.sent;
      broker_.bytes += record.value ? record.value->size() : 0;
      return {};
    }
    Result<void> flush(std::chrono::milliseconds) override { return {}; }
    Result<void> begin() override { return {}; }
    Result<void> send_offsets(Group&, const Offsets&) override { return {}; }
    Result<CommitOutcome> commit() override { return CommitOutcome::committed; }
    Result<void> abort() override { return {}; }

   private:
    NullBroker& broker_;
  };
};

}  // namespace cryptostream::test
