// Calls that a task's nodes have asked for at intervals of one kind of time.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/graph/context.h>

#include <algorithm>
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
    schedules_.push_back(std::make_shared<Schedule>(Schedule{first, interval, std::move(call), cancelled}));
    return Punctuation(std::move(cancelled));
  }
  bool empty() const { return schedules_.empty(); }
  bool due(Timestamp now) const {
    return std::any_of(schedules_.begin(), schedules_.end(),
                       [&](const auto& schedule) { return schedule->due <= now; });
  }
  void clear() { schedules_.clear(); }

  /// Makes the calls that are due at `now`, the longest due first. True if there were any.
  Result<bool> run(Timestamp now) {
    bool any = false;
    for (;;) {
      std::erase_if(schedules_, [](const auto& schedule) { return *schedule->cancelled; });
      auto next = std::min_element(schedules_.begin(), schedules_.end(),
                                   [](const auto& a, const auto& b) { return a->due < b->due; });
      if (next == schedules_.end() || (*next)->due > now) return any;
      auto schedule = *next;  // the call may add or cancel schedules
      CRYPTOSTREAM_TRY(schedule->call(now));
      schedule->due = schedule->due + schedule->interval * ((now - schedule->due) / schedule->interval + 1);
      any = true;
    }
  }

 private:
  struct Schedule {
    Timestamp due;
    std::chrono::milliseconds interval;
    Call call;
    std::shared_ptr<bool> cancelled;
  };
  std::vector<std::shared_ptr<Schedule>> schedules_;
};

}  // namespace cryptostream
