// What every store is made of: an ordered map from bytes to bytes, over memory or over RocksDB. The stores above it own
// the layout of keys and the rules of expiry; this owns permanence.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>
#include <cryptostream/state/state_store.h>

#include <cstdint>
#include <memory>
#include <string>

namespace cryptostream {

/// Walks over a ByteMap. Survives writes to the map; whether it sees them is unspecified.
class ByteCursor {
 public:
  virtual ~ByteCursor() = default;
  /// Moves on (the first call: to the first entry). False behind the last. Views are valid until the next call on
  /// cursor or map.
  virtual Result<bool> next() = 0;
  virtual BytesView key() const = 0;
  virtual BytesView value() const = 0;
};

/// Ordered by the keys' bytes, unsigned. What was written since the last commit lies in a buffer above what is
/// permanent; reads see both. A map that dies uncommitted forgets its buffer.
class ByteMap {
 public:
  virtual ~ByteMap() = default;
  /// Valid until the next call on the map.
  virtual Result<OptionalBytesView> get(BytesView key) = 0;
  virtual Result<void> put(BytesView key, BytesView value) = 0;
  virtual Result<void> erase(BytesView key) = 0;
  /// Erases [from, to): cheap also for many.
  virtual Result<void> erase_range(BytesView from, BytesView to) = 0;
  /// Entries in [from, to), null: unbounded.
  virtual Result<std::unique_ptr<ByteCursor>> scan(OptionalBytesView from, OptionalBytesView to,
                                                   Direction direction = Direction::forward) = 0;
  /// Makes the buffer permanent, together with the changelog offset it reaches, at once or not at all.
  virtual Result<void> commit(std::int64_t changelog_offset) = 0;
  /// Bytes of what is not yet permanent.
  virtual std::size_t buffered_bytes() const = 0;
};

/// In memory: nothing outlives the process.
std::unique_ptr<ByteMap> memory_map();

}  // namespace cryptostream
