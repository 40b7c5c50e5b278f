#include <cryptostream/core/log.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/runtime/source_positions.h>
#include <cryptostream/runtime/stream_thread.h>

#include <fmt/format.h>

#include <algorithm>

namespace cryptostream {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t records_a_poll = 1'000;
constexpr std::size_t bytes_a_transaction = 16u << 20;

}  // namespace

std::int64_t SinkProgress::advance(const TopicPartition& partition, const std::string& sink, std::int64_t next) {
  std::lock_guard lock(mutex_);
  auto& sinks = next_[partition];
  sinks[sink] = next;
  return std::min_element(sinks.begin(), sinks.end(), [](auto& a, auto& b) { return a.second < b.second; })->second;
}

StreamThread::StreamThread(ThreadEnvironment& environment, int index, std::vector<TaskId> tasks)
    : environment_(environment),
      index_(index),
      name_(fmt::format("thread {}", index)),
      metrics_(environment.tasks.metrics.threads.of(std::to_string(index))),
      ids_(std::move(tasks)) {
  metrics_.state = ThreadMetrics::State::starting;

  const auto& config = environment_.tasks.config;
  commit_interval_ = config.commit_interval.value_or(environment_.tasks.broker.default_commit_interval());
}

StreamThread::~StreamThread() {
  for (auto& source : sources_)
    if (source.worker) source.worker->stop();
  metrics_.state = ThreadMetrics::State::ended;
}

Result<void> StreamThread::start(std::stop_token stop) {
  stop_ = stop;
  Backoff backoff;
  const auto& clock = environment_.tasks.clock;
  auto deadline = clock.monotonic() + environment_.tasks.config.startup_timeout;
  for (;;) {
    auto started = start_once();
    if (started || !started.error().retriable()) return started;
    auto pause = started.error().retry_after().value_or(backoff.next());
    if (clock.monotonic() + pause > deadline || wait(stop, pause)) return started;
    log(LogLevel::debug, name_, "cannot start yet: {}", started.error().message());
  }
}

Result<void> StreamThread::start_once() {
  metrics_.state = ThreadMetrics::State::starting;
  auto& tasks = environment_.tasks;
  const auto& config = tasks.config;
  lanes_.clear();
  sources_.clear();
  tasks_.clear();
  globals_.reset();
  // The producer first: it ends what a former holder of the id left open, so that what is read below is final.
  auto id = config.guarantee == Guarantee::exactly_once
                ? fmt::format("{}-{}-{}", config.application_id, config.process_id, index_)
                : std::string();
  CRYPTOSTREAM_TRY_ASSIGN(auto writer, LogWriter::open(tasks.broker, id));
  writer_.emplace(std::move(writer));
  dead_letters_ = std::make_unique<DeadLetters>(tasks.broker, tasks.clock);
  cache_.reset();
  if (config.cache_bytes > 0) {
    // Global tables take a thread's share, though they have no use for it, as in Kafka Streams.
    const auto& parts = tasks.topology.sub_topologies();
    int global = std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.global; });
    cache_.emplace(config.cache_bytes / static_cast<std::size_t>(std::max(config.threads, 1) + global));
  }
  // Nobody is told of a global table's updates, so a cache has nothing to hold back.
  TaskNeighbours neighbours{*writer_, *dead_letters_, nullptr, {}};
  CRYPTOSTREAM_TRY_ASSIGN(globals_, GlobalTables::open(tasks, neighbours));
  CRYPTOSTREAM_TRY_ASSIGN(restored_, globals_->load(stop_));
  neighbours.cache = cache_ ? &*cache_ : nullptr;
  neighbours.globals = globals_->tasks();
  for (const auto& task_id : ids_) {
    auto& task = *tasks_.emplace_back(std::make_unique<Task>(tasks, task_id, tasks.inputs(task_id), neighbours));
    auto started = task.open();
    if (started && restored_) {
      CRYPTOSTREAM_TRY_ASSIGN(restored_, restore(tasks, task, stop_));
    }
    if (started && restored_) started = task.start();
    if (!started) return fail(started.error().with_context(task.name()));
  }
  uncommitted_ = 0;
  last_commit_ = tasks.clock.monotonic();
  CRYPTOSTREAM_TRY(assign_lanes());
  CRYPTOSTREAM_TRY(start_sources());
  begin_turn();
  if (restored_) {
    for (auto& task : tasks_) task->running();
    metrics_.state = ThreadMetrics::State::running;
  }
  return {};
}

