#include <cryptostream/core/threads.h>

#include <random>
#include <utility>

namespace cryptostream {
namespace {

thread_local Scheduler* owner_of_this_thread = nullptr;

}  // namespace

Scheduler* scheduler() { return owner_of_this_thread; }
void set_scheduler(Scheduler* owner) { owner_of_this_thread = owner; }

std::uint64_t random_seed() {
  if (auto* owner = scheduler()) return owner->random_seed();
  return std::random_device{}();
}

Thread::Thread(std::function<void(std::stop_token)> body) : stop_(), scheduler_(scheduler()) {
  auto run = [body = std::move(body), stop = stop_.get_token()] { body(stop); };
  if (scheduler_ != nullptr) {
    number_ = scheduler_->start(std::move(run));
  } else {
    thread_ = std::thread(std::move(run));
  }
}

Thread::Thread(Thread&& other) noexcept
    : stop_(std::exchange(other.stop_, std::stop_source(std::nostopstate))),
      thread_(std::move(other.thread_)),
      scheduler_(std::exchange(other.scheduler_, nullptr)),
      number_(other.number_) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this == &other) return *this;
  request_stop();
  join();
  stop_ = std::exchange(other.stop_, std::stop_source(std::nostopstate));
  thread_ = std::move(other.thread_);
  scheduler_ = std::exchange(other.scheduler_, nullptr);
  number_ = other.number_;
  return *this;
}

Thread::~Thread() {
  request_stop();
  join();
}

void Thread::join() {
  if (thread_.joinable()) thread_.join();
  if (auto* owner = std::exchange(scheduler_, nullptr)) owner->join(number_);
}

void Condition::notify_all() {
  variable_.notify_all();
  if (auto* owner = scheduler()) owner->notify(this);
}

void Condition::wait(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds deadline) {
  if (auto* owner = scheduler()) {
    lock.unlock();
    owner->wait(this, deadline);
    lock.lock();
  } else if (deadline == std::chrono::nanoseconds::max()) {
    variable_.wait(lock);
  } else {
    using std::chrono::steady_clock;
    variable_.wait_until(lock, steady_clock::time_point(std::chrono::duration_cast<steady_clock::duration>(deadline)));
  }
}

}  // namespace cryptostream
