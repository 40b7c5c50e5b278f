// What one stream thread writes to the log, in transactions or without.
#pragma once

#include <cryptostream/broker/broker.h>

#include <cstddef>
#include <memory>
#include <string>

namespace cryptostream {

/// A producer with its transaction. One thread.
class LogWriter {
 public:
  /// `transactional_id` empty: at least once. Taking over an id fences its former holder.
  static Result<LogWriter> open(Broker& broker, const std::string& transactional_id);

  /// Begins the transaction with the first record.
  Result<void> send(const OutgoingRecord& record);
  /// All that was sent is in the log (not yet visible, in a transaction).
  Result<void> flush();
  /// Makes records and offsets permanent: together in a transaction, records first without one. May be repeated after a
  /// retriable error, also when the outcome is unknown.
  Result<void> commit(Group& group, const Offsets& offsets);
  /// Drops the open transaction, if there is one.
  Result<void> abort();

  /// Bytes sent since the last commit.
  std::size_t uncommitted_bytes() const { return uncommitted_bytes_; }

 private:
  LogWriter(std::unique_ptr<Producer> producer, bool transactional)
      : producer_(std::move(producer)), transactional_(transactional) {}

  std::unique_ptr<Producer> producer_;
  bool transactional_;
  bool in_transaction_ = false;
  bool offsets_sent_ = false;
  std::size_t uncommitted_bytes_ = 0;
};

}  // namespace cryptostream
