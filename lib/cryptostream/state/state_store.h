// State stores as their nodes see them: bytes by key, by key and time, by session, by version.
//
// One thread. Views that a store or cursor returns are valid until the next call on it. A cursor stays usable while the
// store is written to; whether it meets what was written meanwhile is unspecified.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/state/record_context.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace cryptostream {

/// A value with the time of the record that set it (stores without times: the time of the write's record context).
struct StoredValue {
  BytesView value;
  Timestamp timestamp{};
};

/// What a cursor stands on. `start` and `end` are of windows and sessions; of versions `end` is when they ceased to
/// hold (INT64_MAX: they still do); elsewhere zero.
struct StoredEntry {
  BytesView key;
  BytesView value;
  Timestamp timestamp{};
  Timestamp start{};
  Timestamp end{};
};

/// Walks over entries. Gives everything back when it dies, at the latest with its store.
class StoreCursor {
 public:
  virtual ~StoreCursor() = default;
  /// The next entry; null behind the last.
  virtual Result<const StoredEntry*> next() = 0;
};
using Cursor = std::unique_ptr<StoreCursor>;

enum class Direction : std::uint8_t { forward, backward };

/// Told by a cache what leaves it: key (with `start` and `end` in windows and sessions), new and old value (null:
/// absent) and the context of the last write. What it returns as an error ends the flush.
struct FlushedEntry {
  BytesView key;
  Timestamp start{};
  Timestamp end{};
  std::optional<StoredValue> now;
  std::optional<StoredValue> before;
  RecordContext context;
};
using FlushListener = std::function<Result<void>(const FlushedEntry&)>;

class StateStore {
 public:
  explicit StateStore(std::string name) : name_(std::move(name)) {}
  virtual ~StateStore() = default;
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  const std::string& name() const { return name_; }

  /// Hands on what its cache holds back, to changelog and listener; logs what a buffer changed. Part of each commit.
  virtual Result<void> flush() { return {}; }

  /// Makes everything since the last commit permanent, with the changelog offset it reaches.
  virtual Result<void> commit(std::int64_t changelog_offset) = 0;

  /// True if updates may be held back: then nodes forward through the listener and not at once.
  virtual bool caches() const { return false; }
  /// Sets who is told what leaves the cache. Without `wants_old` the old values are not looked up.
  virtual void on_flush(FlushListener listener, bool wants_old) {
    (void)listener;
    (void)wants_old;
  }

  /// Takes a changelog record, as put() would, without logging it. Null deletes. The key is the changelog's.
  virtual Result<void> restore(BytesView key, OptionalBytesView value, Timestamp timestamp, HeadersView headers) = 0;

 private:
  std::string name_;
};

/// One value a key, ordered by the keys' bytes.
class KeyValueStore : public StateStore {
 public:
  using StateStore::StateStore;
  virtual Result<std::optional<StoredValue>> get(BytesView key) = 0;
  /// Null deletes. `timestamp` is the value's; a delete is logged with the context's time.
  virtual Result<void> put(BytesView key, OptionalBytesView value, Timestamp timestamp,
                           const RecordContext& context) = 0;
  /// Keys in [from, to], both inclusive, null: unbounded.
  virtual Result<Cursor> range(OptionalBytesView from, OptionalBytesView to,
                               Direction direction = Direction::forward) = 0;
  /// Keys that begin with `prefix`.
  virtual Result<Cursor> prefix(BytesView prefix) = 0;
};

/// Values by key and window start. Stream time of the store is the largest start ever put.
class WindowStore : public StateStore {
 public:
  using StateStore::StateStore;
  virtual Result<std::optional<StoredValue>> fetch(BytesView key, Timestamp start) = 0;
  /// Windows of one key with start in [from, to], by start (duplicates in the order of their puts).
  virtual Result<Cursor> fetch(BytesView key, Timestamp from, Timestamp to,
                               Direction direction = Direction::forward) = 0;
  /// Windows of all keys with start in [from, to], by start, then by key.
  virtual Result<Cursor> fetch_all(Timestamp from, Timestamp to) = 0;
  /// False if the window has expired: nothing is kept, though it is logged as Kafka Streams does. With duplicates
  /// retained each put adds a value, and null adds none.
  virtual Result<bool> put(BytesView key, OptionalBytesView value, Timestamp timestamp, Timestamp start,
                           const RecordContext& context) = 0;
};

/// Values by key and session [start, end].
class SessionStore : public StateStore {
 public:
  using StateStore::StateStore;
  virtual Result<std::optional<StoredValue>> fetch(BytesView key, Timestamp start, Timestamp end) = 0;
  /// Sessions of one key with end >= earliest_end and start <= latest_start, by end, then by start.
  virtual Result<Cursor> find(BytesView key, Timestamp earliest_end, Timestamp latest_start) = 0;
  /// Sessions of all keys with end in [earliest_end, latest_end], by end, then by key and start.
  virtual Result<Cursor> find_all(Timestamp earliest_end, Timestamp latest_end) = 0;
  /// Null removes, and moves stream time like other puts. False if the session has expired.
  virtual Result<bool> put(BytesView key, Timestamp start, Timestamp end, OptionalBytesView value,
                           const RecordContext& context) = 0;
};

/// Versions of values by key, within a history.
class VersionedStore : public StateStore {
 public:
  using StateStore::StateStore;
  struct Version {
    BytesView value;
    Timestamp timestamp{};
    std::optional<Timestamp> valid_to{};  ///< exclusive; nothing for the latest
  };
  /// What a put did.
  struct Put {
    enum class Outcome : std::uint8_t { latest, older, expired } outcome = Outcome::latest;
    Timestamp valid_to{};  ///< of an `older` one
  };
  virtual Result<std::optional<Version>> get(BytesView key) = 0;
  /// The version that held at `as_of`; nothing if it was deleted then, or lies behind the history.
  virtual Result<std::optional<Version>> get(BytesView key, Timestamp as_of) = 0;
  /// Null is a tombstone with a time. Older than the history: refused (`expired`), though it is logged.
  virtual Result<Put> put(BytesView key, OptionalBytesView value, Timestamp timestamp,
                          const RecordContext& context) = 0;
  /// All versions of `key` that a lookup within the history can still find, newest first. For tests and queries.
  virtual Result<Cursor> versions(BytesView key) = 0;
  /// The latest version of each key, by key.
  virtual Result<Cursor> all() = 0;
};

}  // namespace cryptostream
