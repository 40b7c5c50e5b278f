#include <cryptostream/runtime/log_writer.h>

namespace cryptostream {
namespace {

constexpr std::chrono::milliseconds flush_timeout{30'000};
constexpr std::size_t record_overhead = 64;

}  // namespace

Result<LogWriter> LogWriter::open(Broker& broker, const std::string& transactional_id) {
  ProducerOptions options;
  options.transactional_id = transactional_id;
  CRYPTOSTREAM_TRY_ASSIGN(auto producer, broker.producer(options));
  return LogWriter(std::move(producer), !transactional_id.empty());
}

Result<void> LogWriter::send(const OutgoingRecord& record) {
  if (transactional_ && !in_transaction_) {
    CRYPTOSTREAM_TRY(producer_->begin());
    in_transaction_ = true;
  }
  uncommitted_bytes_ +=
      record_overhead + (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  return producer_->send(record);
}

Result<void> LogWriter::flush() { return producer_->flush(flush_timeout); }

Result<void> LogWriter::commit(Group& group, const Offsets& offsets) {
  if (!transactional_) {
    CRYPTOSTREAM_TRY(producer_->flush(flush_timeout));
    if (!offsets.empty()) CRYPTOSTREAM_TRY(group.commit(offsets));
    uncommitted_bytes_ = 0;
    return {};
  }
  if (!in_transaction_) {
    CRYPTOSTREAM_TRY(producer_->begin());
    in_transaction_ = true;
  }
  if (!offsets_sent_) {
    // Whoever takes the tasks over waits for what lies in the log unfinished. What came to lie there later, from a
    // process that was a member here and stood still then, would be missed: positions of sources, changelogs.
    CRYPTOSTREAM_TRY(producer_->flush(flush_timeout));
    // Without offsets too: it ties the transaction to the group, so that who was removed from it cannot commit.
    CRYPTOSTREAM_TRY(producer_->send_offsets(group, offsets));
    offsets_sent_ = true;
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto outcome, producer_->commit());
  if (outcome == CommitOutcome::unknown)
    return fail(ErrorKind::unavailable, "the outcome of a commit is not known yet");
  in_transaction_ = false;
  offsets_sent_ = false;
  uncommitted_bytes_ = 0;
  return {};
}

Result<void> LogWriter::abort() {
  if (!in_transaction_) return {};
  CRYPTOSTREAM_TRY(producer_->abort());
  in_transaction_ = false;
  offsets_sent_ = false;
  uncommitted_bytes_ = 0;
  return {};
}

}  // namespace cryptostream
