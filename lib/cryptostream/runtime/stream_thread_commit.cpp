// The commit protocol of a stream thread: sinks, then the log; what happens when either fails; and the last commits at
// a stop.
#include <cryptostream/core/fail_point.h>
#include <cryptostream/core/log.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/runtime/source_positions.h>
#include <cryptostream/runtime/stream_thread.h>

#include <algorithm>
#include <utility>

namespace cryptostream {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds hold_interval{1};
constexpr milliseconds least_idle_time{30};  // a drain ends when nothing came for this long

}  // namespace

// Everything since the last commit is thrown away, nodes included (operators that kept their time would drop the replay
// as late), and the thread begins again at what is committed.
Result<void> StreamThread::recover(const Error& error) {
  ++environment_.tasks.metrics.aborts;
  log(LogLevel::warning, name_, "lost its transaction and goes back to the last commit: {}", error.message());
  for (auto& source : sources_) source.worker->stop();
  if (auto aborted = writer_->abort();
      !aborted && !aborted.error().retriable() && aborted.error().kind() != ErrorKind::aborted)
    return aborted;
  tasks_replaced_ = true;
  (void)wait(stop_, error.retry_after().value_or(log_backoff_.next()));
  return start(stop_);
}

Result<void> StreamThread::commit() {
  bool carries = anything_dirty();
  auto begin = environment_.tasks.clock.monotonic();
  CRYPTOSTREAM_TRY(commit_all());
  if (carries && !tasks_replaced_) metrics_.commits.observe(environment_.tasks.clock.monotonic() - begin);
  return {};
}

Result<void> StreamThread::commit_all() {
  tasks_replaced_ = false;
  for (auto& task : tasks_)
    if (auto flushed = task->flush(); !flushed) [[unlikely]]
      return task_failed(*task, flushed.error());
  CRYPTOSTREAM_TRY(commit_sinks());
  return tasks_replaced_ ? Result<void>() : commit_log();
}

Result<void> StreamThread::commit_sinks() {
  for (auto& task : tasks_) {
    if (!task->ends_in_sink() || !task->dirty()) continue;
    // What went to the dead letters must be there before the target forgets about it.
    CRYPTOSTREAM_TRY(until_written([&] { return dead_letters_->flush(); }));
    if (auto committed = task->commit_sink(); !committed) {
      if (committed.error().kind() == ErrorKind::bad_record) return fail(committed.error());
      CRYPTOSTREAM_TRY(task_failed(*task, Error(committed.error()).with_context(task->name())));
      if (tasks_replaced_) return {};
    }
  }
  return {};
}

// The log in trouble (disk full, locked, broker away) is waited for; nothing is lost meanwhile, and sources stop when
// their queues are full.
Result<void> StreamThread::until_written(const std::function<Result<void>()>& write) {
  Backoff backoff;
  bool failing = false;
  const auto& clock = environment_.tasks.clock;
  std::optional<std::chrono::nanoseconds> deadline;
  for (;;) {
    begin_turn();  // it waits for the log, and is not stuck
    auto written = write();
    if (written) {
      if (failing) log(LogLevel::info, name_, "writes to the log again");
      return written;
    }
    if (!written.error().retriable()) return written;
    if (!failing) log(LogLevel::warning, name_, "cannot write to the log, trying on: {}", written.error().message());
    failing = true;
    if (stop_.stop_requested()) {
      if (!deadline) deadline = clock.monotonic() + environment_.tasks.config.drain_timeout;
      if (clock.monotonic() > *deadline) return written;
    }
    // Asked to stop it still waits between tries, until the deadline.
    (void)wait(deadline ? std::stop_token() : stop_, written.error().retry_after().value_or(backoff.next()));
  }
}

