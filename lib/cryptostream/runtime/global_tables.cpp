#include <cryptostream/runtime/global_tables.h>

#include <fmt/format.h>

namespace cryptostream {
namespace {

constexpr std::size_t records_a_poll = 1'000;
constexpr std::chrono::milliseconds poll_wait{100};

}  // namespace

Result<std::unique_ptr<GlobalTables>> GlobalTables::open(const TaskEnvironment& environment,
                                                         const TaskNeighbours& neighbours) {
  std::unique_ptr<GlobalTables> tables(new GlobalTables(environment));
  const auto& parts = environment.topology.sub_topologies();
  std::vector<Assignment> assignment;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (!parts[part].global) continue;
    std::vector<TopicPartition> inputs;
    for (const auto& name : parts[part].topics) {
      CRYPTOSTREAM_TRY_ASSIGN(auto info, environment.broker.topic(name));
      if (!info)
        return fail(ErrorKind::configuration,
                    fmt::format("topic \"{}\" of a global table does not exist: create it first", name));
      for (std::int32_t partition = 0; partition < info->partitions; ++partition) inputs.push_back({name, partition});
    }
    auto& task = *tables->tasks_.emplace_back(std::make_unique<Task>(environment, TaskId{part, 0}, inputs, neighbours));
    CRYPTOSTREAM_TRY(task.open());
    CRYPTOSTREAM_TRY(task.start());
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      CRYPTOSTREAM_TRY_ASSIGN(auto range, environment.broker.offsets(inputs[input], Isolation::read_committed));
      assignment.push_back({inputs[input], range.begin});
      tables->slots_.push_back({&task, input});
      tables->partitions_.push_back(inputs[input]);
    }
  }
  if (assignment.empty()) return tables;
  CRYPTOSTREAM_TRY_ASSIGN(tables->consumer_, environment.broker.consumer(Isolation::read_committed));
  CRYPTOSTREAM_TRY(tables->consumer_->assign(assignment));
  return tables;
}

std::vector<Task*> GlobalTables::tasks() const {
  std::vector<Task*> tasks;
  for (const auto& task : tasks_) tasks.push_back(task.get());
  return tasks;
}

Result<bool> GlobalTables::load(std::stop_token stop) {
  std::vector<std::int64_t> ends;
  for (const auto& partition : partitions_) {
    CRYPTOSTREAM_TRY_ASSIGN(auto range, environment_.broker.offsets(partition, Isolation::read_committed));
    ends.push_back(range.end);
  }
  auto behind = [&] {
    for (std::uint32_t slot = 0; slot < ends.size(); ++slot)
      if (consumer_->position(slot) < ends[slot]) return true;
    return false;
  };
  while (behind()) {
    if (stop.stop_requested()) return false;
    CRYPTOSTREAM_TRY(take(poll_wait));
  }
  CRYPTOSTREAM_TRY(flush());
  return true;
}

Result<bool> GlobalTables::take(std::chrono::milliseconds wait) {
  CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer_->poll(records_a_poll, wait));
  for (const auto& record : records)
    CRYPTOSTREAM_TRY(slots_[record.slot].task->process(slots_[record.slot].input, record));
  return !records.empty();
}

Result<void> GlobalTables::flush() {
  for (auto& task : tasks_) CRYPTOSTREAM_TRY(task->flush());
  return {};
}

Result<bool> GlobalTables::update() {
  if (!consumer_) return false;
  bool any = false;
  for (bool more = true; more; any |= more) {
    CRYPTOSTREAM_TRY_ASSIGN(more, take(std::chrono::milliseconds(0)));
  }
  if (any) CRYPTOSTREAM_TRY(flush());
  return any;
}

Result<bool> restore(const TaskEnvironment& environment, Task& task, std::stop_token stop) {
  for (const auto& restorable : task.restorables()) {
    const auto& changelog = restorable.changelog;
    CRYPTOSTREAM_TRY_ASSIGN(auto range, environment.broker.offsets(changelog, Isolation::read_uncommitted));
    if (range.begin == range.end) continue;
    // Read committed, up to the uncommitted end: what is still pending there is waited out.
    CRYPTOSTREAM_TRY_ASSIGN(auto consumer, environment.broker.consumer(Isolation::read_committed));
    Assignment from{changelog, range.begin};
    CRYPTOSTREAM_TRY(consumer->assign({&from, 1}));
    while (consumer->position(0) < range.end) {
      task.metrics().restore_remaining = range.end - consumer->position(0);
      if (stop.stop_requested()) return false;
      CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(records_a_poll, poll_wait));
      for (const auto& record : records) CRYPTOSTREAM_TRY(task.restore(restorable, record));
    }
    task.metrics().restore_remaining = 0;
    CRYPTOSTREAM_TRY(restorable.store->commit(range.end));
  }
  return true;
}

}  // namespace cryptostream
