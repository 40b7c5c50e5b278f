#include <cryptostream/core/log.h>
#include <cryptostream/core/threads.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/runtime/application.h>
#include <cryptostream/runtime/internal_topics.h>
#include <cryptostream/runtime/source_positions.h>
#include <cryptostream/runtime/stream_thread.h>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace cryptostream {
namespace {

constexpr std::chrono::milliseconds group_poll{100};

void check(const ApplicationConfig& config) {
  const auto& id = config.application_id;
  bool plain = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  if (!plain)
    throw std::invalid_argument(
        fmt::format("application_id \"{}\": use letters, digits, '.', '_' and '-', at least one", id));
  if (config.process_id.empty())
    throw std::invalid_argument("process_id is empty: give each process of the application a name of its own");
  if (config.threads < 1) throw std::invalid_argument(fmt::format("threads is {}: at least 1", config.threads));
  if (config.topic_partitions < 1)
    throw std::invalid_argument(fmt::format("topic_partitions is {}: at least 1", config.topic_partitions));
  if (config.max_uncommitted_records < 1) throw std::invalid_argument("max_uncommitted_records is 0: at least 1");
}

}  // namespace

struct Application::Impl {
  Topology topology;
  std::shared_ptr<Broker> broker;
  ApplicationConfig config;
  Metrics metrics;
  std::atomic<bool> lost = false;      // the tasks of this round belong to others already
  std::atomic<bool> outdated = false;  // other topics match the patterns of sources than the tasks were made for
  std::chrono::nanoseconds next_topic_check{0};
  TaskEnvironment tasks{topology, config, *broker, system_clock(), metrics, {}};

  Impl(Topology t, std::shared_ptr<Broker> b, ApplicationConfig c)
      : topology(std::move(t)), broker(std::move(b)), config(std::move(c)) {}

  Result<void> run(std::stop_token stop);
  Result<void> open_log(std::stop_token stop);
  Result<void> make_topics();
  Result<void> resolve_patterns();
  bool topics_changed();
  Result<std::vector<TaskId>> all_tasks();
  Result<void> work(Group& group, const std::vector<TaskId>& all, std::stop_token stop);
  Result<void> run_threads(Group& group, const std::vector<TaskId>& mine, std::stop_token stop);
  std::set<std::string> written_topics() const;
  std::set<std::string> processed_topics() const;
};

Application::Application(Topology topology, std::shared_ptr<Broker> broker, ApplicationConfig config) {
  check(config);
  if (!broker) throw std::invalid_argument("Application: no broker given");
  impl_ = std::make_unique<Impl>(std::move(topology), std::move(broker), std::move(config));
}

Application::~Application() = default;

const Metrics& Application::metrics() const { return impl_->metrics; }

std::set<std::string> Application::Impl::written_topics() const {
  std::set<std::string> topics;
  for (const auto& node : topology.nodes())
    if (node.kind == NodeSpec::Kind::sink_topic)
      for (const auto& topic : node.topics) topics.insert(tasks.real_topic(topic));
  return topics;
}

std::set<std::string> Application::Impl::processed_topics() const {
  std::set<std::string> topics;
  for (const auto& part : topology.sub_topologies())
    if (part.sink == SubTopology::no_sink)
      for (const auto& topic : part.topics) topics.insert(tasks.real_topic(topic));
  return topics;
}

Result<void> Application::Impl::open_log(std::stop_token stop) {
  Backoff backoff;
  auto deadline = system_clock().monotonic() + config.startup_timeout;
  for (;;) {
    auto id = broker->log_id();
    if (id) {
      tasks.log_id = *id;
      return {};
    }
    if (!id.error().retriable() || system_clock().monotonic() > deadline || wait(stop, backoff.next()))
      return fail(id.error());
  }
}

