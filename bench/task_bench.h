// One task of a topology on a log that keeps nothing: what the library itself costs, from decode to send.
#pragma once

#include "../tests/flows/null_broker.h"

#include <cryptostream/dsl/topology.h>
#include <cryptostream/runtime/log_writer.h>
#include <cryptostream/runtime/task.h>
#include <cryptostream/state/record_cache.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <utility>

namespace cryptostream::bench {

class TaskBench {
 public:
  explicit TaskBench(Topology topology, std::size_t cache_bytes = 0) : topology_(std::move(topology)) {
    if (cache_bytes > 0) cache_.emplace(cache_bytes);
    std::vector<TopicPartition> inputs;
    for (const auto& topic : topology_.sub_topologies().front().topics)
      inputs.push_back({environment_.real_topic(topic), 0});
    task_.emplace(environment_, TaskId{0, 0}, inputs,
                  TaskNeighbours{writer_, dead_letters_, cache_ ? &*cache_ : nullptr, {}});
    if (!task_->start()) std::abort();
  }

  Task& task() { return *task_; }

  /// Nanoseconds a record: `fill` makes each one, for input `index`; a commit every `commit_every` records.
  double ns_per_record(std::size_t index, std::size_t records, std::size_t commit_every,
                       const std::function<void(LogRecord&)>& fill) {
    LogRecord record;
    auto begin = std::chrono::steady_clock::now();
    for (std::size_t i = 1; i <= records; ++i, ++record.offset) {
      fill(record);
      if (!task_->process(index, record)) std::abort();
      if (i % commit_every == 0 && (!task_->flush() || !task_->committed())) std::abort();
    }
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() /
           static_cast<double>(records);
  }

 private:
  Topology topology_;
  test::NullBroker broker_;
  ApplicationConfig config_{.application_id = "bench"};
  Metrics metrics_;
  TaskEnvironment environment_{topology_, config_, broker_, system_clock(), metrics_, "log"};
  LogWriter writer_ = LogWriter::open(broker_, "").value();
  DeadLetters dead_letters_{broker_, system_clock()};
  std::optional<RecordCache> cache_;
  std::optional<Task> task_;
};

}  // namespace cryptostream::bench