Result<void> StreamThread::commit_log() {
  auto& tasks = environment_.tasks;
  Offsets offsets;
  for (const auto& task : tasks_) {
    if (!task->dirty()) continue;
    for (auto& [partition, next] : task->offsets()) {
      if (!task->ends_in_sink()) {
        offsets[partition] = next;
      } else {
        auto slowest = environment_.sink_progress.advance(partition, task->sink_name(), next.offset);
        if (!environment_.processed_topics.contains(partition.topic)) offsets[partition] = {slowest, {}};
      }
    }
  }
  auto write = [&]() -> Result<void> {
    CRYPTOSTREAM_TRY(dead_letters_->flush());
    bool exactly_once = tasks.config.guarantee == Guarantee::exactly_once;
    if (!exactly_once) CRYPTOSTREAM_TRY(writer_->flush());  // records before the positions that stand for them
    for (auto& source : sources_) {
      if (!source.moved || source.written) continue;
      CRYPTOSTREAM_TRY(SourcePositions::write(*writer_, tasks.config.application_id, source.key, source.position,
                                              tasks.clock.now()));
      source.written = true;
    }
    if (offsets.empty() && writer_->uncommitted_bytes() == 0) return {};
    CRYPTOSTREAM_TRY(fail_point("log.commit.before"));
    CRYPTOSTREAM_TRY(writer_->commit(environment_.group, offsets));
    ++tasks.metrics.commits;
    return fail_point("log.commit.after");
  };
  if (auto written = until_written(write); !written) {
    if (written.error().kind() == ErrorKind::aborted) return recover(written.error());
    return written;
  }
  for (auto& source : sources_) source.moved = source.written = false;
  for (auto& task : tasks_)
    if (task->dirty()) CRYPTOSTREAM_TRY(task->committed());
  uncommitted_ = 0;
  last_commit_ = tasks.clock.monotonic();
  if (last_commit_ - last_hold_ >= hold_interval) CRYPTOSTREAM_TRY(hold());
  return {};
}

Result<void> StreamThread::hold() {
  last_hold_ = environment_.tasks.clock.monotonic();
  for (const auto& task : tasks_)
    if (task->ends_in_sink() && task->sink_position())
      if (auto held = environment_.tasks.broker.hold(task->sink_name(), task->inputs().front(), *task->sink_position());
          !held && !held.error().retriable())
        return held;
  return {};
}

void StreamThread::sources_ended() {
  if (!std::exchange(told_sources_ended_, true)) --environment_.threads_with_sources;
}

// A transaction lost meanwhile ends it: the tasks would have to be restored first, and a restore ends at a stop. What
// is left is carried on at the next start.
Result<void> StreamThread::drain() {
  const auto& clock = environment_.tasks.clock;
  for (auto& source : sources_) source.worker->stop();
  auto deadline = clock.monotonic() + environment_.tasks.config.drain_timeout;
  for (bool worked = true; worked && restored_ && clock.monotonic() < deadline;) {
    CRYPTOSTREAM_TRY_ASSIGN(worked, take_batches());
    if (due()) CRYPTOSTREAM_TRY(commit());
  }
  if (restored_) CRYPTOSTREAM_TRY(commit());
  sources_ended();
  bool reads_own = std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& task) {
    return std::any_of(task->inputs().begin(), task->inputs().end(),
                       [&](const auto& input) { return environment_.own_topics.contains(input.topic); });
  });
  if (reads_own) {
    auto idle = std::max(least_idle_time, 3 * commit_interval_);
    for (auto last_work = clock.monotonic();
         restored_ && clock.monotonic() < deadline && clock.monotonic() - last_work < idle;) {
      CRYPTOSTREAM_TRY_ASSIGN(bool worked, run_once(lane_wait));
      bool waiting = anything_dirty() ||
                     std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task->suspended(); });
      if (worked || waiting || environment_.threads_with_sources > 0) last_work = clock.monotonic();
    }
    if (restored_) CRYPTOSTREAM_TRY(commit());
  }
  return hold();
}

}  // namespace cryptostream
