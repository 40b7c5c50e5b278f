// What an application has done so far and is doing now.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream {

/// A counter that one thread writes and any may read: no locked instruction on a record's road.
class OwnCounter {
 public:
  void add(std::uint64_t by = 1) { value_.store(load() + by, std::memory_order_relaxed); }
  void add(std::chrono::nanoseconds by) { add(static_cast<std::uint64_t>(by.count())); }
  std::uint64_t load() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How long things took. Any thread may observe and read.
class DurationHistogram {
 public:
  /// Upper bounds of the buckets, in seconds, included; a last bucket takes what is above.
  static constexpr std::array bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                     0.25,   0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};

  void observe(std::chrono::nanoseconds took);
  /// Of bucket `index` alone; bounds.size() is the last one.
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  std::chrono::nanoseconds sum() const { return std::chrono::nanoseconds(sum_.load(std::memory_order_relaxed)); }

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> buckets_{};
  std::atomic<std::int64_t> sum_{0};
};

/// Parts by name: made when first asked for, kept as long as this. Thread-safe.
template <class T>
class NamedMetrics {
 public:
  /// The part of that name. With `most` parts there already, a new name gets the part "other".
  T& of(std::string_view name, std::size_t most = SIZE_MAX) {
    std::lock_guard lock(mutex_);
    auto found = parts_.find(name);
    if (found == parts_.end() && parts_.size() >= most) found = parts_.find(name = "other");
    if (found == parts_.end()) found = parts_.emplace(std::string(name), std::make_unique<T>()).first;
    return *found->second;
  }
  /// All of them, by name; they live on while others are added.
  std::vector<std::pair<std::string_view, const T*>> all() const {
    std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string_view, const T*>> parts;
    for (const auto& [name, part] : parts_) parts.emplace_back(name, part.get());
    return parts;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<T>, std::less<>> parts_;  // guarded by mutex_
};

/// Records of one topic that a task read or wrote. Its thread writes.
struct TopicMetrics {
  OwnCounter records;
  OwnCounter bytes;  ///< of keys and values

  void add(std::size_t key, std::size_t value) {
    records.add();
    bytes.add(key + value);
  }
};

/// One task. Its thread writes.
struct TaskMetrics {
  enum class State : std::uint8_t {
    closed,     ///< ended, or given to another member
    restoring,  ///< being made: state comes back from changelogs, the sink is opened
    running,
    paused,  ///< waits for its sink's target to come back
  };
  struct Input {
    TopicMetrics read{};
    std::atomic<std::int64_t> position{-1};  ///< next offset to read, noted once a second; -1: not known yet
    std::atomic<bool> caught_up{false};      ///< nothing was left to read then
  };

  std::atomic<State> state{State::closed};
  std::string sink{};                  ///< empty: it does not end in one. Set before `described`.
  std::atomic<bool> described{false};  ///< `sink` may be read
  NamedMetrics<Input> inputs{};        ///< "<topic>/<partition>"
  NamedMetrics<TopicMetrics> written{};
  NamedMetrics<OwnCounter> dropped{};  ///< by reason
  OwnCounter changelog_records;
  OwnCounter restored_records;
  std::atomic<std::int64_t> restore_remaining{0};  ///< offsets to be read of the changelog at hand
  std::atomic<std::int64_t> stream_time{-1};       ///< milliseconds since the epoch, noted once a second; -1: none yet
};

/// One stream thread, which writes this.
struct ThreadMetrics {
  enum class State : std::uint8_t { ended, starting, running, draining };
  std::atomic<State> state{State::ended};
  /// When it last began a turn, in nanoseconds of Clock::monotonic().
  std::atomic<std::int64_t> last_turn{0};
  OwnCounter poll_time;       ///< nanoseconds spent waiting for input
  OwnCounter process_time;    ///< nanoseconds spent handling records
  OwnCounter punctuate_time;  ///< nanoseconds spent in punctuations by the wall clock
  DurationHistogram commits;  ///< of commits that carried anything: flush, sinks, log
};

/// One sink, over all its partitions.
struct SinkMetrics {
  std::atomic<std::uint64_t> records{0};      ///< input records whose rows are committed
  std::atomic<std::uint64_t> failures{0};     ///< failed commits or openings
  std::atomic<std::int64_t> last_success{0};  ///< milliseconds since the epoch; 0: none yet
  DurationHistogram flushes;                  ///< of commits of rows and position in the target
  DurationHistogram latency;  ///< age of the newest record, by its own timestamp, when its rows are committed
};

/// One partition of an external source.
struct SourceMetrics {
  std::atomic<bool> open{false};  ///< its reader is there
  std::atomic<bool> up{false};    ///< and its last poll succeeded
  std::atomic<std::uint64_t> records{0};
  std::atomic<std::uint64_t> failures{0};  ///< failed polls and openings
  std::atomic<std::uint64_t> queued{0};    ///< records that wait for the stream thread
};

/// Counters and gauges of one Application, for progress lines, health checks and tests. Counters rise only; any thread
/// may read. docs/metrics.md lists them as they are exported.
struct Metrics {
  static constexpr std::size_t places = 4;  ///< of enum Place

  std::atomic<std::uint64_t> records_consumed{0};  ///< input records of all tasks, and records of external sources
  std::atomic<std::uint64_t> records_produced{0};  ///< records sent to topics
  std::atomic<std::uint64_t> records_skipped{0};   ///< bad records skipped by policy
  std::atomic<std::uint64_t> records_dropped{0};   ///< records and windows that operators left out: null keys, too late
  std::atomic<std::uint64_t> dead_letters{0};      ///< bad records written to a dead-letter topic
  std::atomic<std::uint64_t> sink_records{0};      ///< input records whose rows are committed in a target
  std::atomic<std::uint64_t> commits{0};           ///< commits of the log that carried anything
  std::atomic<std::uint64_t> aborts{0};            ///< transactions thrown away and done again
  std::atomic<std::uint64_t> source_failures{0};   ///< failed polls of external sources
  std::atomic<std::uint64_t> sink_failures{0};     ///< failed commits or openings of external sinks

  std::array<std::atomic<std::uint64_t>, places> skipped_at{};       ///< records_skipped by place
  std::array<std::atomic<std::uint64_t>, places> dead_letters_at{};  ///< dead_letters by place

  enum class Phase : std::uint8_t {
    created,
    rebalancing,  ///< starting, or between two assignments
    running,      ///< has tasks, which may still restore
    stopping,     ///< drains
    stopped,
    failed,
  };
  std::atomic<Phase> phase{Phase::created};
  std::atomic<std::uint64_t> assignments{0};     ///< how often it began with a set of tasks
  std::atomic<std::uint64_t> tasks_assigned{0};  ///< of the assignment at hand
  std::atomic<std::int64_t> started{0};          ///< milliseconds since the epoch; 0: run() was not called

  NamedMetrics<ThreadMetrics> threads{};  ///< by number
  NamedMetrics<TaskMetrics> tasks{};      ///< by id: "0_3"
  NamedMetrics<SinkMetrics> sinks{};      ///< by the sink's node
  NamedMetrics<SourceMetrics> sources{};  ///< "<node>/<partition>"
};

}  // namespace cryptostream
