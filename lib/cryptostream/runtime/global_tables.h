// The global tables of one thread: read whole, from the beginning, before its tasks start, and kept up to date beside
// them.
#pragma once

#include <cryptostream/runtime/task.h>

#include <memory>
#include <vector>

namespace cryptostream {

/// Each thread has its own copy, so that lookups need no lock. One thread.
class GlobalTables {
 public:
  /// Starts the tasks of all global sub-topologies. Call load() before anything looks into them.
  static Result<std::unique_ptr<GlobalTables>> open(const TaskEnvironment& environment,
                                                    const TaskNeighbours& neighbours);

  /// Reads until what the topics held when it was called is in the stores. False: `stop` came first.
  Result<bool> load(std::stop_token stop);
  /// Takes what has come since, without waiting. True if anything had.
  Result<bool> update();

  std::vector<Task*> tasks() const;
  bool empty() const { return tasks_.empty(); }

 private:
  explicit GlobalTables(const TaskEnvironment& environment) : environment_(environment) {}
  struct Slot {
    Task* task;
    std::size_t input;
  };
  Result<bool> take(std::chrono::milliseconds wait);
  Result<void> flush();

  const TaskEnvironment& environment_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::unique_ptr<Consumer> consumer_;
  std::vector<Slot> slots_;
  std::vector<TopicPartition> partitions_;
};

/// Fills a task's stores from their changelogs. False: `stop` came first, and the stores lack something. Waits for
/// transactions that are pending there, which the log ends at their timeout. Errors: those of the log, and of damaged
/// changelogs.
Result<bool> restore(const TaskEnvironment& environment, Task& task, std::stop_token stop);

}  // namespace cryptostream
