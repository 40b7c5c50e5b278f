#include <cryptostream/core/clock.h>
#include <cryptostream/monitor/monitor.h>

#include <fmt/format.h>

#include <algorithm>

namespace cryptostream {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto ends_every = 2s;
constexpr auto interest = 2min;  // how long after a scrape ends are still followed

}  // namespace

Monitor::Watch::~Watch() {
  if (!monitor_) return;
  std::lock_guard lock(monitor_->mutex_);
  monitor_->applications_.erase(place_);
}

Monitor::Monitor(std::string version) : version_(std::move(version)) {}

std::unique_ptr<Monitor> Monitor::unserved(std::string version) {
  std::unique_ptr<Monitor> monitor(new Monitor(std::move(version)));
  monitor->follower_ = std::jthread([&self = *monitor](std::stop_token stop) { self.follow_ends(stop); });
  return monitor;
}

Result<std::unique_ptr<Monitor>> Monitor::start(HttpServerOptions options, std::string version) {
  auto monitor = unserved(std::move(version));
  auto& self = *monitor;
  HttpServer::Routes routes;
  routes["/metrics"] = [&self](const ServedRequest&) { return self.metrics(); };
  routes["/livez"] = [&self](const ServedRequest& request) {
    return self.health(request, [](const ProcessReport& report) { return liveness(report); });
  };
  routes["/readyz"] = [&self](const ServedRequest& request) { return self.health(request, readiness); };
  routes["/"] = [](const ServedRequest&) { return ServedAnswer{.body = "/metrics\n/livez\n/readyz\n"}; };
  CRYPTOSTREAM_TRY_ASSIGN(self.server_, HttpServer::start(std::move(options), std::move(routes)));
  return monitor;
}

Monitor::~Monitor() {
  server_.reset();
  if (follower_.joinable()) {
    follower_.request_stop();
    follower_.join();
  }
}

Monitor::Watch Monitor::watch(std::string application_id, const Metrics& metrics, std::shared_ptr<Broker> broker,
                              std::optional<Topology> topology) {
  std::lock_guard lock(mutex_);
  Watch watch;
  watch.monitor_ = this;
  watch.place_ = applications_.insert(
      applications_.end(), {{std::move(application_id), &metrics, {}, std::move(topology)}, std::move(broker)});
  return watch;
}

void Monitor::watch_source(std::string name, std::shared_ptr<const SourceCounts> counts) {
  std::lock_guard lock(mutex_);
  std::erase_if(sources_, [&](const auto& source) { return source.name == name; });
  sources_.push_back({std::move(name), std::move(counts)});
}

ProcessReport Monitor::report() const {
  ProcessReport report;
  report.version = version_;
  report.now = system_clock().monotonic();
  for (const auto& watched : applications_) report.applications.push_back(watched.report);
  report.sources = sources_;
  return report;
}

void Monitor::note_interest() {
  last_scrape_ = Steady::now();
  scraped_.notify_all();
}

void Monitor::look(const std::function<void(const ProcessReport&)>& at) {
  std::lock_guard lock(mutex_);
  note_interest();
  at(report());
}

ServedAnswer Monitor::metrics() {
  std::lock_guard lock(mutex_);
  note_interest();
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = prometheus_text(report())};
}

ServedAnswer Monitor::health(const ServedRequest&, Health (*judge)(const ProcessReport&)) {
  std::lock_guard lock(mutex_);
  auto health = judge(report());
  if (health.good()) return {.body = "ok\n"};
  return {.status = 503, .body = fmt::format("{}\n", fmt::join(health.troubles, "\n"))};
}

// On a thread of its own: brokers may take their time, and an answer may not.
void Monitor::follow_ends(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!scraped_.wait(lock, stop, [&] { return Steady::now() - last_scrape_ < interest; })) return;
    lock.unlock();
    ask_for_ends();
    lock.lock();
    scraped_.wait_for(lock, stop, ends_every, [] { return false; });
  }
}

void Monitor::ask_for_ends() {
  struct Question {
    const Metrics* of;
    std::shared_ptr<Broker> broker;
    TopicPartition partition;
  };
  std::vector<Question> questions;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [report, broker] : applications_)
      for (const auto& [id, task] : report.metrics->tasks.all())
        if (task->described && task->state != TaskMetrics::State::closed)
          for (const auto& [key, input] : task->inputs.all()) {
            auto slash = key.rfind('/');
            questions.push_back({report.metrics,
                                 broker,
                                 {std::string(key.substr(0, slash)), std::stoi(std::string(key.substr(slash + 1)))}});
          }
  }
  for (const auto& question : questions) {
    auto range = question.broker->offsets(question.partition, Isolation::read_committed);
    std::lock_guard lock(mutex_);
    for (auto& [report, broker] : applications_) {
      if (report.metrics != question.of) continue;
      if (range) {
        report.ends[question.partition] = range->end;
      } else {
        report.ends.erase(question.partition);
      }
    }
  }
}

}  // namespace cryptostream
