// Threads and waiting through one small seam, so that a simulation can run the whole library on one thread.
#pragma once

#include <cryptostream/core/clock.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace cryptostream {

/// Runs the library's threads in place of the operating system: all on the thread that installed it, one at a time,
/// each until it waits.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual const Clock& clock() const = 0;
  /// Seeds whatever the library leaves to chance.
  virtual std::uint64_t random_seed() = 0;
  /// Begins `body` as a thread, and returns its number.
  virtual std::size_t start(std::function<void()> body) = 0;
  /// Returns when that thread has ended.
  virtual void join(std::size_t thread) = 0;
  /// Lets others run until notify(condition), or until `deadline` of clock().monotonic(); may return earlier.
  virtual void wait(const void* condition, std::chrono::nanoseconds deadline) = 0;
  virtual void notify(const void* condition) = 0;
};

/// The scheduler that owns the calling thread; null, as usual: the operating system does.
Scheduler* scheduler();
/// Gives the calling thread to `owner`, which must outlive what runs on it; null gives it back.
void set_scheduler(Scheduler* owner);

/// Unpredictable, unless a scheduler owns the thread.
std::uint64_t random_seed();

/// A thread that is asked to stop, and waited for, when it is destroyed.
class Thread {
 public:
  Thread() = default;
  explicit Thread(std::function<void(std::stop_token)> body);
  ~Thread();
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;

  void request_stop() { stop_.request_stop(); }
  /// Waits for the end, if it has not been waited for yet.
  void join();

 private:
  std::stop_source stop_{std::nostopstate};
  std::thread thread_;
  Scheduler* scheduler_ = nullptr;
  std::size_t number_ = 0;
};

/// std::condition_variable, with deadlines of system_clock().monotonic().
class Condition {
 public:
  void notify_all();

  /// Waits until `done()`; false if it did not hold at `deadline`.
  template <class Done>
  bool wait_until(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds deadline, Done done) {
    while (!done()) {
      if (system_clock().monotonic() >= deadline) return false;
      wait(lock, deadline);
    }
    return true;
  }
  template <class Done>
  void wait(std::unique_lock<std::mutex>& lock, Done done) {
    while (!done()) wait(lock, std::chrono::nanoseconds::max());
  }

 private:
  void wait(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds deadline);
  std::condition_variable variable_;
};

}  // namespace cryptostream
