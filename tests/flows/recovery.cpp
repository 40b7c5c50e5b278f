// A thread that loses its transaction goes back to what is committed, and leaves out nothing of what it reads then.
#include "memory_edges.h"

#include <cryptostream/broker/memory.h>
#include <cryptostream/cryptostream.h>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

const cs::KafkaTopic<std::string, std::string> in{"in"}, out{"out"}, from_source{"from-source"};

/// A log in memory whose first send to `from-source` loses the transaction.
class FaultyBroker final : public cs::Broker {
 public:
  std::shared_ptr<cs::Broker> log = cs::memory_broker();
  std::atomic<bool> failed = false;
  bool late = true;  // before that nothing can be read

  std::string description() const override { return log->description(); }
  cs::Result<std::string> log_id() override { return log->log_id(); }
  std::chrono::milliseconds default_commit_interval() const override { return log->default_commit_interval(); }
  cs::Result<std::vector<cs::TopicInfo>> topics() override { return log->topics(); }
  cs::Result<std::optional<cs::TopicInfo>> topic(const std::string& name) override { return log->topic(name); }
  cs::Result<void> create_topic(const cs::TopicSpec& spec) override { return log->create_topic(spec); }
  cs::Result<void> delete_topic(const std::string& name) override { return log->delete_topic(name); }
  cs::Result<cs::OffsetRange> offsets(const cs::TopicPartition& at, cs::Isolation isolation) override {
    return log->offsets(at, isolation);
  }
  cs::Result<std::int64_t> offset_at(const cs::TopicPartition& at, cs::Timestamp time) override {
    return log->offset_at(at, time);
  }
  cs::Result<std::unique_ptr<cs::Group>> join(const cs::GroupOptions& options) override { return log->join(options); }
  cs::Result<std::vector<std::string>> groups() override { return log->groups(); }
  cs::Result<cs::Offsets> group_offsets(const std::string& group) override { return log->group_offsets(group); }
  cs::Result<void> hold(const std::string& holder, const cs::TopicPartition& at, std::int64_t offset) override {
    return log->hold(holder, at, offset);
  }
  cs::Result<std::unique_ptr<cs::Consumer>> consumer(cs::Isolation isolation) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto real, log->consumer(isolation));
    return std::make_unique<LateConsumer>(*this, std::move(real));
  }
  cs::Result<std::unique_ptr<cs::Producer>> producer(const cs::ProducerOptions& options) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto real, log->producer(options));
    return std::make_unique<FailingProducer>(*this, std::move(real));
  }

 private:
  struct LateConsumer final : cs::Consumer {
    LateConsumer(FaultyBroker& b, std::unique_ptr<cs::Consumer> c) : broker(b), real(std::move(c)) {}
    cs::Result<void> assign(std::span<const cs::Assignment> assignment) override { return real->assign(assignment); }
    cs::Result<std::span<const cs::LogRecord>> poll(std::size_t most, std::chrono::milliseconds timeout) override {
      if (broker.late && !broker.failed) return std::span<const cs::LogRecord>();
      return real->poll(most, timeout);
    }
    cs::Result<void> seek(std::uint32_t slot, std::int64_t offset) override { return real->seek(slot, offset); }
    std::int64_t position(std::uint32_t slot) const override { return real->position(slot); }
    bool caught_up(std::uint32_t slot) const override { return real->caught_up(slot); }
    void pause(std::uint32_t slot) override { real->pause(slot); }
    void resume(std::uint32_t slot) override { real->resume(slot); }
    void wake_up() override { real->wake_up(); }
    FaultyBroker& broker;
    std::unique_ptr<cs::Consumer> real;
  };
  struct FailingProducer final : cs::Producer {
    FailingProducer(FaultyBroker& b, std::unique_ptr<cs::Producer> p) : broker(b), real(std::move(p)) {}
    cs::Result<void> send(const cs::OutgoingRecord& record) override {
      if (record.partition->topic == "from-source" && !broker.failed.exchange(true))
        return cs::fail(cs::ErrorKind::aborted, "the transaction is lost");
      return real->send(record);
    }
    cs::Result<void> flush(std::chrono::milliseconds timeout) override { return real->flush(timeout); }
    cs::Result<void> begin() override { return real->begin(); }
    cs::Result<void> send_offsets(cs::Group& group, const cs::Offsets& offsets) override {
      return real->send_offsets(group, offsets);
    }
    cs::Result<cs::CommitOutcome> commit() override { return real->commit(); }
    cs::Result<void> abort() override { return real->abort(); }
    FaultyBroker& broker;
    std::unique_ptr<cs::Producer> real;
  };
};

