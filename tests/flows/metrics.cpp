// What an application's metrics say of work whose numbers are known.
#include "memory_edges.h"

#include <cryptostream/broker/memory.h>
#include <cryptostream/cryptostream.h>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <string_view>

namespace cs = cryptostream;
using cs::test::CountingSource;
using cs::test::MemorySink;
using cs::test::Target;
using namespace std::chrono_literals;

namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
const Text numbers{"numbers"};
const Text totals{"totals"};

cs::ApplicationConfig config(cs::ErrorPolicies errors = {}) {
  cs::ApplicationConfig result;
  result.application_id = "measured";
  result.guarantee = cs::Guarantee::exactly_once;
  result.threads = 2;
  result.commit_interval = 5ms;
  result.errors = errors;
  return result;
}

/// Runs an application until `done`; `seen` is asked once it is, while the application still works.
void run_until(
    cs::Application& app, const std::function<bool()>& done, const std::function<void()>& seen = [] {}) {
  std::stop_source stop;
  auto running = std::async(std::launch::async, [&] { return app.run(stop.get_token()); });
  auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!done() && running.wait_for(2ms) != std::future_status::ready)
    REQUIRE(std::chrono::steady_clock::now() < deadline);
  seen();
  stop.request_stop();
  auto ended = running.get();
  REQUIRE_MESSAGE(ended, (ended ? "" : ended.error().message()));
}

template <class Parts, class State>
int count(const Parts& parts, State state) {
  int found = 0;
  for (const auto& [name, part] : parts.all()) found += part->state == state;
  return found;
}

}  // namespace

TEST_CASE("records, bytes, sources, sinks, tasks and threads are counted where they pass") {
  auto target = std::make_shared<Target>();
  cs::StreamsBuilder b;
  b.stream(CountingSource{.count = 100}).to(numbers);
  b.stream(numbers).to(MemorySink{target});
  cs::Application app(b.build(), cs::memory_broker(), config());
  const auto& metrics = app.metrics();
  CHECK(metrics.phase == cs::Metrics::Phase::created);
  run_until(
      app, [&] { return metrics.sink_records >= 100; },
      [&] {
        CHECK(metrics.phase == cs::Metrics::Phase::running);
        CHECK(metrics.tasks_assigned == 2);
        CHECK(count(metrics.tasks, cs::TaskMetrics::State::running) == 2);
        CHECK(count(metrics.threads, cs::ThreadMetrics::State::running) == 2);
        for (const auto& [name, source] : metrics.sources.all()) CHECK(source->up);
      });
  CHECK(metrics.phase == cs::Metrics::Phase::stopped);
  CHECK(metrics.assignments == 1);
  CHECK(count(metrics.tasks, cs::TaskMetrics::State::closed) == 2);
  CHECK(count(metrics.threads, cs::ThreadMetrics::State::ended) == 2);
  REQUIRE(metrics.sources.all().size() == 1);
  CHECK(metrics.sources.all()[0].second->records == 100);
  CHECK_FALSE(metrics.sources.all()[0].second->open);
  REQUIRE(metrics.sinks.all().size() == 1);
  const auto& sink = *metrics.sinks.all()[0].second;
  CHECK(sink.records == 100);
  CHECK(sink.last_success > 0);
  CHECK(sink.flushes.sum() > 0ns);
  std::uint64_t read = 0, written = 0, read_bytes = 0, written_bytes = 0;
  for (const auto& [id, task] : metrics.tasks.all()) {
    for (const auto& [partition, input] : task->inputs.all()) {
      CHECK(partition == "numbers/0");
      read += input->read.records.load();
      read_bytes += input->read.bytes.load();
    }
    for (const auto& [topic, output] : task->written.all()) {
      CHECK(topic == "numbers");
      written += output->records.load();
      written_bytes += output->bytes.load();
    }
  }
  CHECK(read == 100);
  CHECK(written == 100);
  CHECK(read_bytes == written_bytes);
  CHECK(read_bytes > 200);
}

TEST_CASE("a bad record is counted at its place, a dropped one by its reason, restored state by its changelog") {
  auto broker = cs::memory_broker();
  cs::StreamsBuilder b;
  b.stream(CountingSource{.count = 50})
      .map_values([](const std::string& value) {
        if (value == "7") throw std::runtime_error("unlucky");
        return value;
      })
      .to(numbers);
  b.stream(numbers).group_by_key().count(cs::Materialized("counts"));
  auto topology = b.build();
  {
    cs::Application app(topology, broker, config(cs::ErrorPolicies::all(cs::ErrorPolicy::skip())));
    const auto& metrics = app.metrics();
    run_until(app, [&] { return metrics.records_consumed >= 99; });
    CHECK(metrics.skipped_at[static_cast<std::size_t>(cs::Place::function)] == 1);
    CHECK(metrics.skipped_at[static_cast<std::size_t>(cs::Place::decode)] == 0);
    std::uint64_t logged = 0;
    for (const auto& [id, task] : metrics.tasks.all()) logged += task->changelog_records.load();
    CHECK(logged > 0);
  }
  cs::Application again(topology, broker, config());
  std::uint64_t restored = 0;
  run_until(again, [&] { return count(again.metrics().tasks, cs::TaskMetrics::State::running) == 2; });
  for (const auto& [id, task] : again.metrics().tasks.all()) {
    restored += task->restored_records.load();
    CHECK(task->restore_remaining == 0);
  }
  CHECK(restored > 0);
}

TEST_CASE("a task whose target is away is paused, and runs again when it is back") {
  auto target = std::make_shared<Target>();
  auto away = std::make_shared<std::atomic<bool>>(true);
  auto commits = std::make_shared<std::atomic<int>>(0);
  target->fault = [away, commits](const char* step) -> cs::Result<void> {
    if (std::string_view(step) == "begin" && ++*commits > 1 && *away)
      return cs::fail(cs::ErrorKind::unavailable, "gone");
    return {};
  };
  cs::StreamsBuilder b;
  b.stream(CountingSource{.count = 1000, .batch = 1}).to(numbers);
  b.stream(numbers).to(MemorySink{target});
  auto small_commits = config();
  small_commits.max_uncommitted_records = 100;
  cs::Application app(b.build(), cs::memory_broker(), small_commits);
  const auto& metrics = app.metrics();
  bool paused = false;
  run_until(app, [&] {
    if (count(metrics.tasks, cs::TaskMetrics::State::paused) == 1) {
      paused = true;
      *away = false;
    }
    return paused && metrics.sink_records >= 1000;
  });
  CHECK(paused);
  CHECK(metrics.sinks.all()[0].second->failures >= 1);
}