std::chrono::nanoseconds StreamThread::begin_turn() {
  auto now = environment_.tasks.clock.monotonic();
  metrics_.last_turn.store(now.count(), std::memory_order_relaxed);
  return now;
}

void StreamThread::note_positions() {
  for (const auto& lane : lanes_)
    for (std::uint32_t slot = 0; slot < lane.slots.size(); ++slot) {
      auto& [task, input] = lane.slots[slot];
      if (!task->suspended()) {
        task->note_position(input, lane.consumer->position(slot),
                            lane.consumer->caught_up(slot) && !task->has_waiting());
      } else if (task->sink_position()) {
        task->note_position(input, *task->sink_position(), false);
      }
    }
}

Result<std::int64_t> StreamThread::start_offset(const Task& task, std::size_t input, const Offsets& committed) {
  const auto& partition = task.inputs()[input];
  CRYPTOSTREAM_TRY_ASSIGN(auto range, environment_.tasks.broker.offsets(partition, Isolation::read_uncommitted));
  std::optional<std::int64_t> position;
  if (task.ends_in_sink()) {
    position = task.sink_position();
  } else if (auto found = committed.find(partition); found != committed.end()) {
    position = found->second.offset;
  }
  if (!position) return range.begin;
  if (*position < range.begin || *position > range.end)
    return fail(
        ErrorKind::configuration,
        fmt::format("{}: position {} of topic {} partition {} lies outside the log, which holds {} to {}: the log was "
                    "replaced, or its "
                    "retention deleted what was still needed; restore the log, or reset the position on purpose",
                    task.name(), *position, partition.topic, partition.partition, range.begin, range.end));
  return *position;
}

Result<void> StreamThread::assign_lanes() {
  auto& broker = environment_.tasks.broker;
  std::vector<TopicPartition> wanted;
  for (const auto& task : tasks_)
    if (!task->ends_in_sink()) wanted.insert(wanted.end(), task->inputs().begin(), task->inputs().end());
  Offsets committed;
  if (!wanted.empty()) {
    CRYPTOSTREAM_TRY_ASSIGN(committed, environment_.group.committed(wanted));
  }
  for (const auto& task : tasks_) {
    if (task->inputs().empty()) continue;
    auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& candidate) {
      return std::none_of(candidate.assignment.begin(), candidate.assignment.end(), [&](const Assignment& assigned) {
        return std::find(task->inputs().begin(), task->inputs().end(), assigned.partition) != task->inputs().end();
      });
    });
    if (lane == lanes_.end()) lane = lanes_.emplace(lanes_.end());
    for (std::size_t input = 0; input < task->inputs().size(); ++input) {
      CRYPTOSTREAM_TRY_ASSIGN(auto offset, start_offset(*task, input, committed));
      auto known = committed.find(task->inputs()[input]);
      task->begin_at(input, offset, known == committed.end() ? std::string_view() : known->second.metadata);
      lane->slots.push_back({task.get(), input});
      lane->assignment.push_back({task->inputs()[input], offset});
      if (task->ends_in_sink()) CRYPTOSTREAM_TRY(broker.hold(task->sink_name(), task->inputs()[input], offset));
    }
  }
  for (auto& lane : lanes_) {
    CRYPTOSTREAM_TRY_ASSIGN(lane.consumer, broker.consumer(Isolation::read_committed));
    CRYPTOSTREAM_TRY(lane.consumer->assign(lane.assignment));
  }
  return commit_sink_starts();
}

