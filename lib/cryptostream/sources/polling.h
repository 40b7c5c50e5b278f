// The loop of every source that asks an API again and again. Private to this module.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/sources/counts.h>
#include <cryptostream/sources/outage.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace cryptostream {

/// What is polled, and how often.
struct PollOptions {
  std::string source;  ///< for the log: "coincap"
  std::string what;    ///< for messages: "coincap /assets"
  std::chrono::milliseconds interval;
  Backoff::Options retry;
  std::shared_ptr<SourceCounts> counts;  ///< not null
};

/// When to ask next: at points of a fixed rate that begins with the first turn. After a failure it is as long as the
/// other side wants to be left alone, or the backoff. A point that has passed is made up for by none. One thread only.
class PollSchedule {
 public:
  explicit PollSchedule(const PollOptions& options);

  /// Waits for the next turn; false when a stop was requested.
  bool wait_for_turn(std::stop_token stop);
  void succeeded();
  /// Says what is wrong, if it is the first time in a row.
  void failed(const Error& error);

 private:
  using Clock = std::chrono::steady_clock;

  const PollOptions options_;
  Clock::time_point next_{};   // by the schedule
  Clock::time_point retry_{};  // not before, after a failure
  Backoff backoff_;
  Outage down_;
};

/// Rows of an answer that cannot be used, and rows that should be there and are not: said once, counted. One thread
/// only.
class RowTroubles {
 public:
  explicit RowTroubles(const PollOptions& options);

  /// Rows that were left out of this answer, or none.
  void bad(const std::vector<Error>& rows);
  /// What was asked for and is not in this answer, or nothing.
  void missing(const std::vector<std::string>& names);

 private:
  const PollOptions options_;
  Outage bad_;
  Outage missing_;
};

/// A reader that asks at each turn, and lives whatever comes.
template <class V>
class PollingReader : public SourceReader<std::string, V> {
 public:
  using Batch = SourceBatch<std::string, V>;

  Result<Batch> poll(std::stop_token stop) final {
    while (schedule_.wait_for_turn(stop)) {
      auto batch = ask(stop);
      if (stop.stop_requested()) break;
      if (!batch) {
        schedule_.failed(batch.error());
      } else {
        schedule_.succeeded();
        if (!batch->records.empty()) return batch;
      }
    }
    return Batch();
  }

 protected:
  explicit PollingReader(const PollOptions& options) : troubles_(options), schedule_(options) {}

  /// The records of one poll, possibly none, or why there is no answer that can be used.
  virtual Result<Batch> ask(std::stop_token stop) = 0;

  RowTroubles troubles_;

 private:
  PollSchedule schedule_;
};

}  // namespace cryptostream
