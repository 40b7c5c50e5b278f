// What a task's left or outer stream-stream join has not matched yet, and when it gives up: shared by its two sides.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/graph/context.h>
#include <cryptostream/state/store_buffers.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace cryptostream {

/// A join's window, seen from the left.
struct JoinBounds {
  std::chrono::milliseconds before{};
  std::chrono::milliseconds after{};
  std::chrono::milliseconds grace{};
};

/// Lives in the node that both sides forward to, so that each task has one.
class UnmatchedRecords {
 public:
  using Side = UnmatchedStore::Side;
  /// Takes a record that stays without a partner.
  using Give = std::function<Result<void>(Timestamp time, Side side, BytesView key, BytesView value)>;

  /// Called by both sides.
  Result<void> open(TaskContext& context, const std::string& store, const JoinBounds& bounds);

  void advance(Timestamp time);
  Timestamp stream_time() const { return stream_time_; }

  Result<void> add(Side side, Timestamp time, BytesView key, BytesView value, const RecordContext& context);
  Result<void> remove(Side side, Timestamp time, BytesView key, const RecordContext& context);

  /// Gives away, in the order of time, what can find no partner any more. To be called for records at stream time only;
  /// `side` is the record's. Cost: nothing while the earliest one may still find a partner.
  Result<void> give_up(Side side, const RecordContext& context, const Give& give);

 private:
  std::chrono::milliseconds reach(Side side) const { return side == Side::left ? bounds_.after : bounds_.before; }

  UnmatchedStore* store_ = nullptr;
  JoinBounds bounds_;
  Timestamp stream_time_{-1};
  bool looked_ = false;                // since the start: what the store held before is not known until then
  std::optional<Timestamp> earliest_;  // as far as the last look and what came since tell
};

}  // namespace cryptostream