// A target may be ahead of the group's offset (a crash came between the two) and have nothing to read any more; tools
// that look at the group would see it lag for ever.
Result<void> StreamThread::commit_sink_starts() {
  Offsets starts;
  for (const auto& lane : lanes_)
    for (std::size_t slot = 0; slot < lane.slots.size(); ++slot) {
      const auto& [partition, offset] = lane.assignment[slot];
      const auto& task = *lane.slots[slot].task;
      if (task.ends_in_sink() && !environment_.processed_topics.contains(partition.topic))
        starts[partition] = {environment_.sink_progress.advance(partition, task.sink_name(), offset), {}};
    }
  if (starts.empty()) return {};
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, start] : starts) partitions.push_back(partition);
  CRYPTOSTREAM_TRY_ASSIGN(auto committed, environment_.group.committed(partitions));
  std::erase_if(starts, [&](const auto& start) {
    auto found = committed.find(start.first);
    return found != committed.end() && found->second.offset == start.second.offset;
  });
  return starts.empty() ? Result<void>() : environment_.group.commit(starts);
}

Result<void> StreamThread::start_sources() {
  auto& tasks = environment_.tasks;
  std::map<std::string, std::string> positions;
  for (const auto& task : tasks_) {
    if (!task->external_source()) continue;
    if (positions.empty()) {
      CRYPTOSTREAM_TRY_ASSIGN(positions, SourcePositions::read(tasks.broker, tasks.config.application_id));
    }
    Source source;
    source.task = task.get();
    source.key = SourcePositions::key(task->source_name(), task->id().partition);
    SourceTask from;
    from.partition = task->id().partition;
    if (auto found = positions.find(source.key); found != positions.end()) from.position = found->second;
    SourceWorker::Options options;
    options.key = source.key;
    options.startup_timeout = tasks.config.startup_timeout;
    source.worker = std::make_unique<SourceWorker>(*task->external_source(), std::move(from), std::move(options),
                                                   tasks.metrics, [this] { wake_up(); });
    sources_.push_back(std::move(source));
  }
  return {};
}

StateStore* StreamThread::find_store(const std::string& name, std::int32_t partition) {
  auto find_in = [&](Task& task) -> StateStore* {
    auto found = task.store(name);
    return found ? *found : nullptr;
  };
  for (auto* global : globals_->tasks())
    if (auto* store = find_in(*global)) return store;
  for (const auto& task : tasks_)
    if (task->id().partition == partition)
      if (auto* store = find_in(*task)) return store;
  return nullptr;
}

void StreamThread::wake_up() {
  std::lock_guard lock(wake_mutex_);
  wake_ = true;
  if (waiting_) waiting_->wake_up();
  woken_.notify_all();
}

bool StreamThread::anything_dirty() const {
  return std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task->dirty(); }) ||
         std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return source.moved; });
}

bool StreamThread::due() const {
  if (uncommitted_ >= environment_.tasks.config.max_uncommitted_records ||
      writer_->uncommitted_bytes() >= bytes_a_transaction)
    return true;
  if (std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task->wants_commit(); })) return true;
  return environment_.tasks.clock.monotonic() - last_commit_ >= commit_interval_ && anything_dirty();
}

// A recovery makes tasks and lanes anew and goes back to what is committed: it ends the round, for what was read before
// it is read again.
Result<bool> StreamThread::run_once(milliseconds wait) {
  tasks_replaced_ = false;
  if (auto now = begin_turn(); now - last_note_ >= note_interval) {
    note_positions();
    last_note_ = now;
  }
  CRYPTOSTREAM_TRY(resume_suspended());
  CRYPTOSTREAM_TRY(update_globals());
  CRYPTOSTREAM_TRY_ASSIGN(bool worked, take_batches());
  if (tasks_replaced_) return true;
  CRYPTOSTREAM_TRY_ASSIGN(bool punctuated, punctuate());
  if (tasks_replaced_) return true;
  worked |= punctuated;
  if (!worked && anything_dirty()) {
    // Rounded up: with the last part of a millisecond left to wait for, it must not turn in a circle.
    auto left = std::chrono::ceil<milliseconds>(last_commit_ + commit_interval_ - environment_.tasks.clock.monotonic());
    wait = std::clamp(left, milliseconds(0), wait);
  }
  if (lanes_.size() == 1) {
    CRYPTOSTREAM_TRY_ASSIGN(bool read, handle(lanes_.front(), worked ? milliseconds(0) : wait));
    worked |= read;
  } else {
    for (auto& lane : lanes_) {
      CRYPTOSTREAM_TRY_ASSIGN(bool read, handle(lane, milliseconds(0)));
      if (tasks_replaced_) return true;
      worked |= read;
    }
    if (!worked && !lanes_.empty()) {
      CRYPTOSTREAM_TRY_ASSIGN(worked, handle(lanes_.front(), std::min(wait, lane_wait)));
    } else if (!worked && wait.count() > 0) {
      std::unique_lock lock(wake_mutex_);
      woken_.wait_until(lock, system_clock().monotonic() + wait, [&] { return wake_; });
      wake_ = false;
    }
  }
  if (tasks_replaced_) return true;
  CRYPTOSTREAM_TRY_ASSIGN(bool handled, handle_waiting());
  if (tasks_replaced_) return true;
  worked |= handled;
  if (due() || (environment_.step_by_step && worked)) CRYPTOSTREAM_TRY(commit());
  return worked;
}

