#include <cryptostream/core/wait.h>
#include <cryptostream/net/rate_budget.h>

#include <algorithm>
#include <map>

namespace cryptostream {

RateBudget::RateBudget(double per_minute, double burst)
    : per_second_(per_minute / 60), burst_(std::max(burst, 1.0)), tokens_(burst_), last_(Clock::now()) {}

std::shared_ptr<RateBudget> RateBudget::of(const std::string& vendor, double per_minute, double burst) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<RateBudget>> budgets;
  std::lock_guard lock(mutex);
  auto& budget = budgets[vendor];
  if (!budget) budget = std::make_shared<RateBudget>(per_minute, burst);
  return budget;
}

Result<void> RateBudget::take(std::chrono::milliseconds patience, std::stop_token stop) {
  std::chrono::duration<double> wait{0};
  {
    std::lock_guard lock(mutex_);
    auto now = Clock::now();
    tokens_ = std::min(burst_, tokens_ + std::chrono::duration<double>(now - last_).count() * per_second_);
    last_ = now;
    wait = std::chrono::duration<double>(std::max(0.0, (1 - tokens_) / per_second_));
    if (wait > patience) {
      auto error = Error(ErrorKind::temporary, "the budget of requests is used up; ask less often");
      return fail(std::move(error).with_retry_after(std::chrono::ceil<std::chrono::milliseconds>(wait)));
    }
    tokens_ -= 1;  // reserved: who comes later waits longer
  }
  if (wait.count() <= 0) return {};
  if (cryptostream::wait(stop, std::chrono::ceil<std::chrono::nanoseconds>(wait)))
    return fail(ErrorKind::temporary, "stopped");
  return {};
}

}  // namespace cryptostream