void write(FaultyBroker& broker, const cs::TopicPartition& to, int records) {
  auto producer = broker.log->producer({}).value();
  for (int i = 0; i < records; ++i) {
    auto text = std::to_string(i);
    cs::OutgoingRecord record;
    record.partition = &to;
    record.key = text;
    record.value = text;
    REQUIRE(producer->send(record));
  }
  REQUIRE(producer->flush(1s));
}

std::vector<std::string> committed(FaultyBroker& broker, const char* topic) {
  auto consumer = broker.log->consumer(cs::Isolation::read_committed).value();
  cs::Assignment at{{topic, 0}, 0};
  std::vector<std::string> values;
  if (!consumer->assign({&at, 1})) return values;
  for (;;) {
    auto polled = consumer->poll(1'000, 0ms).value();
    if (polled.empty()) return values;
    for (const auto& record : polled) values.emplace_back(*record.value);
  }
}

}  // namespace

TEST_CASE("a transaction that a source's record loses costs no record of the topics beside it") {
  auto broker = std::make_shared<FaultyBroker>();
  for (const auto* topic : {"in", "out"}) {
    cs::TopicSpec spec;
    spec.name = topic;
    REQUIRE(broker->log->create_topic(spec));
  }
  constexpr int records = 20;
  cs::TopicPartition to{"in", 0};
  write(*broker, to, records);

  cs::StreamsBuilder b;
  b.stream(cs::test::CountingSource{.count = 3}).to(from_source);
  b.stream(in).to(out);
  cs::ApplicationConfig config{.application_id = "recovery"};
  config.guarantee = cs::Guarantee::exactly_once;
  config.commit_interval = 5ms;
  cs::Application app(b.build(), broker, config);
  std::stop_source stop;
  auto running = std::async(std::launch::async, [&] { return app.run(stop.get_token()); });
  // The offset behind the last record tells that the application believes it has handled all.
  auto deadline = std::chrono::steady_clock::now() + 20s;
  auto handled = [&] {
    auto offsets = broker->log->group_offsets("recovery").value();
    auto found = offsets.find(to);
    return found != offsets.end() && found->second.offset >= records;
  };
  while (!handled() && std::chrono::steady_clock::now() < deadline &&
         running.wait_for(2ms) != std::future_status::ready) {
  }
  stop.request_stop();
  REQUIRE(running.get());
  CHECK(broker->failed);
  std::vector<std::string> all;
  for (int i = 0; i < records; ++i) all.push_back(std::to_string(i));
  CHECK(committed(*broker, "out") == all);
  CHECK(committed(*broker, "from-source") == std::vector<std::string>{"0", "1", "2"});
}

// The tasks' state is thrown away with the transaction, and a restore ends at a stop: what then took a record had no
// state.
TEST_CASE("a transaction lost while an application stops leaves its records to the next start") {
  auto broker = std::make_shared<FaultyBroker>();
  broker->late = false;
  constexpr int records = 20;
  cs::TopicSpec spec;
  spec.name = "first";
  REQUIRE(broker->log->create_topic(spec));
  write(*broker, {"first", 0}, records);

  cs::StreamsBuilder b;
  b.stream(cs::KafkaTopic<std::string, std::string>("first")).to(in);
  b.stream(in)
      .group_by_key()
      .count()
      .to_stream()
      .map_values([](const std::optional<std::int64_t>& count) { return std::to_string(*count); })
      .to(from_source);
  cs::ApplicationConfig config{.application_id = "recovery"};
  config.guarantee = cs::Guarantee::exactly_once;
  config.commit_interval = 300ms;  // so that the first commit of the counts comes in the midst of the end
  auto topology = b.build();
  for (auto until : {0, records}) {
    cs::Application app(topology, broker, config);
    std::stop_source stop;
    auto running = std::async(std::launch::async, [&] { return app.run(stop.get_token()); });
    auto deadline = std::chrono::steady_clock::now() + 20s;
    while ((app.metrics().records_consumed < (until == 0 ? records : 0) ||
            static_cast<int>(committed(*broker, "from-source").size()) < until) &&
           std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(1ms);
    stop.request_stop();
    REQUIRE(running.get());
    CHECK(broker->failed);
  }
  CHECK(committed(*broker, "from-source") == std::vector<std::string>(records, "1"));
}