Result<bool> StreamThread::handle(Lane& lane, milliseconds wait) {
  const auto& config = environment_.tasks.config;
  auto room = config.max_uncommitted_records > uncommitted_ ? config.max_uncommitted_records - uncommitted_ : 1;
  if (wait.count() > 0) {
    std::lock_guard lock(wake_mutex_);
    if (wake_) wait = milliseconds(0);
    wake_ = false;
    waiting_ = lane.consumer.get();
  }
  const auto& clock = environment_.tasks.clock;
  auto begin = clock.monotonic();
  auto polled = lane.consumer->poll(std::min(records_a_poll, room), wait);
  auto read = clock.monotonic();
  metrics_.poll_time.add(read - begin);
  {
    std::lock_guard lock(wake_mutex_);
    waiting_ = nullptr;
  }
  if (!polled) {
    CRYPTOSTREAM_TRY(wait_for_log(polled.error()));
    return false;
  }
  if (log_failing_) log(LogLevel::info, name_, "reads the log again");
  log_failing_ = false;
  log_backoff_.reset();
  if (polled->empty()) return false;
  uncommitted_ += polled->size();
  environment_.tasks.metrics.records_consumed.fetch_add(polled->size(), std::memory_order_relaxed);
  CRYPTOSTREAM_TRY(handle_records(lane, *polled));
  metrics_.process_time.add(clock.monotonic() - read);
  return true;
}

// What cannot be read now is tried again; any other error is returned.
Result<void> StreamThread::wait_for_log(const Error& error) {
  if (!error.retriable()) return fail(error);
  if (!log_failing_) log(LogLevel::warning, name_, "cannot read the log, trying on: {}", error.message());
  log_failing_ = true;
  (void)cryptostream::wait(stop_, error.retry_after().value_or(log_backoff_.next()));
  return {};
}

Result<void> StreamThread::update_globals() {
  auto updated = globals_->update();
  return updated ? Result<void>() : wait_for_log(updated.error());
}

// A task with one input takes its records as they come. One with several takes the smallest timestamp at the heads of
// its partitions, as Kafka Streams does.
Result<void> StreamThread::handle_records(Lane& lane, std::span<const LogRecord> records) {
  for (const auto& record : records) {
    auto& [task, input] = lane.slots[record.slot];
    if (task->suspended()) continue;
    bool queues = task->inputs().size() > 1 || (environment_.in_turns && !task->ends_in_sink());
    auto handled = queues ? task->enqueue(input, record) : task->process(input, record);
    if (!handled) [[unlikely]]
      CRYPTOSTREAM_TRY(task_failed(*task, handled.error()));
    if (tasks_replaced_) return {};
  }
  return {};
}

// What waits in the tasks' queues: all of it, or in step-by-step mode one record.
Result<bool> StreamThread::handle_waiting() {
  const auto& clock = environment_.tasks.clock;
  bool any = false;
  for (auto& task : tasks_) {
    if (!task->has_waiting()) continue;
    any = true;
    auto begin = clock.monotonic();
    while (task->has_waiting()) {
      if (auto handled = task->process_next(); !handled) [[unlikely]]
        CRYPTOSTREAM_TRY(task_failed(*task, handled.error()));
      if (tasks_replaced_ || environment_.step_by_step) return true;
    }
    metrics_.process_time.add(clock.monotonic() - begin);
  }
  return any;
}

