// Deletes what a log need not keep, in small transactions: retention, compaction, remains of deleted topics.
#pragma once

#include <cryptostream/local/log_file.h>

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace cryptostream::local {

/// One thread's means of trimming a log. Each call does as much as there is to do, leaving between two transactions
/// when asked to stop.
class Trim {
 public:
  static Result<std::unique_ptr<Trim>> open(LogFilePtr file);

  Result<void> run(const std::stop_token& stop);

 private:
  struct Topic {
    std::int64_t id = 0;
    std::string name;
    bool compacted = false;
    std::int64_t most_bytes = 0;  // 0: no bound
    std::int64_t most_ms = 0;     // 0: no bound
  };
  struct Partition {
    std::int64_t id = 0;
    OffsetRange range;
    std::int64_t bytes = 0;
    std::int64_t clean_offset = 0;  // below it no key is there twice
    std::int64_t clean_rows = 0;
    std::int64_t bound = 0;  // nothing at or after it may go
  };

  explicit Trim(LogFilePtr file) : file_(std::move(file)) {}

  Result<std::vector<Topic>> topics();
  Result<std::vector<Partition>> partitions(const Topic& topic);
  /// Runs `change` in a write transaction.
  Result<void> write(const std::function<Result<void>()>& change);

  Result<void> retain(const Topic& topic, const std::stop_token& stop);
  /// Deletes at most one transaction's worth from the partitions' beginnings. True if there may be more.
  Result<bool> delete_oldest(const Topic& topic);
  Result<bool> may_delete(const Topic& topic, const std::vector<Partition>& partitions);
  Result<void> say_too_large(const Topic& topic);

  Result<void> compact(const Partition& partition, const std::stop_token& stop);
  Result<void> delete_rows(const Partition& partition, const std::vector<std::int64_t>& rows);
  Result<void> note_tombstones(const std::vector<std::int64_t>& rows);
  Result<void> delete_dropped(const std::stop_token& stop);

  LogFilePtr file_;
  std::unique_ptr<Connection> connection_;
  std::map<std::int64_t, std::int64_t> said_;  // by topic: its bytes when it was last called too large
};

}  // namespace cryptostream::local
