#include "simulated_broker.h"

#include <deque>
#include <utility>

namespace simulation {
namespace {

using cs::CommitOutcome;
using cs::ErrorKind;
using cs::fail;
using cs::Isolation;
using cs::Offsets;
using cs::Result;
using cs::TopicPartition;
using std::chrono::milliseconds;

/// Makes `call` as a step of its process.
template <class Call>
auto across(Border& border, const Step& step, Call call) -> decltype(call()) {
  CRYPTOSTREAM_TRY(border.before(step));
  auto answer = call();
  if (!answer) {
    border.world().trace(border.life().name, "    {}: {}", step.name, answer.error().message());
    return answer;
  }
  CRYPTOSTREAM_TRY(border.after(step));
  return answer;
}

class SimulatedConsumer final : public cs::Consumer {
 public:
  SimulatedConsumer(Border& border, std::unique_ptr<cs::Consumer> real) : border_(border), real_(std::move(real)) {}

  Result<void> assign(std::span<const cs::Assignment> assignment) override {
    return across(border_, steps::assign, [&] { return real_->assign(assignment); });
  }
  Result<std::span<const cs::LogRecord>> poll(std::size_t most, milliseconds timeout) override {
    CRYPTOSTREAM_TRY(border_.before(steps::poll));
    auto& world = border_.world();
    auto deadline = world.fibers.time() + timeout;
    // A fetch brings what it likes.
    most = std::min(most, static_cast<std::size_t>(world.fibers.random().between(1, 12)));
    for (;;) {
      auto records = real_->poll(most, 0ms);
      if (!records || !records->empty() || std::exchange(woken_, false) || world.fibers.time() >= deadline)
        return records;
      waits_ = true;
      auto waited = border_.wait(&world.log_changed, deadline);
      waits_ = false;
      CRYPTOSTREAM_TRY(waited);
    }
  }
  Result<void> seek(std::uint32_t slot, std::int64_t offset) override { return real_->seek(slot, offset); }
  std::int64_t position(std::uint32_t slot) const override { return real_->position(slot); }
  bool caught_up(std::uint32_t slot) const override { return real_->caught_up(slot); }
  void pause(std::uint32_t slot) override { real_->pause(slot); }
  void resume(std::uint32_t slot) override { real_->resume(slot); }
  void wake_up() override {
    woken_ = true;
    if (waits_) border_.world().fibers.notify(&border_.world().log_changed);
  }

 private:
  Border& border_;
  std::unique_ptr<cs::Consumer> real_;
  bool woken_ = false;
  bool waits_ = false;
};

class SimulatedGroup final : public cs::Group {
 public:
  SimulatedGroup(Border& border, std::unique_ptr<cs::Group> real) : border_(border), real_(std::move(real)) {}

  Result<cs::GroupEvent> poll(milliseconds timeout) override {
    CRYPTOSTREAM_TRY(border_.before(steps::group_poll));
    auto& world = border_.world();
    auto deadline = world.fibers.time() + timeout;
    for (;;) {
      auto event = real_->poll(0ms);
      if (event && event->type != cs::GroupEvent::Type::none) {
        static constexpr const char* names[] = {"none", "assigned", "revoked", "lost"};
        world.trace(border_.life().name, "    {} {}", names[static_cast<int>(event->type)],
                    fmt::join(event->units, ","));
        world.fibers.notify(&world.group_changed);
        return event;
      }
      if (!event || world.fibers.time() >= deadline) return event;
      CRYPTOSTREAM_TRY(border_.wait(&world.group_changed, deadline));
    }
  }
  Result<void> acknowledge() override {
    auto done = across(border_, steps::acknowledge, [&] { return real_->acknowledge(); });
    border_.world().fibers.notify(&border_.world().group_changed);
    return done;
  }
  Result<Offsets> committed(std::span<const TopicPartition> partitions) override {
    return across(border_, steps::committed, [&] { return real_->committed(partitions); });
  }
  Result<void> commit(const Offsets& offsets) override {
    return across(border_, steps::group_commit, [&] { return real_->commit(offsets); });
  }
  Result<void> leave() override {
    auto done = across(border_, steps::leave, [&] { return real_->leave(); });
    border_.world().fibers.notify(&border_.world().group_changed);
    return done;
  }
  const std::string& name() const override { return real_->name(); }

  cs::Group& real() { return *real_; }

