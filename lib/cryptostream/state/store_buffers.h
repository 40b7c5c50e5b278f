// The two stores that hold records back in the order of their time, and the one that remembers who found no partner.
#pragma once

#include <cryptostream/state/state_store.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace cryptostream {

/// The buffer of suppress (Kafka Streams' InMemoryTimeOrderedKeyValueChangeBuffer): one change a key, in the order of
/// time, then key. An update keeps the key's place and the first prior value. Changed keys are logged at flush().
class SuppressionBuffer : public StateStore {
 public:
  using StateStore::StateStore;
  struct Buffered {
    BytesView key;
    Timestamp time{};          ///< its place: of the first put since it was last evicted
    OptionalBytesView now;     ///< the last change's new value
    OptionalBytesView before;  ///< the last change's old value
    RecordContext context;     ///< of the last put
  };
  virtual Result<void> put(Timestamp time, BytesView key, OptionalBytesView now, OptionalBytesView before,
                           const RecordContext& context) = 0;
  /// Takes out entries from the front while `more` says so and hands each to `take`.
  virtual Result<void> evict_while(const std::function<bool()>& more,
                                   const std::function<Result<void>(const Buffered&)>& take) = 0;
  /// The old value that downstream last saw of a key: that of the first buffered change. Outer nothing: the key is not
  /// buffered.
  virtual std::optional<OptionalBytesView> prior_value(BytesView key) const = 0;
  virtual std::uint64_t records() const = 0;
  /// By Kafka Streams' reckoning (8 + key + prior + old + new + context).
  virtual std::uint64_t bytes() const = 0;
  /// Time of the front entry; INT64_MAX if empty.
  virtual Timestamp front_time() const = 0;
};

/// The buffer of a stream-table join with grace (RocksDBTimeOrderedKeyValueBuffer): stream records in the order of
/// their time.
class GraceBuffer : public StateStore {
 public:
  using StateStore::StateStore;
  struct Buffered {
    BytesView key;
    BytesView value;
    Timestamp time{};
    RecordContext context;
  };
  /// False if `time` is older than the grace allows: then the caller joins at once.
  virtual Result<bool> put(Timestamp time, BytesView key, BytesView value, const RecordContext& context) = 0;
  /// Takes out the entries whose grace is over.
  virtual Result<void> evict(const std::function<Result<void>(const Buffered&)>& take) = 0;
};

/// What a left or outer stream-stream join has not found a partner for (Kafka Streams' shared outer-join store): by
/// time, then side (right first), then key; several values a key.
class UnmatchedStore : public StateStore {
 public:
  using StateStore::StateStore;
  enum class Side : std::uint8_t { right = 0, left = 1 };
  struct Unmatched {
    Timestamp time{};
    Side side = Side::right;
    BytesView key;
    BytesView values;  ///< packed: see decode_values in state/unmatched_values.h
  };
  /// Adds a value to (time, side, key).
  virtual Result<void> add(Timestamp time, Side side, BytesView key, BytesView value, const RecordContext& context) = 0;
  /// Removes (time, side, key) with all its values, if it is there; logs nothing if it is not.
  virtual Result<void> remove(Timestamp time, Side side, BytesView key, const RecordContext& context) = 0;
  /// Visits in order; `visit` returns false to stop. Entries may be removed meanwhile.
  virtual Result<void> visit(const std::function<Result<bool>(const Unmatched&)>& visit) = 0;
};

}  // namespace cryptostream
