// How often one vendor may be asked, whoever asks.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace cryptostream {

/// A token bucket: `per_minute` requests a minute, up to `burst` at once. Thread-safe.
class RateBudget {
 public:
  RateBudget(double per_minute, double burst);

  /// The budget of this vendor in this process: made by the first caller, shared by all later ones (their numbers are
  /// ignored).
  static std::shared_ptr<RateBudget> of(const std::string& vendor, double per_minute, double burst);

  /// Takes one request, waiting for it up to `patience`. Errors: temporary, with retry_after, when the wait would be
  /// longer (nothing is taken then); temporary when stopped.
  Result<void> take(std::chrono::milliseconds patience, std::stop_token stop);

 private:
  using Clock = std::chrono::steady_clock;

  const double per_second_;
  const double burst_;
  std::mutex mutex_;
  double tokens_;           // guarded by mutex_; below zero when requests are waiting
  Clock::time_point last_;  // guarded by mutex_
};

}  // namespace cryptostream