 private:
  Border& border_;
  std::unique_ptr<cs::Group> real_;
};

/// As a client of Kafka: what was sent waits in it, arrives by and by, in order within a partition only, and is gone if
/// the process is; it remembers that a transaction can only be aborted; it asks again for an answer that was lost.
class SimulatedProducer final : public cs::Producer {
 public:
  SimulatedProducer(Border& border, std::unique_ptr<cs::Producer> real, bool transactional)
      : border_(border), real_(std::move(real)), transactional_(transactional) {}

  Result<void> send(const cs::OutgoingRecord& record) override {
    CRYPTOSTREAM_TRY(usable(steps::send));
    border_.world().trace(border_.life().name, "    {}/{} {}={}", record.partition->topic, record.partition->partition,
                          record.key.value_or("-"), record.value.value_or("-"));
    waiting_[*record.partition].push_back({record.timestamp, cs::OptionalBytes(record.key),
                                           cs::OptionalBytes(record.value), std::string(record.headers.packed())});
    auto& random = border_.world().fibers.random();
    if (!random.one_in(4)) return {};
    for (auto& [partition, records] : waiting_)
      if (random.one_in(2))
        CRYPTOSTREAM_TRY(deliver(partition, random.between(0, static_cast<std::int64_t>(records.size()))));
    return {};
  }
  Result<void> flush(milliseconds timeout) override {
    CRYPTOSTREAM_TRY(usable(steps::flush));
    CRYPTOSTREAM_TRY(deliver_all());
    return real_->flush(timeout);
  }
  Result<void> begin() override {
    CRYPTOSTREAM_TRY(usable(steps::begin));
    return real_->begin();
  }
  Result<void> send_offsets(cs::Group& group, const Offsets& offsets) override {
    CRYPTOSTREAM_TRY(usable(steps::send_offsets));
    auto& world = border_.world();
    for (const auto& [partition, next] : offsets)
      world.trace(border_.life().name, "    {}/{} @{}", partition.topic, partition.partition, next.offset);
    auto sent = real_->send_offsets(static_cast<SimulatedGroup&>(group).real(), offsets);
    if (!sent) world.trace(border_.life().name, "    send_offsets: {}", sent.error().message());
    if (sent) CRYPTOSTREAM_TRY(border_.after(steps::send_offsets));
    return sent;
  }
  Result<CommitOutcome> commit() override {
    // Once the end was asked for, all records are there: it can only be asked for again.
    if (auto going = step(ending_ ? steps::commit_again : steps::commit); !going) {
      ending_ |= going.error().retriable();
      if (going.error().retriable()) return CommitOutcome::unknown;
      return fail(going.error());
    }
    auto& world = border_.world();
    if (unanswered_) {
      CRYPTOSTREAM_TRY(real_->flush(0ms));  // unless another one has taken the id meanwhile
      unanswered_ = ending_ = false;
      return CommitOutcome::committed;
    }
    if (broken_) return fail(*broken_);
    CRYPTOSTREAM_TRY(deliver_all());
    auto outcome = real_->commit();
    world.fibers.notify(&world.log_changed);
    if (!outcome) {
      world.trace(border_.life().name, "    commit: {}", outcome.error().message());
      return outcome;
    }
    if (auto answered = border_.after(steps::commit); !answered) {
      if (!answered.error().retriable()) return fail(answered.error());
      unanswered_ = ending_ = true;
      return CommitOutcome::unknown;
    }
    ending_ = false;
    return outcome;
  }
  Result<void> abort() override {
    broken_.reset();
    waiting_.clear();
    unanswered_ = ending_ = false;
    auto aborted = across(border_, steps::abort,
                          [&] { return std::exchange(abort_unanswered_, true) ? real_->flush(0ms) : real_->abort(); });
    if (aborted) abort_unanswered_ = false;
    border_.world().fibers.notify(&border_.world().log_changed);
    return aborted;
  }

 private:
  struct Waiting {
    cs::Timestamp timestamp;
    cs::OptionalBytes key;
    cs::OptionalBytes value;
    std::string headers;
  };

  Result<void> deliver(const TopicPartition& partition, std::int64_t count) {
    auto& records = waiting_[partition];
    for (; count > 0; --count) {
      const auto& record = records.front();
      auto sent =
          real_->send({&partition, record.timestamp, record.key, record.value, cs::HeadersView(record.headers)});
      if (!sent) {
        broken_ = sent.error();
        return sent;
      }
      records.pop_front();
    }
    if (!transactional_) border_.world().fibers.notify(&border_.world().log_changed);
    return {};
  }
  Result<void> deliver_all() {
    for (auto& [partition, records] : waiting_)
      CRYPTOSTREAM_TRY(deliver(partition, static_cast<std::int64_t>(records.size())));
    return {};
  }

