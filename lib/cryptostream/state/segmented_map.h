// What window and session stores share: values by key and time, kept for a retention. Over one ByteMap, whose keys
// begin with the segment of time they belong to, so that a key's times lie together and expiry erases whole segments.
#pragma once

#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/stored_bytes.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

/// The rules of expiry follow the backend. In memory an entry is gone when its time is at most stream time - retention.
/// With RocksDB it is accepted while its segment lives, though reads no longer see it.
class SegmentedMap {
 public:
  /// An entry's place, as the changelog's key has it behind the key: the time that expires (start of a window, end of a
  /// session) and what sorts after it (sequence number as 4 bytes, start of a session as 8).
  struct Place {
    BytesView key;
    Timestamp time{};
    std::int64_t suffix = 0;
  };
  static Result<std::unique_ptr<SegmentedMap>> open(const StoreSpec& spec, const StoreEnvironment& environment);

  /// Where rocksdb's rules hold.
  bool by_segment() const { return by_segment_; }
  Timestamp stream_time() const { return {stream_time_}; }

  /// Lets stream time reach `time` and forgets what expires by it.
  Result<void> advance(Timestamp time);
  /// True if an entry of this time may be put.
  bool live(Timestamp time) const;
  /// Entries before this time are not to be seen.
  Timestamp oldest_visible() const;

  /// The changelog's key of `place`; valid until the next call.
  BytesView changelog_key(const Place& place);
  /// The place that a changelog's key means; nothing if it is too short to be one.
  std::optional<Place> place_of(BytesView changelog_key) const;

  Result<std::optional<StoredValue>> get(const Place& place);
  /// Null erases.
  Result<void> set(const Place& place, OptionalBytesView value, Timestamp timestamp);

  /// Entries of one key with time in [from, to] and a suffix of at most `last_suffix`, by time and suffix.
  Cursor of_key(BytesView key, Timestamp from, Timestamp to, std::int64_t last_suffix, Direction direction);
  /// Entries of all keys with time in [from, to], by time, key and suffix; where sessions keep RocksDB's rules by time,
  /// suffix and key.
  Cursor of_all(Timestamp from, Timestamp to);

  /// The number behind the last one given, or restored.
  std::int32_t next_sequence();
  void restored_sequence(std::int32_t sequence) { sequence_ = std::max(sequence_, sequence); }

  Result<void> commit(std::int64_t changelog_offset);

 private:
  class KeyCursor;
  class TimeCursor;

  SegmentedMap(const StoreSpec& spec, const StoreEnvironment& environment, std::unique_ptr<ByteMap> map);
  Result<void> load();
  std::int64_t segment_of(std::int64_t time) const { return time / interval_; }
  std::int64_t first_live_segment() const;
  /// The first segment that lives and is >= `segment`; the last that is <= `segment`.
  std::optional<std::int64_t> segment_from(std::int64_t segment) const;
  std::optional<std::int64_t> segment_until(std::int64_t segment) const;
  void append_suffix(std::int64_t suffix, std::string& into) const;
  std::int64_t read_suffix(const char* at) const;
  StoredEntry entry_of(const Place& place, BytesView stored) const;
  BytesView map_key(const Place& place);
  BytesView index_key(const Place& place);

  std::unique_ptr<ByteMap> map_;
  std::int64_t retention_;
  std::int64_t window_size_;
  std::int64_t interval_;
  std::size_t suffix_size_;
  bool session_;
  bool by_segment_;
  bool by_time_;  // keeps a second entry for each, ordered by time
  bool keeps_one_more_;
  std::int64_t stream_time_ = -1;
  std::int32_t sequence_ = 0;
  std::vector<std::int64_t> segments_;  // those with entries, ascending
  std::string key_;
  std::string index_key_;
  std::string value_;
};

}  // namespace cryptostream
