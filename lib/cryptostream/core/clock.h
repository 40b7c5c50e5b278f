// Time as an argument, so that tests and the simulation can own it.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <chrono>

namespace cryptostream {

/// Where wall-clock and monotonic time come from. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time, may jump.
  virtual Timestamp now() const = 0;
  /// Monotonic time since an arbitrary start: for deadlines and intervals.
  virtual std::chrono::nanoseconds monotonic() const = 0;
};

/// The machine's clocks, which live as long as the program; where a scheduler owns the thread (core/threads.h), its.
const Clock& system_clock();

/// A clock that stands still until it is told. Not thread-safe while being advanced.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = {}) : now_(start) {}
  Timestamp now() const override { return now_; }
  std::chrono::nanoseconds monotonic() const override { return monotonic_; }
  void advance(std::chrono::milliseconds by) {
    now_ = now_ + by;
    monotonic_ += by;
  }

 private:
  Timestamp now_;
  std::chrono::nanoseconds monotonic_{0};
};

}  // namespace cryptostream