Result<void> Application::Impl::make_topics() {
  std::set<std::string> own;
  for (const auto& topic : topology.internal_topics()) own.insert(tasks.real_topic(topic.name));
  for (const auto& topic : written_topics()) {
    if (own.contains(topic)) continue;  // made by their plan
    CRYPTOSTREAM_TRY_ASSIGN(auto existing, broker->topic(topic));
    if (existing) continue;
    TopicSpec spec;
    spec.name = topic;
    spec.partitions = config.topic_partitions;
    CRYPTOSTREAM_TRY(broker->create_topic(spec));
  }
  if (std::any_of(topology.nodes().begin(), topology.nodes().end(),
                  [](const auto& node) { return node.source != nullptr; })) {
    TopicSpec spec;
    spec.name = SourcePositions::topic(config.application_id);
    spec.compacted = true;
    CRYPTOSTREAM_TRY(broker->create_topic(spec));
  }
  return {};
}

Result<void> Application::Impl::resolve_patterns() {
  outdated = false;
  if (!topology.has_patterns()) return {};
  CRYPTOSTREAM_TRY_ASSIGN(auto topics, topics_for_patterns(tasks));
  topology = topology.resolved(topics);
  next_topic_check = system_clock().monotonic() + config.topic_check;
  return {};
}

// By one thread at a time. A log that does not answer now is asked again.
bool Application::Impl::topics_changed() {
  if (outdated || !topology.has_patterns() || system_clock().monotonic() < next_topic_check) return outdated;
  next_topic_check = system_clock().monotonic() + config.topic_check;
  if (auto topics = topics_for_patterns(tasks)) {
    auto now = topology.resolved(*topics);
    for (std::size_t i = 0; i < topology.nodes().size(); ++i)
      if (now.nodes()[i].topics != topology.nodes()[i].topics) outdated = true;
  }
  return outdated;
}

Result<std::vector<TaskId>> Application::Impl::all_tasks() {
  CRYPTOSTREAM_TRY_ASSIGN(auto plan, plan_internal_topics(tasks));
  CRYPTOSTREAM_TRY(make_internal_topics(tasks, plan));
  tasks.partitions = plan.inputs;
  std::vector<TaskId> ids, sources;
  for (std::size_t i = 0; i < topology.sub_topologies().size(); ++i) {
    const auto& part = topology.sub_topologies()[i];
    if (part.global) continue;
    for (auto node : part.nodes)
      if (const auto& source = topology.nodes()[node].source)
        for (std::int32_t partition = 0; partition < source->partitions(); ++partition)
          sources.push_back({i, partition});
    if (part.topics.empty()) continue;
    for (std::int32_t partition = 0; partition < plan.tasks[i]; ++partition) ids.push_back({i, partition});
  }
  ids.insert(ids.end(), sources.begin(), sources.end());  // sources after the sub-topologies
  return ids;
}

Result<void> Application::Impl::run_threads(Group& group, const std::vector<TaskId>& mine, std::stop_token stop) {
  SinkProgress progress;
  metrics.tasks_assigned = mine.size();
  ++metrics.assignments;
  metrics.phase = Metrics::Phase::running;
  auto count =
      std::clamp<std::size_t>(static_cast<std::size_t>(config.threads), 1, std::max<std::size_t>(mine.size(), 1));
  ThreadEnvironment environment(tasks, group, progress, processed_topics(), written_topics(), static_cast<int>(count));
  environment.lost = &lost;
  std::vector<std::vector<TaskId>> shares(count);
  for (std::size_t i = 0; i < mine.size(); ++i) shares[i % count].push_back(mine[i]);

  std::stop_source all_stop;
  std::stop_callback forward(stop, [&] { all_stop.request_stop(); });
  std::vector<Result<void>> results(count);
  {
    std::vector<std::unique_ptr<StreamThread>> threads;
    for (std::size_t i = 0; i < count; ++i)
      threads.push_back(std::make_unique<StreamThread>(environment, static_cast<int>(i), std::move(shares[i])));
    std::stop_callback wake(all_stop.get_token(), [&] {
      for (auto& thread : threads) thread->wake_up();
    });
    std::vector<Thread> running;
    for (std::size_t i = 0; i < count; ++i)
      running.emplace_back([&, i](std::stop_token) {
        results[i] = threads[i]->run(all_stop.get_token());
        if (!results[i]) all_stop.request_stop();
      });
  }
  for (auto& result : results)
    if (!result) return result;
  return {};
}

