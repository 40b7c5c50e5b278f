// One log file as this process sees it: how to open it, who may write, who waits for news. Shared by all clients of a
// broker.
#pragma once

#include <cryptostream/local/handle.h>
#include <cryptostream/local/local.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace cryptostream::local {

/// A row of `records` is found by partition and offset in one integer: offsets take the low 43 bits.
constexpr int offset_bits = 43;
constexpr std::int64_t most_offsets = std::int64_t{1} << offset_bits;
constexpr std::int64_t most_partitions = std::int64_t{1} << (62 - offset_bits);
constexpr std::int64_t row_id(std::int64_t partition, std::int64_t offset) { return partition << offset_bits | offset; }
constexpr std::int64_t offset_of(std::int64_t row) { return row & (most_offsets - 1); }

/// Offsets per row of `blocks`, the sparse index by time.
constexpr int block_bits = 10;

constexpr std::size_t most_rows_a_read = 1'000;
constexpr std::int64_t most_rows_a_deletion = 5'000;

/// Lets threads write one after the other, each waiting for a bounded time only.
class Turns {
 public:
  class Turn {
   public:
    explicit Turn(Turns* turns) : turns_(turns) {}
    ~Turn() { end(); }
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    void end() {
      if (turns_ != nullptr) std::exchange(turns_, nullptr)->give_back();
    }

   private:
    Turns* turns_;
  };

  std::optional<Turn> take(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!free_again_.wait_for(lock, timeout, [&] { return !taken_; })) return std::nullopt;
    taken_ = true;
    return Turn(this);
  }

 private:
  void give_back() {
    std::lock_guard lock(mutex_);
    taken_ = false;
    free_again_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable free_again_;
  bool taken_ = false;
};

class LogFile {
 public:
  LogFile(std::filesystem::path path, LocalBrokerOptions options);

  /// A new connection to the log, which is made if it is not there.
  Result<std::unique_ptr<Connection>> open() const;

  /// Begins a write transaction. Threads of this process queue here, so that only other processes meet SQLite's lock.
  Result<Turns::Turn> begin_write(Connection& connection);

  /// Wakes who waits for records.
  void changed();
  /// Waits until changed() was called after `seen` was current, `stop` holds or `until` has come.
  template <class Stop>
  void wait(std::uint64_t seen, std::chrono::steady_clock::time_point until, Stop stop) {
    std::unique_lock lock(mutex_);
    changes_.wait_until(lock, until, [&] { return version_ != seen || stop(); });
  }
  std::uint64_t version() const { return version_; }

  const std::string& name() const { return name_; }
  std::string lock_name() const { return name_ + "-locks"; }
  Timestamp now() const { return clock_.now(); }

  const LocalBrokerOptions options;

 private:
  const std::filesystem::path path_;
  const std::string name_;
  const Clock& clock_;
  Turns writing_;
  std::mutex mutex_;
  std::condition_variable changes_;
  std::atomic<std::uint64_t> version_{0};  // changed with mutex_ held
};

using LogFilePtr = std::shared_ptr<LogFile>;

/// A partition as the log knows it.
struct PartitionRow {
  std::int64_t id = 0;
  OffsetRange range;
};

/// Finds a partition. Errors: configuration (there is none).
Result<PartitionRow> find_partition(Connection& connection, const TopicPartition& partition);
Result<std::optional<TopicInfo>> find_topic(Connection& connection, const std::string& name);

/// Keeps the log trim while this process writes to it: retention, compaction, remains of deleted topics. Owns one
/// thread.
class Janitor {
 public:
  explicit Janitor(LogFilePtr file) : file_(std::move(file)) {}
  ~Janitor();
  /// Something was written: look soon. Starts the thread. Any thread.
  void look();

 private:
  void run(const std::stop_token& stop);

  LogFilePtr file_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool asked_ = false;
  std::jthread thread_;
};
using JanitorPtr = std::shared_ptr<Janitor>;

Result<std::unique_ptr<Consumer>> make_consumer(LogFilePtr file);
Result<std::unique_ptr<Producer>> make_producer(LogFilePtr file, JanitorPtr janitor, const ProducerOptions& options);
Result<std::unique_ptr<Group>> make_group(LogFilePtr file, const GroupOptions& options);

/// The id of a group of this log that this process is a member of. Errors: configuration, fenced.
Result<std::int64_t> member_group_id(Group& group, const LogFile& file);

/// The name of a network file system by statfs's number; null for any other.
const char* network_file_system(std::uint32_t type);

/// True if some process is a member of this group.
bool group_is_live(const LogFile& file, std::int64_t group_id);

}  // namespace cryptostream::local
