// State stores as processors use them: typed. Each is a handle on a store of the task, cheap to copy, valid as long as
// the processor. What fails throws ProcessingFailed.
#pragma once

#include <cryptostream/data/record.h>
#include <cryptostream/data/serde.h>
#include <cryptostream/data/windows.h>
#include <cryptostream/graph/processor_scope.h>
#include <cryptostream/state/state_store.h>
#include <cryptostream/state/store_spec.h>

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// A value with the time it is of: what the stores of tables hold.
template <class V>
struct ValueAndTimestamp {
  V value{};
  Timestamp timestamp{};
  friend bool operator==(const ValueAndTimestamp&, const ValueAndTimestamp&) = default;
};

/// How a store's value is kept: V alone, or ValueAndTimestamp<V> in stores that keep times.
template <class V>
struct KeptValue {
  using Value = V;
  static constexpr bool timestamped = false;
  static const Value& value(const V& from) { return from; }
  static Timestamp timestamp(const V&, Timestamp current) { return current; }
  static V make(Value value, Timestamp) { return value; }
};
template <class V>
struct KeptValue<ValueAndTimestamp<V>> {
  using Value = V;
  static constexpr bool timestamped = true;
  static const Value& value(const ValueAndTimestamp<V>& from) { return from.value; }
  static Timestamp timestamp(const ValueAndTimestamp<V>& from, Timestamp) { return from.timestamp; }
  static ValueAndTimestamp<V> make(Value value, Timestamp timestamp) { return {std::move(value), timestamp}; }
};

/// Entries of a store, to be gone through once: `for (auto& [key, value] : store.all())`. The store may be written to
/// meanwhile; whether that is met is unspecified.
template <class Entry, class Decode>
class StoreRange {
 public:
  StoreRange(ProcessorScope& scope, Cursor cursor, Decode decode)
      : scope_(&scope), cursor_(std::move(cursor)), decode_(std::move(decode)) {}

  class Iterator {
   public:
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(StoreRange& range) : range_(&range) { ++*this; }
    Entry& operator*() const { return *range_->entry_; }
    Entry* operator->() const { return &*range_->entry_; }
    Iterator& operator++() {
      range_->advance();
      return *this;
    }
    void operator++(int) { range_->advance(); }
    bool operator==(std::default_sentinel_t) const { return !range_->entry_; }

   private:
    StoreRange* range_;
  };
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

 private:
  void advance() {
    const auto* stored = scope_->expect(cursor_->next());
    if (stored) {
      entry_.emplace(decode_(*stored));
    } else {
      entry_.reset();
    }
  }
  ProcessorScope* scope_;
  Cursor cursor_;
  Decode decode_;
  std::optional<Entry> entry_;
};

/// What the typed stores have in common. Bytes: the kind of store below.
template <class Bytes, class K, class V>
class TypedStore {
 public:
  using Value = typename KeptValue<V>::Value;

  TypedStore(ProcessorScope& scope, const StoreSpec& spec, Serde<K> keys, Serde<Value> values)
      : scope_(&scope),
        bytes_(&scope.store<Bytes>(spec.name)),
        window_size_(spec.window_size),
        writable_(!scope.task().is_global(spec.name)),
        keys_(std::move(keys)),
        values_(std::move(values)) {}

 protected:
  Bytes& bytes_to_write() {
    if (!writable_)
      throw std::logic_error("processor \"" + scope_->node() + "\": store \"" + bytes_->name() +
                             "\" is a global table's and filled from its topic alone: write to that topic");
    return *bytes_;
  }
  std::string encode(const K& key) const {
    std::string bytes;
    keys_.encode(key, bytes);
    return bytes;
  }
  std::string encode_value(const V& value) const {
    std::string bytes;
    values_.encode(KeptValue<V>::value(value), bytes);
    return bytes;
  }
  K key(BytesView bytes) const {
    K key{};
    scope_->expect(keys_.decode(bytes, key));
    return key;
  }
  V value(BytesView bytes, Timestamp timestamp) const {
    Value value{};
    scope_->expect(values_.decode(bytes, value));
    return KeptValue<V>::make(std::move(value), timestamp);
  }
  std::optional<V> value(const std::optional<StoredValue>& stored) const {
    if (!stored) return std::nullopt;
    return value(stored->value, stored->timestamp);
  }
  Timestamp time_of(const V& value) const { return KeptValue<V>::timestamp(value, scope_->timestamp()); }
  auto entries(Cursor cursor) const {
    auto decode = [self = *this](const StoredEntry& entry) {
      return KeyValue<K, V>{self.key(entry.key), self.value(entry.value, entry.timestamp)};
    };
    return StoreRange<KeyValue<K, V>, decltype(decode)>(*scope_, std::move(cursor), std::move(decode));
  }
  auto windows(Cursor cursor) const {
    auto decode = [self = *this](const StoredEntry& entry) {
      auto end = self.window_size_.count() > 0 ? entry.start + self.window_size_ : entry.end;
      return KeyValue<Windowed<K>, V>{{self.key(entry.key), {entry.start, end}},
                                      self.value(entry.value, entry.timestamp)};
    };
    return StoreRange<KeyValue<Windowed<K>, V>, decltype(decode)>(*scope_, std::move(cursor), std::move(decode));
  }

  ProcessorScope* scope_;
  Bytes* bytes_;
  std::chrono::milliseconds window_size_;
  bool writable_;
  Serde<K> keys_;
  Serde<Value> values_;
};

