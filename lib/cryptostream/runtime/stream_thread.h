// A stream thread: one transaction, one producer, some tasks. Reads, hands records to tasks, commits.
#pragma once

#include <cryptostream/core/threads.h>
#include <cryptostream/runtime/global_tables.h>
#include <cryptostream/runtime/source_worker.h>
#include <cryptostream/runtime/task.h>
#include <cryptostream/state/record_cache.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace cryptostream {

/// What several sinks of one application have committed of the partitions they share. Thread-safe.
class SinkProgress {
 public:
  /// Notes that `sink` will want `next` of `partition` next; returns the lowest such offset of all sinks that read it.
  std::int64_t advance(const TopicPartition& partition, const std::string& sink, std::int64_t next);

 private:
  std::mutex mutex_;
  std::map<TopicPartition, std::map<std::string, std::int64_t>> next_;  // guarded by mutex_
};

/// What the threads of one application share.
struct ThreadEnvironment {
  TaskEnvironment& tasks;
  Group& group;
  SinkProgress& sink_progress;
  /// Input topics whose group offset belongs to a task that ends in no sink; the rest follow the slowest sink.
  std::set<std::string> processed_topics;
  /// Topics that this application writes itself: a stop carries on what is in them.
  std::set<std::string> own_topics;
  /// For tests: all records wait in their tasks' queues, so that tasks take their turns in the order of their ids.
  bool in_turns = false;
  /// And one record is handled at a time and then committed; else as many as come.
  bool step_by_step = false;
  /// If set, and true: the tasks belong to others already. Threads end without a commit.
  const std::atomic<bool>* lost = nullptr;
  /// Threads whose sources may still give something: while there are any, nobody has finished draining.
  std::atomic<int> threads_with_sources{1};

  ThreadEnvironment(TaskEnvironment& task_environment, Group& of_group, SinkProgress& progress,
                    std::set<std::string> processed, std::set<std::string> own, int threads)
      : tasks(task_environment),
        group(of_group),
        sink_progress(progress),
        processed_topics(std::move(processed)),
        own_topics(std::move(own)),
        threads_with_sources(threads) {}
};

class StreamThread {
 public:
  StreamThread(ThreadEnvironment& environment, int index, std::vector<TaskId> tasks);
  ~StreamThread();

  /// Fences any former holder, starts the tasks and goes to their positions. Retries what is unreachable for
  /// startup_timeout.
  Result<void> start(std::stop_token stop);

  /// Reads once and handles what came, waiting up to `wait` for it; commits when that is due. True if anything was
  /// handled.
  Result<bool> run_once(std::chrono::milliseconds wait);

  /// Commits now what is uncommitted: sinks, then the log.
  Result<void> commit();

  /// What the tasks have sent is in the log when this returns, though it is not committed.
  Result<void> write_out() { return writer_->flush(); }

  /// start(), run_once() until `stop`, then stop sources, carry on what the application itself has in its log, commit,
  /// close.
  Result<void> run(std::stop_token stop);

  /// A store of one of its tasks, or of a global table; null if none of them has it. Valid until the tasks start anew.
  StateStore* find_store(const std::string& name, std::int32_t partition);

  /// Makes a waiting run_once return. Any thread.
  void wake_up();

 private:
  // A consumer with the tasks it feeds. Two tasks that read one partition (two sinks, say) stand at different offsets,
  // so each has its own lane.
  struct Lane {
    std::unique_ptr<Consumer> consumer;
    struct Slot {
      Task* task;
      std::size_t input;
    };
    std::vector<Slot> slots;
    std::vector<Assignment> assignment;
  };

  /// How often what others may know of its positions is brought up to date.
  static constexpr std::chrono::seconds note_interval{1};

  /// With several lanes, none may keep the others waiting for longer.
  static constexpr std::chrono::milliseconds lane_wait{5};

  Result<void> start_once();
  Result<void> assign_lanes();
  Result<void> commit_sink_starts();
  Result<void> start_sources();
  Result<std::int64_t> start_offset(const Task& task, std::size_t input, const Offsets& committed);
  Result<bool> handle(Lane& lane, std::chrono::milliseconds wait);
  Result<void> handle_records(Lane& lane, std::span<const LogRecord> records);
  Result<bool> handle_waiting();
  Result<void> wait_for_log(const Error& error);
  Result<void> update_globals();
  Result<bool> punctuate();
  Result<bool> take_batches();
  Result<void> resume_suspended();
  Result<void> task_failed(Task& task, const Error& error);
  Result<void> commit_sinks();
  Result<void> commit_log();
  Result<void> recover(const Error& error);
  Result<void> until_written(const std::function<Result<void>()>& write);
  Result<void> hold();
  Result<void> drain();
  void sources_ended();
  bool due() const;
  bool anything_dirty() const;
  std::chrono::nanoseconds begin_turn();
  void note_positions();
  Result<void> commit_all();
  void pause_slots(const Task& task, bool pause);

  ThreadEnvironment& environment_;
  int index_;
  std::string name_;
  ThreadMetrics& metrics_;
  std::vector<TaskId> ids_;
  std::chrono::milliseconds commit_interval_;
  std::optional<LogWriter> writer_;
  std::unique_ptr<DeadLetters> dead_letters_;
  std::optional<RecordCache> cache_;
  std::unique_ptr<GlobalTables> globals_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Lane> lanes_;

  struct Source {
    Task* task;
    std::string key;
    std::string position;  // of the last batch taken; committed with it
    bool moved = false;    // position is to be committed
    bool written = false;  // position is part of the open transaction
    std::unique_ptr<SourceWorker> worker;
  };
  std::vector<Source> sources_;

  std::size_t uncommitted_ = 0;
  std::chrono::nanoseconds last_commit_{0};
  std::chrono::nanoseconds last_hold_{0};
  std::chrono::nanoseconds last_note_{0};
  bool restored_ = true;         // false: the start was cut short by a stop
  bool tasks_replaced_ = false;  // by recover(): references into tasks_, lanes_ and sources_ are dead
  bool log_failing_ = false;
  bool told_sources_ended_ = false;
  Backoff log_backoff_;
  std::stop_token stop_;

  std::mutex wake_mutex_;
  Condition woken_;
  bool wake_ = false;            // guarded by wake_mutex_
  Consumer* waiting_ = nullptr;  // guarded by wake_mutex_; the consumer to wake
};

}  // namespace cryptostream
