// What a process can be asked about: its applications, its sources, itself. And the answers: metrics, alive, ready.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/monitor/metric_text.h>
#include <cryptostream/runtime/metrics.h>
#include <cryptostream/sources/counts.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

struct ApplicationReport {
  std::string id;
  const Metrics* metrics;                         ///< not null
  std::map<TopicPartition, std::int64_t> ends{};  ///< of input partitions, as last asked of the broker
};

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