// Until the stop, or until there are other topics. One round per assignment: units given or taken end the round,
// commit, and begin the next with the new set.
Result<void> Application::Impl::work(Group& group, const std::vector<TaskId>& all, std::stop_token stop) {
  std::set<std::int32_t> units;
  GroupEvent event;
  while (!stop.stop_requested() && !outdated) {
    while (event.type == GroupEvent::Type::none && !stop.stop_requested() && !topics_changed()) {
      auto next = group.poll(group_poll);
      if (!next && !next.error().retriable()) return fail(next.error());
      if (next) event = std::move(*next);
      if (event.type == GroupEvent::Type::none && !units.empty()) break;
    }
    if (event.type == GroupEvent::Type::assigned) units.insert(event.units.begin(), event.units.end());
    if (event.type == GroupEvent::Type::lost) units.clear();
    for (auto unit : event.units)
      if (event.type == GroupEvent::Type::revoked) units.erase(unit);
    if (event.type == GroupEvent::Type::lost || event.type == GroupEvent::Type::revoked)
      if (auto done = group.acknowledge(); !done && done.error().kind() != ErrorKind::fenced)
        return done;  // no member any more: the next poll says what became of it
    event = {};
    if (units.empty()) continue;

    std::vector<TaskId> mine;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (units.contains(static_cast<std::int32_t>(i))) mine.push_back(all[i]);
    std::stop_source round;
    std::stop_callback forward(stop, [&] { round.request_stop(); });
    Result<void> watched;
    lost = false;
    Thread watcher([&](std::stop_token done) {
      while (!done.stop_requested() && !round.stop_requested()) {
        auto next = group.poll(group_poll);
        if (topics_changed()) round.request_stop();
        if (next && next->type == GroupEvent::Type::none) continue;
        if (!next && next.error().retriable()) continue;
        if (next) {
          event = std::move(*next);
          lost = event.type == GroupEvent::Type::lost;
        } else {
          watched = fail(next.error());
        }
        round.request_stop();
      }
    });
    auto ran = run_threads(group, mine, round.get_token());
    watcher.request_stop();
    watcher.join();
    metrics.phase = Metrics::Phase::rebalancing;
    metrics.tasks_assigned = 0;
    if (!ran && ran.error().kind() == ErrorKind::fenced) {
      // A commit is refused before the group says why. If others have the tasks, this process takes new ones.
      auto next = event.type == GroupEvent::Type::none && watched ? group.poll(std::chrono::milliseconds(0))
                                                                  : Result<GroupEvent>(event);
      if (next && next->type == GroupEvent::Type::lost) {
        event = std::move(*next);
        ran = {};
      }
    }
    CRYPTOSTREAM_TRY(ran);
    CRYPTOSTREAM_TRY(watched);
  }
  return {};
}

Result<void> Application::run(std::stop_token stop) {
  auto& metrics = impl_->metrics;
  metrics.started = system_clock().now().ms;
  metrics.phase = Metrics::Phase::rebalancing;
  std::stop_callback note(stop, [&] { metrics.phase = Metrics::Phase::stopping; });
  auto ran = impl_->run(stop);
  metrics.phase = ran ? Metrics::Phase::stopped : Metrics::Phase::failed;
  return ran;
}

Result<void> Application::Impl::run(std::stop_token stop) {
  CRYPTOSTREAM_TRY(open_log(stop));
  CRYPTOSTREAM_TRY(make_topics());
  for (;;) {
    CRYPTOSTREAM_TRY(resolve_patterns());
    CRYPTOSTREAM_TRY_ASSIGN(auto all, all_tasks());
    GroupOptions options;
    options.group = config.application_id;
    options.instance = config.process_id;
    options.units = std::max(static_cast<std::int32_t>(all.size()), 1);
    options.fingerprint = topology.fingerprint();
    // Who sees other topics shares out other tasks.
    for (const auto& node : topology.nodes())
      if (node.pattern) options.fingerprint += fmt::format("/{}", fmt::join(node.topics, ","));
    CRYPTOSTREAM_TRY_ASSIGN(auto group, broker->join(options));
    auto worked = work(*group, all, stop);
    if (auto left = group->leave(); !left && worked) return left;
    if (!worked || stop.stop_requested() || !outdated) return worked;
    log(LogLevel::info, config.application_id, "other topics match the patterns of its sources: starts its tasks anew");
  }
}

}  // namespace cryptostream
