// Threads and conditions on the operating system; the simulation has them on a scheduler.
#include <cryptostream/core/threads.h>
#include <cryptostream/core/wait.h>

#include <doctest/doctest.h>

#include <atomic>

using namespace cryptostream;
using namespace std::chrono_literals;

TEST_CASE("a thread is asked to stop, and waited for, when it is destroyed or replaced") {
  std::atomic<int> ended = 0;
  auto until_stopped = [&](std::stop_token stop) {
    wait(stop, 60s);
    ++ended;
  };
  {
    Thread thread(until_stopped);
    thread = Thread(until_stopped);
    CHECK(ended == 1);
    auto moved = std::move(thread);
  }
  CHECK(ended == 2);
}

TEST_CASE("a wait for a condition ends when it holds, and at its deadline if it does not") {
  std::mutex mutex;
  Condition changed;
  int value = 0;
  Thread other([&](std::stop_token) {
    for (int i = 0; i < 1'000; ++i) {
      std::lock_guard lock(mutex);
      ++value;
      changed.notify_all();
    }
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return value > 0; });
  CHECK(changed.wait_until(lock, system_clock().monotonic() + 60s, [&] { return value == 1'000; }));
  auto deadline = system_clock().monotonic() + 5ms;
  CHECK_FALSE(changed.wait_until(lock, deadline, [] { return false; }));
  CHECK(system_clock().monotonic() >= deadline);
}

TEST_CASE("a wait ends with a stop") {
  std::stop_source stop;
  Thread other([&](std::stop_token) { stop.request_stop(); });
  CHECK(wait(stop.get_token(), 60s));
  CHECK(wait(stop.get_token(), 60s));
  CHECK_FALSE(wait({}, 1ms));
}
