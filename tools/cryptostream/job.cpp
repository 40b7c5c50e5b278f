#include "job.h"
#include "monitoring.h"

#include <cryptostream/cli/messages.h>
#include <cryptostream/connect/connect.h>
#include <cryptostream/market/headers.h>

#include <unistd.h>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace cryptostream::tool {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Waits `time` or until `stop`; true if it was the time.
bool pause(std::stop_token stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  return !never.wait_for(lock, stop, time, [] { return false; }) && !stop.stop_requested();
}

/// Shows how a job gets on, and asks it whether it has finished.
class Observer {
 public:
  Observer(const Job& job, const Metrics& metrics, std::stop_source stop)
      : job_(job), metrics_(metrics), stop_(std::move(stop)) {
    if (job_.prices && cli::live_terminal(STDERR_FILENO)) {
      overlay_.emplace(STDERR_FILENO);
      cli::set_line_writer([this](std::string_view line) { overlay_->print_above(line); });
    }
    thread_ = std::jthread([this](std::stop_token ended) { watch(ended); });
  }
  ~Observer() {
    thread_.request_stop();
    thread_.join();
    show(true);
    cli::set_line_writer({});
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

 private:
  void watch(std::stop_token ended) {
    while (pause(ended, 250ms)) {
      show(false);
      if (job_.finished && job_.finished(metrics_)) stop_.request_stop();
    }
  }

  std::uint64_t rows_written() const {
    auto rows = job_.counts_output ? metrics_.sink_records.load() : metrics_.records_produced.load();
    for (const auto& feed : job_.feeds) rows += feed.rows_written();
    return rows;
  }

  std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_);
  }

  void show(bool last) {
    if (overlay_) {
      auto [width, height] = overlay_->size();
      overlay_->draw(job_.prices->lines(width, height, elapsed(), cli::colours(STDERR_FILENO)));
      return;
    }
    // The first line as soon as there is something to tell, then one each ten seconds.
    std::uint64_t count = job_.prices ? job_.prices->count() : rows_written();
    auto now = Clock::now();
    if (!last && (count == told_ || (told_ > 0 && now - told_at_ < 10s))) return;
    if (last && count == told_) return;
    auto seconds = std::max(0.25, std::chrono::duration<double>(now - told_at_).count());
    auto rate = static_cast<double>(count - told_) / seconds;
    auto aside = job_.aside ? job_.aside() : std::string();
    if (!aside.empty()) aside.insert(0, "; ");
    if (job_.prices) {
      log(LogLevel::info, "progress", "{} quotes, {:.1f} a second: {}{}", count, rate, job_.prices->summary(5), aside);
    } else {
      log(LogLevel::info, "progress", "{} {}, {:.1f} a second{}", count, job_.unit, rate, aside);
    }
    told_ = count;
    told_at_ = now;
  }

  const Job& job_;
  const Metrics& metrics_;
  std::stop_source stop_;
  std::optional<cli::Overlay> overlay_;
  Clock::time_point begin_ = Clock::now(), told_at_ = begin_;
  std::uint64_t told_ = 0;
  std::jthread thread_;
};

Result<void> run_job(const Job& job, const cli::Settings& settings, std::stop_token stop) {
  log(LogLevel::info, "log", "{}, as {}", job.broker->description(), job.application_id);
  ApplicationConfig config;
  config.application_id = job.application_id;
  config.guarantee = settings.text("guarantee") == "at-least-once" ? Guarantee::at_least_once : Guarantee::exactly_once;
  config.errors = ErrorPolicies::all(ErrorPolicy::dead_letter());
  config.commit_interval = settings.duration("commit-interval");
  // A thread a sub-topology: a target that hangs must not hold up the source.
  config.threads = static_cast<int>(job.topology.sub_topologies().size());
  config.drain_timeout = *settings.duration("shutdown-timeout");
  Application application(job.topology, job.broker, config);

  std::stop_source ending;
  std::stop_callback forward(stop, [&] { ending.request_stop(); });
  Monitor::Watch watched;
  if (auto* monitor = tool::monitor()) {
    for (const auto& [name, counts] : job.sources) monitor->watch_source(name, counts);
    watched = monitor->watch(job.application_id, application.metrics(), job.broker, job.topology);
  }
  Observer observer(job, application.metrics(), ending);
  std::vector<Result<void>> fed(job.feeds.size());
  Result<void> ended;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < job.feeds.size(); ++i)
      threads.emplace_back([&, i] {
        fed[i] = job.feeds[i].run(ending.get_token());
        if (!fed[i]) ending.request_stop();
      });
    ended = application.run(ending.get_token());
    ending.request_stop();
  }
  if (!ended) return ended;
  for (auto& each : fed)
    if (!each) return std::move(each);
  return ended;
}

}  // namespace

Result<std::shared_ptr<Broker>> open_log(const cli::Settings& settings) {
  if (settings.given("brokers")) {
    auto brokers = settings.text("brokers");
    try {
      return connect(brokers.starts_with("kafka://") ? brokers : "kafka://" + brokers);
    } catch (const std::invalid_argument& error) {
      return fail(ErrorKind::configuration, fmt::format("--brokers: {}", error.what()));
    }
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto file, settings.log_file());
  return connect("local:" + file.string());
}

Result<std::optional<bool>> holds_simulated(Broker& broker, const std::string& topic) {
  CRYPTOSTREAM_TRY_ASSIGN(auto info, broker.topic(topic));
  for (std::int32_t partition = 0; info && partition < info->partitions; ++partition) {
    TopicPartition at{topic, partition};
    CRYPTOSTREAM_TRY_ASSIGN(auto range, broker.offsets(at, Isolation::read_committed));
    if (range.end <= range.begin) continue;
    CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker.consumer(Isolation::read_committed));
    // Offsets have holes: the last record may lie before the last offset.
    for (std::int64_t back : {std::int64_t{1}, std::int64_t{100}, range.end - range.begin}) {
      CRYPTOSTREAM_TRY(consumer->assign(std::array{Assignment{at, std::max(range.begin, range.end - back)}}));
      for (auto deadline = std::chrono::steady_clock::now() + 5s;
           !consumer->caught_up(0) &&
           std::chrono::steady_clock::now() < deadline;) {  // a cluster's first answer takes a while
        CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(1, 50ms));
        if (!records.empty()) return std::optional(records.front().headers.last(simulated_header).has_value());
      }
    }
  }
  return std::optional<bool>();
}

std::stop_token stop_of(const cli::Settings& settings) {
  // Lives as long as the program, as signals do.
  struct Ends {
    std::stop_source source;
    std::stop_callback<std::function<void()>> on_signal{until_signal(), [this] {
                                                          log(LogLevel::info, "signal",
                                                              "finishing; once more to quit at once");
                                                          source.request_stop();
                                                        }};
    std::jthread timer{};
  };
  static Ends ends;
  if (auto duration = settings.duration("duration"); duration && !ends.timer.joinable())
    ends.timer = std::jthread([time = *duration](std::stop_token over) {
      if (pause(over, time)) ends.source.request_stop();
    });
  return ends.source.get_token();
}

Result<void> run_jobs(const std::vector<Job>& jobs, const cli::Settings& settings, std::stop_token stop) {
  std::stop_source all;
  std::stop_callback forward(stop, [&] { all.request_stop(); });
  std::vector<Result<void>> results(jobs.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      threads.emplace_back([&, i] {
        results[i] = run_job(jobs[i], settings, all.get_token());
        if (!results[i]) all.request_stop();
      });
  }
  for (auto& result : results)
    if (!result) return result;
  return {};
}

}  // namespace cryptostream::tool
