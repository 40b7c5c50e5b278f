// Collects records in memory and writes each flush or transaction in one go, so that no write transaction stays open.
#include <cryptostream/broker/batch_buffer.h>
#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/core/fail_point.h>
#include <cryptostream/local/log_file.h>

#include <algorithm>
#include <cstring>

namespace cryptostream::local {
namespace {

/// Sizes of a record whose bytes lie one after the other; -1: null.
struct PendingRecord {
  std::int64_t time;
  const char* bytes;
  std::int32_t key;
  std::int32_t value;
  std::int32_t headers;
};

struct PendingPartition {
  TopicPartition partition;
  std::int64_t id;
  std::int64_t bytes = 0;
  std::vector<PendingRecord> records;
};

class LocalProducer final : public Producer {
 public:
  LocalProducer(LogFilePtr file, JanitorPtr janitor, ProducerOptions options)
      : file_(std::move(file)), janitor_(std::move(janitor)), options_(std::move(options)) {}

  Result<void> open() {
    CRYPTOSTREAM_TRY_ASSIGN(connection_, file_->open());
    auto prepare = [&](Statement& statement, const char* sql) -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(statement, connection_->prepare(sql));
      return {};
    };
    CRYPTOSTREAM_TRY(prepare(next_offset_, "SELECT next_offset FROM partitions WHERE id = ?"));
    CRYPTOSTREAM_TRY(prepare(insert_, "INSERT INTO records VALUES(?, ?, ?, ?, ?)"));
    CRYPTOSTREAM_TRY(prepare(advance_, "UPDATE partitions SET next_offset = ?, bytes = bytes + ? WHERE id = ?"));
    CRYPTOSTREAM_TRY(prepare(
        block_, "INSERT INTO blocks VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET time = max(time, excluded.time)"));
    CRYPTOSTREAM_TRY(prepare(offset_,
                             "INSERT INTO committed VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                             "offset = excluded.offset, metadata = excluded.metadata"));
    CRYPTOSTREAM_TRY(prepare(producer_, "SELECT epoch, sequence FROM producers WHERE id = ?"));
    CRYPTOSTREAM_TRY(prepare(sequence_set_, "UPDATE producers SET sequence = ? WHERE id = ?"));
    return transactional() ? take_over() : Result<void>();
  }

  Result<void> send(const OutgoingRecord& record) override {
    if (transactional() && !inside_) return fail(wrong_transaction_state("send()", false));
    auto bytes = record_bytes(record);
    if (bytes > file_->options.max_record_bytes)
      return fail(record_too_large(*record.partition, bytes, file_->options.max_record_bytes));
    if (buffered_ > 0 && buffered_ + bytes > options_.buffer_bytes) {
      if (transactional())
        return fail(
            ErrorKind::failure,
            fmt::format(
                "transaction of \"{}\" needs more than the producer's buffer of {} bytes: commit more often, or "
                "give the producer a larger buffer",
                options_.transactional_id, options_.buffer_bytes));
      CRYPTOSTREAM_TRY(write_plain());
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto* pending, pending_for(*record.partition));
    add(*pending, record, bytes);
    return {};
  }

  Result<void> flush(std::chrono::milliseconds) override { return transactional() ? Result<void>() : write_plain(); }

  Result<void> begin() override {
    CRYPTOSTREAM_TRY(check_epoch());
    if (inside_) return fail(wrong_transaction_state("begin()", true));
    inside_ = true;
    return {};
  }

  Result<void> send_offsets(Group& group, const Offsets& offsets) override {
    CRYPTOSTREAM_TRY(check_epoch());
    if (!inside_) return fail(wrong_transaction_state("send_offsets()", false));
    CRYPTOSTREAM_TRY_ASSIGN(auto id, member_group_id(group, *file_));
    for (auto& [partition, offset] : offsets) {
      CRYPTOSTREAM_TRY_ASSIGN(auto* pending, pending_for(partition));
      offsets_.insert_or_assign({id, pending->id}, offset);
    }
    return {};
  }

  Result<CommitOutcome> commit() override {
    if (!inside_) return fail(wrong_transaction_state("commit()", false));
    CRYPTOSTREAM_TRY_ASSIGN(auto outcome, write());
    if (outcome == CommitOutcome::committed) end();
    return outcome;
  }

  Result<void> abort() override {
    CRYPTOSTREAM_TRY(check_epoch());
    if (!inside_) return fail(wrong_transaction_state("abort()", false));
    end();
    return {};
  }

 private:
  bool transactional() const { return !options_.transactional_id.empty(); }

  /// Counts the epoch of this transactional id up: whoever had it before is fenced.
  Result<void> take_over() {
    CRYPTOSTREAM_TRY_ASSIGN(auto turn, file_->begin_write(*connection_));
    auto taken = [&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto upsert,
                              connection_->prepare("INSERT INTO producers VALUES(?, 1, 0) ON CONFLICT DO UPDATE SET "
                                                   "epoch = epoch + 1, sequence = 0"));
      upsert.bind_text(1, options_.transactional_id);
      CRYPTOSTREAM_TRY(upsert.run());
      CRYPTOSTREAM_TRY_ASSIGN(auto row, read_producer());
      epoch_ = row.epoch;
      return connection_->execute("COMMIT");
    }();
    connection_->rollback();
    return taken;
  }

