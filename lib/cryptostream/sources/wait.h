// Waiting that a stop request ends.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace cryptostream {

/// Sleeps until `when`; false if stop was requested before.
inline bool wait_until(std::chrono::steady_clock::time_point when, const std::stop_token& stop) {
  std::mutex nobody;
  std::unique_lock lock(nobody);
  std::condition_variable_any waiting;
  waiting.wait_until(lock, stop, when, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace cryptostream
