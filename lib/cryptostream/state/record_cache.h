// The record cache of a thread (Kafka Streams' ThreadCache): holds updates of tables back, so that only the last of a
// key is logged and forwarded, at a commit or when there is no more room.
#pragma once

#include <cstddef>

namespace cryptostream {

/// Room shared by all caching stores of a thread. A store whose update finds no room gives up what it has not used for
/// longest, and hands on all it holds back as soon as that includes an update.
class RecordCache {
 public:
  /// `max_bytes` counts as Kafka Streams' statestore.cache.max.bytes does: key, value, context and some 50 bytes an
  /// entry.
  explicit RecordCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  RecordCache(const RecordCache&) = delete;
  RecordCache& operator=(const RecordCache&) = delete;

  std::size_t bytes() const { return bytes_; }
  std::size_t max_bytes() const { return max_bytes_; }

 private:
  friend class NamedCache;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
};

}  // namespace cryptostream