  struct ProducerRow {
    std::int64_t epoch = 0;
    std::int64_t sequence = 0;  // of the last transaction that is in the log
  };
  Result<ProducerRow> read_producer() {
    Reset reset(producer_);
    producer_.bind_text(1, options_.transactional_id);
    CRYPTOSTREAM_TRY_ASSIGN(bool row, producer_.step());
    return row ? ProducerRow{producer_.integer(0), producer_.integer(1)} : ProducerRow{};
  }

  Result<ProducerRow> check_epoch() {
    if (!transactional()) return fail(ErrorKind::internal, "a producer without transactional id has no transactions");
    CRYPTOSTREAM_TRY_ASSIGN(auto row, read_producer());
    if (row.epoch != epoch_) return fail(producer_fenced(options_.transactional_id));
    return row;
  }

  Result<PendingPartition*> pending_for(const TopicPartition& partition) {
    if (last_ != nullptr && last_->partition == partition) return last_;
    auto found = pending_.find(partition);
    if (found == pending_.end()) {
      CRYPTOSTREAM_TRY_ASSIGN(auto row, find_partition(*connection_, partition));
      found = pending_.emplace(partition, PendingPartition{partition, row.id}).first;
    }
    last_ = &found->second;
    return last_;
  }

  void add(PendingPartition& pending, const OutgoingRecord& record, std::size_t bytes) {
    auto* start = bytes_.take(bytes);
    auto* at = start;
    auto append = [&](OptionalBytesView part) {
      if (!part) return std::int32_t{-1};
      if (!part->empty()) std::memcpy(at, part->data(), part->size());
      at += part->size();
      return static_cast<std::int32_t>(part->size());
    };
    auto key = append(record.key);
    auto value = append(record.value);
    auto headers = append(record.headers.packed());
    pending.records.push_back({record.timestamp.ms, start, key, value, headers});
    pending.bytes += static_cast<std::int64_t>(bytes);
    buffered_ += bytes + sizeof(PendingRecord);
  }

  Result<void> write_plain() {
    if (buffered_ == 0) return {};
    auto outcome = write();
    if (outcome && *outcome == CommitOutcome::unknown)
      return fail(ErrorKind::unavailable,
                  fmt::format("local log {}: no answer whether the last records were written", file_->name()));
    // A batch that can never be written must not stand in the way of the next.
    if (outcome || !outcome.error().retriable()) end();
    if (!outcome) return fail(std::move(outcome).error());
    return {};
  }

  /// Forgets what is pending. Partitions stay known, unless their topic may be gone.
  void end() {
    for (auto entry = pending_.begin(); entry != pending_.end();) {
      entry->second.records.clear();
      entry->second.bytes = 0;
      entry = gone_ ? pending_.erase(entry) : std::next(entry);
    }
    last_ = nullptr;
    gone_ = false;
    bytes_.clear();
    offsets_.clear();
    buffered_ = 0;
    inside_ = false;
  }

  /// Writes all that is pending in one transaction. After an error nothing was written and it may be tried again.
  Result<CommitOutcome> write() {
    CRYPTOSTREAM_TRY_ASSIGN(auto turn, file_->begin_write(*connection_));
    auto written = write_in_transaction();
    if (!written) {
      connection_->rollback();
      return fail(std::move(written).error());
    }
    if (*written) {  // an earlier try, whose answer was lost
      connection_->rollback();
      ++sequence_;
      return CommitOutcome::committed;
    }
    if (auto committed = connection_->execute("COMMIT"); !committed) {
      connection_->rollback();
      return transactional() ? look_up_outcome(std::move(committed).error()) : fail(std::move(committed).error());
    }
    auto answered = fail_point("local.commit.after");
    connection_->checkpoint_if_long();
    turn.end();
    file_->changed();
    janitor_->look();
    if (!answered) return CommitOutcome::unknown;
    ++sequence_;
    return CommitOutcome::committed;
  }

  /// A failed COMMIT nearly always wrote nothing; the log itself knows.
  Result<CommitOutcome> look_up_outcome(Error error) {
    auto row = read_producer();
    if (!row) return CommitOutcome::unknown;
    if (row->epoch != epoch_ || row->sequence != sequence_ + 1) return fail(std::move(error));
    ++sequence_;
    return CommitOutcome::committed;
  }

