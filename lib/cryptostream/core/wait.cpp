#include <cryptostream/core/threads.h>
#include <cryptostream/core/wait.h>

namespace cryptostream {

bool wait(std::stop_token stop, std::chrono::nanoseconds time) {
  std::mutex mutex;
  Condition stopped;
  std::stop_callback wake(stop, [&] {
    { std::lock_guard lock(mutex); }  // not between the waiter's look and its wait
    stopped.notify_all();
  });
  std::unique_lock lock(mutex);
  stopped.wait_until(lock, system_clock().monotonic() + time, [&] { return stop.stop_requested(); });
  return stop.stop_requested();
}

}  // namespace cryptostream
