// A table's store as its node uses it: typed, plain or versioned, with what its cache hands on later.
#pragma once

#include <cryptostream/data/record.h>
#include <cryptostream/data/serde.h>
#include <cryptostream/graph/change.h>
#include <cryptostream/graph/context.h>
#include <cryptostream/graph/table_view.h>
#include <cryptostream/state/state_store.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// A key's or value's bytes in a buffer that is used again.
template <class T>
class Encoder {
 public:
  explicit Encoder(Serde<T> serde) : serde_(std::move(serde)) {}
  /// Valid until the next call.
  BytesView operator()(const T& value) {
    bytes_.clear();
    serde_.encode(value, bytes_);
    return bytes_;
  }
  const Serde<T>& serde() const { return serde_; }

 private:
  Serde<T> serde_;
  std::string bytes_;
};

/// The new value that leaves a cache, as bytes.
inline OptionalBytesView value_of(const FlushedEntry& entry) {
  return entry.now ? OptionalBytesView(entry.now->value) : OptionalBytesView();
}

template <class K, class V>
class TableStore {
 public:
  using Outcome = VersionedStore::Put::Outcome;

  TableStore(std::string name, Serde<K> keys, Serde<V> values)
      : name_(std::move(name)), key_(std::move(keys)), value_(std::move(values)) {}

  /// Finds the store. Call from Node::start.
  Result<void> open(TaskContext& context) {
    context_ = &context;
    CRYPTOSTREAM_TRY_ASSIGN(auto* store, context.store(name_));
    plain_ = dynamic_cast<KeyValueStore*>(store);
    versioned_ = dynamic_cast<VersionedStore*>(store);
    if (!plain_ && !versioned_) return fail(ErrorKind::internal, "store " + name_ + " is no table's store");
    return {};
  }

  bool versioned() const { return versioned_ != nullptr; }
  /// True if updates leave through on_flush's `forward` and not at once.
  bool caches() const { return plain_ && plain_->caches(); }

  /// Sets the way out of what the cache held back. `wants_old`: whether changes carry old values.
  void on_flush(bool wants_old, std::function<Result<void>(const Record<K, Change<V>>&)> forward) {
    if (!caches()) return;
    plain_->on_flush(
        [this, wants_old, forward = std::move(forward)](const FlushedEntry& entry) -> Result<void> {
          K key{};
          V now{}, before{};
          CRYPTOSTREAM_TRY(key_.serde().decode(entry.key, key));
          Change<V> change;
          if (entry.now) {
            CRYPTOSTREAM_TRY(value_.serde().decode(entry.now->value, now));
            change.now = &now;
          }
          if (wants_old && entry.before) {
            CRYPTOSTREAM_TRY(value_.serde().decode(entry.before->value, before));
            change.before = &before;
          }
          auto time = entry.now ? entry.now->timestamp : entry.context.timestamp;
          return context_->under_origin(entry.context, entry.key, value_of(entry), [&] {
            return forward(Record<K, Change<V>>(key, change, time, entry.context.headers));
          });
        },
        wants_old);
  }

  /// The present value. Valid until the next get.
  Result<Found<V>> get(const K& key) {
    if (plain_) {
      CRYPTOSTREAM_TRY_ASSIGN(auto found, plain_->get(key_(key)));
      return found ? decoded(found->value, found->timestamp) : Found<V>{};
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto found, versioned_->get(key_(key)));
    return found ? decoded(found->value, found->timestamp) : Found<V>{};
  }

  /// The value at `as_of`; only where versioned().
  Result<Found<V>> get(const K& key, Timestamp as_of) {
    CRYPTOSTREAM_TRY_ASSIGN(auto found, versioned_->get(key_(key), as_of));
    return found ? decoded(found->value, found->timestamp) : Found<V>{};
  }

  /// Sets (null: deletes) the value as of `timestamp`; the rest of the context is `record`'s.
  Result<Outcome> put(const K& key, const V* value, Timestamp timestamp, const RecordContext& context) {
    OptionalBytesView bytes;
    if (value) bytes = value_(*value);
    if (plain_) {
      CRYPTOSTREAM_TRY(plain_->put(key_(key), bytes, timestamp, context));
      return Outcome::latest;
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto put, versioned_->put(key_(key), bytes, timestamp, context));
    return put.outcome;
  }

 private:
  Result<Found<V>> decoded(BytesView bytes, Timestamp timestamp) {
    CRYPTOSTREAM_TRY(value_.serde().decode(bytes, slot_));
    return Found<V>{&slot_, timestamp};
  }

  std::string name_;
  Encoder<K> key_;
  Encoder<V> value_;
  V slot_{};
  TaskContext* context_ = nullptr;
  KeyValueStore* plain_ = nullptr;
  VersionedStore* versioned_ = nullptr;
};

/// Reads a materialised table straight from its store.
template <class K, class V>
class StoreReader final : public TableReader<K, V> {
 public:
  StoreReader(std::string store, Serde<K> keys, Serde<V> values)
      : store_(std::move(store), std::move(keys), std::move(values)) {}
  Result<void> start(TaskContext& context) override { return store_.open(context); }
  Result<Found<V>> get(const K& key) override { return store_.get(key); }
  Result<Found<V>> get(const K& key, Timestamp as_of) override { return store_.get(key, as_of); }
  bool versioned() const override { return store_.versioned(); }

 private:
  TableStore<K, V> store_;
};

}  // namespace cryptostream
