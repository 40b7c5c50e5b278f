// Calls that a task's nodes have asked for at intervals of one kind of time.
#pragma once

#include <cryptostream/core/java_heap.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/graph/context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace cryptostream {

/// Intervals that were missed are made up for by one call; the next due time stays on the schedule's grid.
class Punctuations {
 public:
  using Call = std::function<Result<void>(Timestamp)>;

  Punctuation add(Timestamp first, std::chrono::milliseconds interval, Call call) {
    auto cancelled = std::make_shared<bool>(false);
    offer(std::make_shared<Schedule>(Schedule{first, interval, std::move(call), cancelled}));
    return Punctuation(std::move(cancelled));
  }
  bool empty() const { return heap_.empty(); }
  bool due(Timestamp now) const { return !heap_.empty() && heap_.front()->due <= now; }
  void clear() { heap_.clear(); }

  /// Makes the calls that are due at `now`, the longest due first. True if there were any.
  Result<bool> run(Timestamp now) {
    bool any = false;
    while (due(now)) {
      auto schedule = java_heap_poll(heap_, earlier);  // the call may add or cancel schedules
      if (*schedule->cancelled) continue;
      auto called = schedule->call(now);
      if (called) schedule->due = schedule->due + schedule->interval * ((now - schedule->due) / schedule->interval + 1);
      if (!*schedule->cancelled) offer(std::move(schedule));
      CRYPTOSTREAM_TRY(std::move(called));
      any = true;
    }
    return any;
  }

 private:
  struct Schedule {
    Timestamp due;
    std::chrono::milliseconds interval;
    Call call;
    std::shared_ptr<bool> cancelled;
  };
  using Item = std::shared_ptr<Schedule>;
  static bool earlier(const Item& a, const Item& b) { return a->due < b->due; }
  void offer(Item schedule) { java_heap_offer(heap_, std::move(schedule), earlier); }

  std::vector<Item> heap_;
};

}  // namespace cryptostream