/// One value a key, in the order of the keys' bytes. V is ValueAndTimestamp<…> in the stores of tables.
template <class K, class V>
class TypedKeyValueStore : public TypedStore<KeyValueStore, K, V> {
 public:
  using TypedStore<KeyValueStore, K, V>::TypedStore;
  std::optional<V> get(const K& key) const { return this->value(this->scope_->expect(bytes().get(this->encode(key)))); }
  void put(const K& key, const V& value) {
    auto encoded = this->encode_value(value);
    write(key, BytesView(encoded), this->time_of(value));
  }
  /// Nothing happens if there is none.
  void erase(const K& key) { write(key, std::nullopt, this->scope_->timestamp()); }
  /// The value that was there and stays; nothing if there was none, and `value` is there now.
  std::optional<V> put_if_absent(const K& key, const V& value) {
    auto present = get(key);
    if (!present) put(key, value);
    return present;
  }
  auto all() const { return this->entries(this->scope_->expect(bytes().range({}, {}))); }
  /// Keys in [from, to], both inclusive, by their bytes.
  auto range(const K& from, const K& to, Direction direction = Direction::forward) const {
    auto first = this->encode(from), last = this->encode(to);
    return this->entries(this->scope_->expect(bytes().range(BytesView(first), BytesView(last), direction)));
  }

 private:
  KeyValueStore& bytes() const { return *this->bytes_; }
  void write(const K& key, OptionalBytesView value, Timestamp timestamp) {
    this->scope_->expect(this->bytes_to_write().put(this->encode(key), value, timestamp, this->scope_->record()));
  }
};

/// Values by key and start of a window. V is ValueAndTimestamp<…> in the stores of windowed aggregates.
template <class K, class V>
class TypedWindowStore : public TypedStore<WindowStore, K, V> {
 public:
  using TypedStore<WindowStore, K, V>::TypedStore;
  std::optional<V> fetch(const K& key, Timestamp start) const {
    return this->value(this->scope_->expect(bytes().fetch(this->encode(key), start)));
  }
  /// Windows of one key with start in [from, to], by start.
  auto fetch(const K& key, Timestamp from, Timestamp to, Direction direction = Direction::forward) const {
    return this->windows(this->scope_->expect(bytes().fetch(this->encode(key), from, to, direction)));
  }
  /// Windows of all keys with start in [from, to], by start.
  auto fetch_all(Timestamp from, Timestamp to) const {
    return this->windows(this->scope_->expect(bytes().fetch_all(from, to)));
  }
  /// A window that is behind the store's retention is left out.
  void put(const K& key, const V& value, Timestamp start) {
    auto encoded = this->encode_value(value);
    write(key, BytesView(encoded), this->time_of(value), start);
  }
  void erase(const K& key, Timestamp start) { write(key, std::nullopt, this->scope_->timestamp(), start); }

 private:
  WindowStore& bytes() const { return *this->bytes_; }
  void write(const K& key, OptionalBytesView value, Timestamp timestamp, Timestamp start) {
    this->scope_->expect(
        this->bytes_to_write().put(this->encode(key), value, timestamp, start, this->scope_->record()));
  }
};

/// Values by key and session, whose start and end are both inclusive.
template <class K, class V>
class TypedSessionStore : public TypedStore<SessionStore, K, V> {
 public:
  using TypedStore<SessionStore, K, V>::TypedStore;
  std::optional<V> fetch(const Windowed<K>& session) const {
    const auto& window = session.window;
    return this->value(this->scope_->expect(bytes().fetch(this->encode(session.key), window.start, window.end)));
  }
  /// Sessions of one key that end at or after `earliest_end` and start at or before `latest_start`.
  auto find(const K& key, Timestamp earliest_end, Timestamp latest_start) const {
    return this->windows(this->scope_->expect(bytes().find(this->encode(key), earliest_end, latest_start)));
  }
  /// A session that is behind the store's retention is left out.
  void put(const Windowed<K>& session, const V& value) {
    auto encoded = this->encode_value(value);
    write(session, BytesView(encoded));
  }
  void erase(const Windowed<K>& session) { write(session, std::nullopt); }

 private:
  SessionStore& bytes() const { return *this->bytes_; }
  void write(const Windowed<K>& session, OptionalBytesView value) {
    this->scope_->expect(this->bytes_to_write().put(this->encode(session.key), session.window.start, session.window.end,
                                                    value, this->scope_->record()));
  }
};

/// All versions of a key's value within a history.
template <class K, class V>
class TypedVersionedStore : public TypedStore<VersionedStore, K, V> {
 public:
  using TypedStore<VersionedStore, K, V>::TypedStore;
  using Versioned = ValueAndTimestamp<V>;
  std::optional<Versioned> get(const K& key) const { return version(bytes().get(this->encode(key))); }
  /// The version that held at `as_of`; nothing if there was none, or it lies behind the history.
  std::optional<Versioned> get(const K& key, Timestamp as_of) const {
    return version(bytes().get(this->encode(key), as_of));
  }
  /// Sets the value as of `timestamp`, which may lie between others. False if it lies behind the history: then it is
  /// left out.
  bool put(const K& key, const V& value, Timestamp timestamp) {
    auto encoded = this->encode_value(value);
    return write(key, BytesView(encoded), timestamp);
  }
  /// There is no value from `timestamp` on.
  bool erase(const K& key, Timestamp timestamp) { return write(key, std::nullopt, timestamp); }

 private:
  VersionedStore& bytes() const { return *this->bytes_; }
  std::optional<Versioned> version(Result<std::optional<VersionedStore::Version>> result) const {
    auto found = this->scope_->expect(std::move(result));
    if (!found) return std::nullopt;
    return Versioned{this->value(found->value, found->timestamp), found->timestamp};
  }
  bool write(const K& key, OptionalBytesView value, Timestamp timestamp) {
    auto put =
        this->scope_->expect(this->bytes_to_write().put(this->encode(key), value, timestamp, this->scope_->record()));
    return put.outcome != VersionedStore::Put::Outcome::expired;
  }
};

}  // namespace cryptostream
