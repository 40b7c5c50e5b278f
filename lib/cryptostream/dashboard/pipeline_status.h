// What the jobs of this process do, as the page's Pipeline shows it. Private to the module.
#pragma once

#include <cryptostream/core/timestamp.h>
#include <cryptostream/monitor/report.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace cryptostream::dashboard {

/// Remembers how much had been done, so that it can say how fast. Not thread-safe.
class PipelineStatus {
 public:
  /// The members `applications`, `sources` and `sinks` of a Pipeline (docs/dashboard-api.yaml), without braces around
  /// them.
  std::string parts(const ProcessReport& report, Timestamp now);

 private:
  struct Sample {
    std::chrono::nanoseconds at;
    std::uint64_t consumed, produced;
  };
  struct Pace {
    Sample before, last;  ///< at least a second apart, but for the first
  };
  std::string application(const ApplicationReport& report, std::chrono::nanoseconds at);

  std::map<std::string, Pace> paces_;  ///< by application
};

}  // namespace cryptostream::dashboard
