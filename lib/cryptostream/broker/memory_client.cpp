// Consumer and producer of a memory broker.
#include <cryptostream/broker/batch_buffer.h>
#include <cryptostream/broker/memory_log.h>
#include <cryptostream/broker/shares.h>
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/core/fail_point.h>

#include <algorithm>
#include <numeric>

namespace cryptostream::memory {
namespace {

class MemoryConsumer final : public Consumer {
 public:
  MemoryConsumer(std::shared_ptr<Log> log, Isolation isolation) : log_(std::move(log)), isolation_(isolation) {}

  Result<void> assign(std::span<const Assignment> assignment) override {
    std::lock_guard lock(log_->mutex);
    std::vector<Slot> slots;
    for (auto& [partition, offset] : assignment) {
      CRYPTOSTREAM_TRY_ASSIGN(auto found, log_->find(partition));
      slots.push_back({found.first, partition, offset});
    }
    slots_ = std::move(slots);
    first_ = 0;
    return {};
  }

  Result<std::span<const LogRecord>> poll(std::size_t most, std::chrono::milliseconds timeout) override {
    std::unique_lock lock(log_->mutex);
    auto deadline = std::chrono::steady_clock::now() + timeout;
    batch_.clear();
    numbers_.clear();
    bytes_.clear();
    for (;;) {
      auto seen = log_->version;
      log_->expire_transactions();
      auto readable = read_shares(
          slots_, first_, most, [&] { return batch_.size(); },
          [&](Slot& slot, auto number, auto share) { return read_slot(slot, number, share); });
      first_ = slots_.empty() ? 0 : (first_ + 1) % slots_.size();
      // What was read before an error is handed out first; the error comes again with the next poll.
      if (!readable && batch_.empty()) return fail(std::move(readable).error());
      if (!batch_.empty() || std::exchange(woken_, false) || timeout.count() <= 0) break;
      if (!log_->changes.wait_until(lock, deadline, [&] { return log_->version != seen || woken_; })) break;
    }
    if (log_->options.polls_in_order && slots_.size() > 1) put_in_order();
    return std::span<const LogRecord>(batch_);
  }

  Result<void> seek(std::uint32_t slot, std::int64_t offset) override {
    slots_.at(slot).position = offset;
    slots_[slot].caught_up = false;
    return {};
  }
  std::int64_t position(std::uint32_t slot) const override { return slots_.at(slot).position; }
  bool caught_up(std::uint32_t slot) const override { return slots_.at(slot).caught_up; }
  void pause(std::uint32_t slot) override { slots_.at(slot).paused = true; }
  void resume(std::uint32_t slot) override { slots_.at(slot).paused = false; }

  void wake_up() override {
    std::lock_guard lock(log_->mutex);
    woken_ = true;
    log_->changes.notify_all();
  }

 private:
  struct Slot {
    TopicPtr topic;
    TopicPartition partition;
    std::int64_t position = 0;
    bool paused = false;
    bool caught_up = false;
  };

  Result<void> read_slot(Slot& slot, std::uint32_t number, std::size_t share) {
    if (slot.topic->deleted) return fail(topic_replaced(slot.partition.topic));
    auto& partition = slot.topic->partitions[static_cast<std::size_t>(slot.partition.partition)];
    if (slot.position < partition.begin || slot.position > partition.end)
      return fail(offset_out_of_range(slot.partition, slot.position, {partition.begin, partition.end}));
    auto end = partition.end_for(isolation_);
    for (auto i = partition.index(slot.position); share > 0 && i < partition.records.size(); ++i) {
      auto& record = partition.records[i];
      if (record.offset >= end) break;
      slot.position = record.offset + 1;
      if (record.state == RecordState::marker) continue;
      if (record.state == RecordState::aborted && isolation_ == Isolation::read_committed) continue;
      batch_.push_back({number, record.offset, record.timestamp, copy(record.key), copy(record.value),
                        HeadersView(bytes_.copy(record.headers))});
      numbers_.push_back(record.number);
      --share;
    }
    // Markers and holes behind the last record are read over too.
    auto next = partition.index(slot.position);
    while (next < partition.records.size() && partition.records[next].state == RecordState::marker) {
      slot.position = partition.records[next++].offset + 1;
    }
    if (next == partition.records.size() || partition.records[next].offset >= end)
      slot.position = std::max(slot.position, end);
    slot.caught_up = slot.position >= end;
    return {};
  }

  void put_in_order() {
    std::vector<std::size_t> order(batch_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return numbers_[a] < numbers_[b]; });
    std::vector<LogRecord> ordered;
    ordered.reserve(batch_.size());
    for (auto at : order) ordered.push_back(batch_[at]);
    batch_.swap(ordered);
  }

  OptionalBytesView copy(const OptionalBytes& bytes) {
    return bytes ? OptionalBytesView(bytes_.copy(*bytes)) : OptionalBytesView();
  }