Result<bool> StreamThread::punctuate() {
  bool any = false;
  auto begin = environment_.tasks.clock.monotonic();
  for (auto& task : tasks_) {
    auto punctuated = task->punctuate_wall_clock();
    if (!punctuated) [[unlikely]] {
      CRYPTOSTREAM_TRY(task_failed(*task, punctuated.error()));
      return true;
    }
    any |= *punctuated;
  }
  if (any) metrics_.punctuate_time.add(environment_.tasks.clock.monotonic() - begin);
  return any;
}

Result<bool> StreamThread::take_batches() {
  bool worked = false;
  for (auto& source : sources_) {
    CRYPTOSTREAM_TRY_ASSIGN(auto batch, source.worker->take());
    if (!batch) continue;
    worked = true;
    auto begin = environment_.tasks.clock.monotonic();
    for (std::size_t i = 0; i < batch->size(); ++i) {
      if (auto handled = source.task->process(*batch, i); !handled) [[unlikely]] {
        CRYPTOSTREAM_TRY(task_failed(*source.task, handled.error()));
        return true;  // recovered: sources_ is a new one
      }
    }
    uncommitted_ += batch->size();
    environment_.tasks.metrics.records_consumed.fetch_add(batch->size(), std::memory_order_relaxed);
    metrics_.process_time.add(environment_.tasks.clock.monotonic() - begin);
    if (!batch->position().empty()) {
      source.position = batch->position();
      source.moved = true;
    }
  }
  return worked;
}

void StreamThread::pause_slots(const Task& task, bool pause) {
  for (auto& lane : lanes_)
    for (std::uint32_t slot = 0; slot < lane.slots.size(); ++slot)
      if (lane.slots[slot].task == &task) {
        if (pause) {
          lane.consumer->pause(slot);
        } else {
          lane.consumer->resume(slot);
        }
      }
}

Result<void> StreamThread::resume_suspended() {
  for (auto& task : tasks_) {
    if (!task->due_again()) continue;
    auto started = task->open();
    if (started) started = task->start();
    if (!started) {
      if (!started.error().retriable()) return fail(started.error().with_context(task->name()));
      task->suspend(started.error());
      continue;
    }
    for (auto& lane : lanes_)
      for (std::uint32_t slot = 0; slot < lane.slots.size(); ++slot)
        if (lane.slots[slot].task == task.get()) {
          CRYPTOSTREAM_TRY_ASSIGN(auto offset, start_offset(*task, lane.slots[slot].input, {}));
          task->begin_at(lane.slots[slot].input, offset);
          CRYPTOSTREAM_TRY(lane.consumer->seek(slot, offset));
        }
    pause_slots(*task, false);
    task->resumed();
  }
  return {};
}

Result<void> StreamThread::task_failed(Task& task, const Error& error) {
  if (task.ends_in_sink() && error.retriable()) {
    task.suspend(error);
    pause_slots(task, true);
    return {};
  }
  if (error.retriable() || error.kind() == ErrorKind::aborted) return recover(error);
  return fail(error);
}

Result<void> StreamThread::run(std::stop_token stop) {
  // Others that drain wait for what this thread's sources may still give; also when it fails.
  struct Ended {
    StreamThread& thread;
    ~Ended() { thread.sources_ended(); }
  } ended{*this};
  CRYPTOSTREAM_TRY(start(stop));
  constexpr milliseconds idle_wait{100};
  while (!stop.stop_requested()) {
    if (auto worked = run_once(idle_wait); !worked) {
      // Nothing of this transaction may survive the end; what was committed stays.
      if (auto aborted = writer_->abort(); !aborted)
        log(LogLevel::debug, name_, "abort at the end: {}", aborted.error().message());
      return fail(worked.error());
    }
  }
  if (environment_.lost && *environment_.lost) {
    if (auto aborted = writer_->abort(); !aborted)
      log(LogLevel::debug, name_, "abort after its tasks were lost: {}", aborted.error().message());
    return {};
  }
  // Asked to stop before all state was there, the tasks must not take a record.
  metrics_.state = ThreadMetrics::State::draining;
  auto drained = restored_ ? drain() : Result<void>();
  for (auto& task : tasks_) task->stop();
  return drained;
}

}  // namespace cryptostream
