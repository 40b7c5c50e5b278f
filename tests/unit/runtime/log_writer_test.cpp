// The order of a transaction's end.
#include "../../flows/null_broker.h"

#include <cryptostream/broker/memory.h>
#include <cryptostream/runtime/log_writer.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace cryptostream;

namespace {

/// Notes what its producers are asked for.
class NotingBroker final : public test::NullBroker {
 public:
  std::vector<std::string> calls;
  bool unknown_once = false;
  Result<std::unique_ptr<Producer>> producer(const ProducerOptions&) override {
    return std::make_unique<Noting>(*this);
  }

 private:
  struct Noting final : Producer {
    explicit Noting(NotingBroker& of) : broker(of) {}
    Result<void> note(const char* call) {
      broker.calls.emplace_back(call);
      return {};
    }
    Result<void> send(const OutgoingRecord&) override { return note("send"); }
    Result<void> flush(std::chrono::milliseconds) override { return note("flush"); }
    Result<void> begin() override { return note("begin"); }
    Result<void> send_offsets(Group&, const Offsets&) override { return note("send_offsets"); }
    Result<CommitOutcome> commit() override {
      (void)note("commit");
      return std::exchange(broker.unknown_once, false) ? CommitOutcome::unknown : CommitOutcome::committed;
    }
    Result<void> abort() override { return note("abort"); }
    NotingBroker& broker;
  };
};

}  // namespace

TEST_CASE("a transaction's records are in the log before the group is asked whether they may be committed") {
  auto log = memory_broker();
  auto group = log->join({.group = "g"}).value();
  NotingBroker broker;
  auto writer = LogWriter::open(broker, "id").value();
  TopicPartition partition{"t", 0};
  OutgoingRecord record;
  record.partition = &partition;
  REQUIRE(writer.send(record));
  REQUIRE(writer.commit(*group, {}));
  CHECK(broker.calls == std::vector<std::string>{"begin", "send", "flush", "send_offsets", "commit"});

  broker.calls.clear();
  broker.unknown_once = true;
  CHECK(writer.commit(*group, {}).error().retriable());
  REQUIRE(writer.commit(*group, {}));
  CHECK(broker.calls == std::vector<std::string>{"begin", "flush", "send_offsets", "commit", "commit"});
}