  std::shared_ptr<Log> log_;
  Isolation isolation_;
  std::vector<Slot> slots_;
  std::size_t first_ = 0;
  std::vector<LogRecord> batch_;
  std::vector<std::uint64_t> numbers_;  // of the batch's records
  BatchBuffer bytes_;
  bool woken_ = false;  // guarded by the log's mutex
};

class MemoryProducer final : public Producer {
 public:
  MemoryProducer(std::shared_ptr<Log> log, ProducerOptions options, std::int64_t epoch)
      : log_(std::move(log)), options_(std::move(options)), epoch_(epoch) {}

  Result<void> send(const OutgoingRecord& record) override {
    std::lock_guard lock(log_->mutex);
    TransactionalId* transaction = nullptr;
    if (transactional()) {
      CRYPTOSTREAM_TRY_ASSIGN(transaction, open_transaction("send()"));
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto found, log_->find(*record.partition));
    if (auto bytes = record_bytes(record); bytes > log_->options.max_record_bytes)
      return fail(record_too_large(*record.partition, bytes, log_->options.max_record_bytes));
    log_->append(found.first, record, transaction);
    log_->changed();
    if (!transactional() && ++sent_ % 1'000 == 0) log_->tidy(*found.first);
    if (!transactional()) touched_.insert(std::move(found.first));
    return {};
  }

  Result<void> flush(std::chrono::milliseconds) override {
    std::lock_guard lock(log_->mutex);
    if (transactional()) CRYPTOSTREAM_TRY(current());
    for (auto& topic : touched_) log_->tidy(*topic);
    touched_.clear();
    return {};
  }

  Result<void> begin() override {
    std::lock_guard lock(log_->mutex);
    CRYPTOSTREAM_TRY_ASSIGN(auto* id, current());
    if (inside_) return fail(wrong_transaction_state("begin()", true));
    inside_ = true;
    id->open = true;
    id->began = log_->clock.monotonic();
    return {};
  }

  Result<void> send_offsets(Group& group, const Offsets& offsets) override {
    std::lock_guard lock(log_->mutex);
    CRYPTOSTREAM_TRY_ASSIGN(auto* id, open_transaction("send_offsets()"));
    return add_offsets(*log_, *id, group, offsets);
  }

  Result<CommitOutcome> commit() override {
    std::lock_guard lock(log_->mutex);
    if (std::exchange(answer_lost_, false)) return CommitOutcome::committed;
    CRYPTOSTREAM_TRY_ASSIGN(auto* id, open_transaction("commit()"));
    CRYPTOSTREAM_TRY(fail_point("memory.commit.before"));
    if (!fail_point("memory.commit.lost")) return CommitOutcome::unknown;
    log_->end_transaction(*id, true);
    inside_ = false;
    answer_lost_ = !fail_point("memory.commit.after");
    return answer_lost_ ? CommitOutcome::unknown : CommitOutcome::committed;
  }

  Result<void> abort() override {
    std::lock_guard lock(log_->mutex);
    CRYPTOSTREAM_TRY_ASSIGN(auto* id, current());
    if (!inside_) return fail(wrong_transaction_state("abort()", false));
    inside_ = false;
    id->timed_out = false;
    if (id->open) log_->end_transaction(*id, false);
    return {};
  }

 private:
  bool transactional() const { return !options_.transactional_id.empty(); }

  Result<TransactionalId*> current() {
    if (!transactional()) return fail(ErrorKind::internal, "a producer without transactional id has no transactions");
    log_->expire_transactions();
    auto& id = log_->transactional_ids.at(options_.transactional_id);
    if (id.epoch != epoch_) return fail(producer_fenced(options_.transactional_id));
    return &id;
  }

  Result<TransactionalId*> open_transaction(const char* call) {
    CRYPTOSTREAM_TRY_ASSIGN(auto* id, current());
    if (!inside_) return fail(wrong_transaction_state(call, false));
    if (id->timed_out)
      return fail(ErrorKind::aborted,
                  fmt::format("the transaction of \"{}\" was open for more than {} ms and has been aborted",
                              options_.transactional_id, log_->options.transaction_timeout.count()));
    return id;
  }

  std::shared_ptr<Log> log_;
  ProducerOptions options_;
  std::int64_t epoch_;
  bool inside_ = false;       // between begin() and the answer of commit() or abort()
  bool answer_lost_ = false;  // committed, but the caller was told `unknown`
  std::size_t sent_ = 0;
  std::set<TopicPtr> touched_;
};

}  // namespace

std::unique_ptr<Consumer> make_consumer(std::shared_ptr<Log> log, Isolation isolation) {
  return std::make_unique<MemoryConsumer>(std::move(log), isolation);
}

std::unique_ptr<Producer> make_producer(std::shared_ptr<Log> log, const ProducerOptions& options) {
  std::int64_t epoch = 0;
  if (!options.transactional_id.empty()) {
    std::lock_guard lock(log->mutex);
    auto& id = log->transactional_ids[options.transactional_id];
    if (id.open) log->end_transaction(id, false);
    if (id.producer == 0) id.producer = log->next_id++;
    id.timed_out = false;
    epoch = ++id.epoch;
  }
  return std::make_unique<MemoryProducer>(std::move(log), options, epoch);
}

}  // namespace cryptostream::memory
