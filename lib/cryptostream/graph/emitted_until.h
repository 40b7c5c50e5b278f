// How far results have been handed on that come when their windows close.
#pragma once

#include <cryptostream/graph/context.h>

#include <cstdint>
#include <string>
#include <utility>

namespace cryptostream {

/// The close time that results have been handed on for. Kept over restarts, with the offsets of the task's inputs.
class EmittedUntil {
 public:
  /// `store`: of the aggregation; its time is kept under this name.
  explicit EmittedUntil(std::string store) : store_(std::move(store)) {}

  /// -1: nothing yet. To be asked once, before a record is handled.
  std::int64_t get(const TaskContext& context) {
    // Not at the start: offsets are known only behind it.
    if (!std::exchange(asked_, true)) at_ = context.kept_time(store_).value_or(Timestamp{-1}).ms;
    return at_;
  }
  void set(TaskContext& context, std::int64_t at) {
    at_ = at;
    context.keep_time(store_, {at});
  }

 private:
  std::string store_;
  std::int64_t at_ = -1;
  bool asked_ = false;
};

}  // namespace cryptostream
