#include <cryptostream/net/worker_pool.h>

#include <stop_token>
#include <utility>

namespace cryptostream {

WorkerPool::WorkerPool(std::size_t threads, std::size_t most) : most_(most) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this](std::stop_token stop) { run(stop); });
}

WorkerPool::~WorkerPool() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool WorkerPool::submit(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (waiting_.size() >= most_) return false;
    waiting_.push_back(std::move(work));
  }
  some_.notify_one();
  return true;
}

void WorkerPool::run(std::stop_token stop) {
  while (true) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      if (!some_.wait(lock, stop, [this] { return !waiting_.empty(); }) || stop.stop_requested()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace cryptostream
