// Says once that something is wrong, and once that it is well again.
#pragma once

#include <cryptostream/core/log.h>

#include <string>
#include <utility>

namespace cryptostream {

/// One kind of trouble of one reader. Not thread-safe.
class Outage {
 public:
  explicit Outage(std::string module) : module_(std::move(module)) {}

  /// A warning the first time, then only at level debug.
  void begin(const std::string& message) {
    log(times_++ == 0 ? LogLevel::warning : LogLevel::debug, module_, "{}", message);
  }
  /// Ends the trouble, if there was any.
  void end(std::string_view message) {
    if (times_ > 0) log(LogLevel::info, module_, "{} (after {})", message, times_);
    times_ = 0;
  }
  bool under_way() const { return times_ > 0; }

 private:
  std::string module_;
  long times_ = 0;
};

}  // namespace cryptostream