  /// For steps whose retriable error means that the outcome is not known.
  Result<void> step(const Step& step) {
    auto going = border_.before(step);
    if (!going && going.error().kind() == ErrorKind::aborted) broken_ = going.error();
    return going;
  }
  Result<void> usable(const Step& step) {
    CRYPTOSTREAM_TRY(this->step(step));
    if (broken_) return fail(*broken_);
    return {};
  }

  Border& border_;
  std::unique_ptr<cs::Producer> real_;
  bool transactional_;
  std::map<TopicPartition, std::deque<Waiting>> waiting_;
  std::optional<cs::Error> broken_;
  bool ending_ = false;            // commit() was called, and answered `unknown`
  bool unanswered_ = false;        // committed, and nobody knows
  bool abort_unanswered_ = false;  // aborted, and nobody knows
};

class SimulatedBroker final : public cs::Broker {
 public:
  explicit SimulatedBroker(Border& border) : border_(border), real_(*border.world().log) {}

  std::string description() const override { return real_.description(); }
  milliseconds default_commit_interval() const override { return real_.default_commit_interval(); }
  Result<std::string> log_id() override {
    return across(border_, steps::log_id, [&] { return real_.log_id(); });
  }
  Result<std::vector<cs::TopicInfo>> topics() override {
    return across(border_, steps::topics, [&] { return real_.topics(); });
  }
  Result<std::optional<cs::TopicInfo>> topic(const std::string& name) override {
    return across(border_, steps::topic, [&] { return real_.topic(name); });
  }
  Result<void> create_topic(const cs::TopicSpec& spec) override {
    return across(border_, steps::create_topic, [&] { return real_.create_topic(spec); });
  }
  Result<void> delete_topic(const std::string& name) override {
    return across(border_, steps::create_topic, [&] { return real_.delete_topic(name); });
  }
  Result<cs::OffsetRange> offsets(const TopicPartition& partition, Isolation isolation) override {
    return across(border_, steps::offsets, [&] { return real_.offsets(partition, isolation); });
  }
  Result<std::int64_t> offset_at(const TopicPartition& partition, cs::Timestamp time) override {
    return across(border_, steps::offsets, [&] { return real_.offset_at(partition, time); });
  }
  Result<std::unique_ptr<cs::Consumer>> consumer(Isolation isolation) override {
    return across(border_, steps::consumer, [&]() -> Result<std::unique_ptr<cs::Consumer>> {
      CRYPTOSTREAM_TRY_ASSIGN(auto real, real_.consumer(isolation));
      return std::make_unique<SimulatedConsumer>(border_, std::move(real));
    });
  }
  Result<std::unique_ptr<cs::Producer>> producer(const cs::ProducerOptions& options) override {
    return across(border_, steps::producer, [&]() -> Result<std::unique_ptr<cs::Producer>> {
      CRYPTOSTREAM_TRY_ASSIGN(auto real, real_.producer(options));
      return std::make_unique<SimulatedProducer>(border_, std::move(real), !options.transactional_id.empty());
    });
  }
  Result<std::unique_ptr<cs::Group>> join(const cs::GroupOptions& options) override {
    auto joined = across(border_, steps::join, [&]() -> Result<std::unique_ptr<cs::Group>> {
      CRYPTOSTREAM_TRY_ASSIGN(auto real, real_.join(options));
      return std::make_unique<SimulatedGroup>(border_, std::move(real));
    });
    border_.world().fibers.notify(&border_.world().group_changed);
    return joined;
  }
  Result<std::vector<std::string>> groups() override { return real_.groups(); }
  Result<Offsets> group_offsets(const std::string& group) override { return real_.group_offsets(group); }
  Result<void> hold(const std::string& holder, const TopicPartition& partition, std::int64_t offset) override {
    return across(border_, steps::hold, [&] { return real_.hold(holder, partition, offset); });
  }

 private:
  Border& border_;
  cs::Broker& real_;
};

}  // namespace

std::shared_ptr<cs::Broker> simulated_broker(Border& border) { return std::make_shared<SimulatedBroker>(border); }

}  // namespace simulation