  /// True if this transaction is in the log already.
  Result<bool> write_in_transaction() {
    if (transactional()) {
      CRYPTOSTREAM_TRY_ASSIGN(auto row, check_epoch());
      if (row.sequence == sequence_ + 1) return true;
      sequence_set_.bind(1, sequence_ + 1);
      sequence_set_.bind_text(2, options_.transactional_id);
      CRYPTOSTREAM_TRY(sequence_set_.run());
    }
    for (auto& [partition, pending] : pending_)
      if (!pending.records.empty()) CRYPTOSTREAM_TRY(write_partition(pending));
    for (auto& [to, offset] : offsets_) {
      CRYPTOSTREAM_TRY(next_offset(to.second));
      offset_.bind(1, to.first);
      offset_.bind(2, to.second);
      offset_.bind(3, offset.offset);
      offset_.bind_text(4, offset.metadata);
      CRYPTOSTREAM_TRY(offset_.run());
    }
    CRYPTOSTREAM_TRY(fail_point("local.commit.before"));
    return false;
  }

  Result<std::int64_t> next_offset(std::int64_t partition) {
    Reset reset(next_offset_);
    next_offset_.bind(1, partition);
    CRYPTOSTREAM_TRY_ASSIGN(bool found, next_offset_.step());
    if (found) return next_offset_.integer(0);
    gone_ = true;
    for (auto& [name, pending] : pending_)
      if (pending.id == partition) return fail(topic_replaced(name.topic));
    return fail(ErrorKind::internal, "a partition of the transaction is unknown");
  }

  Result<void> write_partition(PendingPartition& pending) {
    CRYPTOSTREAM_TRY_ASSIGN(auto next, next_offset(pending.id));
    auto count = static_cast<std::int64_t>(pending.records.size());
    if (count > most_offsets - next)
      return fail(ErrorKind::failure,
                  fmt::format("topic \"{}\" partition {} has used up its {} offsets: go on with a new topic",
                              pending.partition.topic, pending.partition.partition, most_offsets));
    std::int64_t latest = pending.records.front().time;
    for (std::size_t i = 0; i < pending.records.size(); ++i) {
      auto& record = pending.records[i];
      auto* at = record.bytes;
      auto part = [&](std::int32_t size) {
        if (size < 0) return OptionalBytesView();
        OptionalBytesView bytes(std::string_view(at, static_cast<std::size_t>(size)));
        at += size;
        return bytes;
      };
      insert_.bind(1, row_id(pending.id, next));
      insert_.bind(2, record.time);
      insert_.bind(3, part(record.key));
      insert_.bind(4, part(record.value));
      insert_.bind(5, record.headers > 0 ? part(record.headers) : OptionalBytesView());
      CRYPTOSTREAM_TRY(insert_.step());
      latest = std::max(latest, record.time);
      ++next;
      bool block_ends = (next & ((1 << block_bits) - 1)) == 0;
      if (!block_ends && i + 1 < pending.records.size()) continue;
      block_.bind(1, pending.id);
      block_.bind(2, (next - 1) >> block_bits);
      block_.bind(3, latest);
      CRYPTOSTREAM_TRY(block_.run());
      if (i + 1 < pending.records.size()) latest = pending.records[i + 1].time;
    }
    advance_.bind(1, next);
    advance_.bind(2, pending.bytes);
    advance_.bind(3, pending.id);
    return advance_.run();
  }

  LogFilePtr file_;
  JanitorPtr janitor_;
  ProducerOptions options_;
  std::unique_ptr<Connection> connection_;
  Statement next_offset_;
  Statement insert_;
  Statement advance_;
  Statement block_;
  Statement offset_;
  Statement producer_;
  Statement sequence_set_;

  std::int64_t epoch_ = 0;
  std::int64_t sequence_ = 0;  // of the last transaction known to be in the log
  bool inside_ = false;

  std::map<TopicPartition, PendingPartition> pending_;
  PendingPartition* last_ = nullptr;
  BatchBuffer bytes_;
  std::size_t buffered_ = 0;
  std::map<std::pair<std::int64_t, std::int64_t>, CommittedOffset> offsets_;  // by group id and partition id
  bool gone_ = false;  // a topic was deleted meanwhile: ids must be looked up anew
};

}  // namespace

Result<std::unique_ptr<Producer>> make_producer(LogFilePtr file, JanitorPtr janitor, const ProducerOptions& options) {
  auto producer = std::make_unique<LocalProducer>(std::move(file), std::move(janitor), options);
  CRYPTOSTREAM_TRY(producer->open());
  return producer;
}

}  // namespace cryptostream::local
