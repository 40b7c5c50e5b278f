// A few threads for work that waits, so that the network's own thread never does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cryptostream {

/// Runs what it is given, in order, on `threads` threads. Thread-safe.
class WorkerPool {
 public:
  /// At most `most` pieces of work wait.
  explicit WorkerPool(std::size_t threads, std::size_t most);
  /// Finishes what runs; drops what waits.
  ~WorkerPool();

  /// False, and nothing happens, if too many wait already. `work` must not throw.
  bool submit(std::function<void()> work);

 private:
  void run(std::stop_token stop);

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable_any some_;
  std::deque<std::function<void()>> waiting_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace cryptostream
