#include <cryptostream/monitor/report.h>

#include <fmt/format.h>

namespace cryptostream {
namespace {

std::string_view phase_trouble(Metrics::Phase phase) {
  return phase == Metrics::Phase::running ? std::string_view() : phase_text(phase);
}

}  // namespace

std::string_view phase_text(Metrics::Phase phase) {
  switch (phase) {
    case Metrics::Phase::created:
      return "has not begun";
    case Metrics::Phase::rebalancing:
      return "waits for its tasks";
    case Metrics::Phase::running:
      return "running";
    case Metrics::Phase::stopping:
      return "is finishing";
    case Metrics::Phase::stopped:
      return "has ended";
    case Metrics::Phase::failed:
      return "has failed";
  }
  return "";
}

Health liveness(const ProcessReport& report, std::chrono::milliseconds patience) {
  Health health;
  for (const auto& application : report.applications)
    for (const auto& [name, thread] : application.metrics->threads.all()) {
      if (thread->state != ThreadMetrics::State::running) continue;
      auto silence = report.now - std::chrono::nanoseconds(thread->last_turn);
      if (silence > patience)
        health.troubles.push_back(fmt::format("{}: thread {} has been in one turn for {} s", application.id, name,
                                              std::chrono::duration_cast<std::chrono::seconds>(silence).count()));
    }
  return health;
}

Health readiness(const ProcessReport& report) {
  Health health;
  if (report.applications.empty()) health.troubles.emplace_back("nothing runs yet");
  for (const auto& [id, metrics, ends, topology] : report.applications) {
    auto trouble = [&, &of = id](std::string_view what) { health.troubles.push_back(fmt::format("{}: {}", of, what)); };
    if (auto why = phase_trouble(metrics->phase); !why.empty()) {
      trouble(why);
      continue;
    }
    std::size_t running = 0;
    for (const auto& [name, task] : metrics->tasks.all()) {
      auto state = task->state.load();
      if (state == TaskMetrics::State::running) ++running;
      if (state == TaskMetrics::State::restoring)
        trouble(fmt::format("task {} restores its state, {} to go", name, task->restore_remaining.load()));
      if (state == TaskMetrics::State::paused)
        trouble(fmt::format("task {} is paused until the target of {} can be reached", name, task->sink));
    }
    if (health.good() && running < metrics->tasks_assigned)
      trouble(fmt::format("{} of {} tasks run", running, metrics->tasks_assigned.load()));
    for (const auto& [name, source] : metrics->sources.all())
      if (!source->open) trouble(fmt::format("source {} is not open yet", name));
  }
  return health;
}

}  // namespace cryptostream
