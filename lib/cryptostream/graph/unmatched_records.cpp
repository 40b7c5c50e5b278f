#include <cryptostream/graph/unmatched_records.h>
#include <cryptostream/state/unmatched_values.h>

#include <algorithm>

namespace cryptostream {

Result<void> UnmatchedRecords::open(TaskContext& context, const std::string& store, const JoinBounds& bounds) {
  CRYPTOSTREAM_TRY_ASSIGN(auto* found, context.store(store));
  store_ = dynamic_cast<UnmatchedStore*>(found);
  if (!store_) return fail(ErrorKind::internal, "store " + store + " is not one for unmatched records");
  bounds_ = bounds;
  return {};
}

void UnmatchedRecords::advance(Timestamp time) { stream_time_ = std::max(stream_time_, time); }

Result<void> UnmatchedRecords::add(Side side, Timestamp time, BytesView key, BytesView value,
                                   const RecordContext& context) {
  earliest_ = earliest_ ? std::min(*earliest_, time) : time;
  return store_->add(time, side, key, value, context);
}

Result<void> UnmatchedRecords::remove(Side side, Timestamp time, BytesView key, const RecordContext& context) {
  return store_->remove(time, side, key, context);
}

Result<void> UnmatchedRecords::give_up(Side side, const RecordContext& context, const Give& give) {
  if (looked_ && !earliest_) return {};
  // The reach of the record in hand, not of the earliest one: as Kafka Streams has it, so results may come late.
  if (earliest_ && *earliest_ + reach(side) + bounds_.grace >= stream_time_) return {};
  looked_ = true;
  earliest_.reset();
  bool left_open = false, right_open = false;
  return store_->visit([&](const UnmatchedStore::Unmatched& entry) -> Result<bool> {
    earliest_ = entry.time;
    if (left_open && right_open) return false;
    if (entry.time + reach(entry.side) + bounds_.grace >= stream_time_) {
      (entry.side == Side::left ? left_open : right_open) = true;
      // Kafka Streams meets each value by itself, so a second one ends the look here, and not the entry behind.
      return !(left_open && right_open && holds_several(entry.values));
    }
    CRYPTOSTREAM_TRY(
        decode_values(entry.values, [&](BytesView value) { return give(entry.time, entry.side, entry.key, value); }));
    CRYPTOSTREAM_TRY(store_->remove(entry.time, entry.side, entry.key, context));
    return true;
  });
}

}  // namespace cryptostream
