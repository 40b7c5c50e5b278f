// How long to wait before the next try.
#pragma once

#include <cryptostream/core/threads.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace cryptostream {

/// Exponential backoff with full jitter between half and the whole of the current step
/// (AWS architecture blog, "Exponential Backoff And Jitter"). Not thread-safe.
class Backoff {
 public:
  struct Options {
    std::chrono::milliseconds first{100};
    std::chrono::milliseconds most{30'000};
  };

  explicit Backoff(Options options, std::uint64_t seed = random_seed())
      : options_(options), step_(options.first), random_(seed) {}
  Backoff() : Backoff(Options{}) {}

  /// The next wait; each call doubles the step up to `most`.
  std::chrono::milliseconds next() {
    auto step = step_.count();
    step_ = std::min(options_.most, step_ * 2);
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(step / 2, step)(random_));
  }

  /// Starts again from the first step, after a success.
  void reset() { step_ = options_.first; }

 private:
  Options options_;
  std::chrono::milliseconds step_;
  std::mt19937_64 random_;
};

}  // namespace cryptostream
