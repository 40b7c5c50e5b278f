// What a process can be asked about: its applications, its sources, itself. And the answers: metrics, alive, ready.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/dsl/topology.h>
#include <cryptostream/monitor/metric_text.h>
#include <cryptostream/runtime/metrics.h>
#include <cryptostream/sources/counts.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

struct ApplicationReport {
  std::string id;
  const Metrics* metrics;                         ///< not null
  std::map<TopicPartition, std::int64_t> ends{};  ///< of input partitions, as last asked of the broker
  std::optional<Topology> topology{};             ///< what it runs, where that was told
};

/// How far a task is behind the end of one of its partitions.
struct InputLag {
  std::string_view task;
  std::string_view topic;
  std::int32_t partition;
  std::int64_t records;  ///< offsets, a few seconds old; with transactions on Kafka their markers count too
};
/// Of all tasks at work whose positions and ends are known.
std::vector<InputLag> input_lags(const ApplicationReport& application);

/// What the application is doing, in a word or some: "running", "waits for its tasks".
std::string_view phase_text(Metrics::Phase phase);

struct SourceReport {
  std::string name;
  std::shared_ptr<const SourceCounts> counts;  ///< not null
};

struct ProcessReport {
  std::string version;
  std::chrono::nanoseconds now{0};  ///< Clock::monotonic()
  std::vector<ApplicationReport> applications{};
  std::vector<SourceReport> sources{};
};

/// All metrics in Prometheus' text format 0.0.4, in the order of metric_families().
std::string prometheus_text(const ProcessReport& report);

/// Every metric that prometheus_text() can write.
std::vector<MetricFamily> metric_families();

/// A verdict with every reason against it.
struct Health {
  std::vector<std::string> troubles{};
  bool good() const { return troubles.empty(); }
};

/// Alive: no thread that runs has been in one turn for longer than `patience`.
Health liveness(const ProcessReport& report, std::chrono::milliseconds patience = std::chrono::minutes(2));

/// Ready: there is an application, and each has its tasks, their state is restored, sinks and sources are connected,
/// and none is on its way out.
Health readiness(const ProcessReport& report);

}  // namespace cryptostream
