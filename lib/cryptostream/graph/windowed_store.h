// The stores of windowed aggregates as their nodes use them: typed, with what their caches hand on later.
#pragma once

#include <cryptostream/data/windows.h>
#include <cryptostream/graph/table_store.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// Start plus size, clamped as Kafka Streams does.
inline Timestamp window_end(Timestamp start, std::chrono::milliseconds size) {
  auto room = INT64_MAX - start.ms;
  return {start.ms + (size.count() < room ? size.count() : room)};
}

/// What window and session stores have in common. Store: WindowStore or SessionStore.
template <class Store, class K, class A>
class WindowedStore {
 public:
  using Forward = std::function<Result<void>(const Record<Windowed<K>, Change<A>>&)>;

  WindowedStore(std::string name, Serde<K> keys, Serde<A> values)
      : name_(std::move(name)), key_(std::move(keys)), value_(std::move(values)) {}

  /// Finds the store. Call from Node::start.
  Result<void> open(TaskContext& context) {
    context_ = &context;
    CRYPTOSTREAM_TRY_ASSIGN(auto* store, context.store(name_));
    store_ = dynamic_cast<Store*>(store);
    if (!store_) return fail(ErrorKind::internal, "store " + name_ + " is not of the windowed kind that is asked for");
    return {};
  }
  /// True if updates leave through on_flush's `forward` and not at once.
  bool caches() const { return store_->caches(); }

  /// Sets the way out of what the cache held back. A session is timestamped with its end, a window with its value's
  /// time.
  void on_flush(bool wants_old, Forward forward) {
    if (!caches()) return;
    store_->on_flush(
        [this, wants_old, forward = std::move(forward)](const FlushedEntry& entry) -> Result<void> {
          Windowed<K> key;
          A now{}, before{};
          CRYPTOSTREAM_TRY(key_.serde().decode(entry.key, key.key));
          key.window = {entry.start, entry.end};
          Change<A> change;
          if (entry.now) {
            CRYPTOSTREAM_TRY(decode(entry.now->value, now));
            change.now = &now;
          }
          if (wants_old && entry.before) {
            CRYPTOSTREAM_TRY(decode(entry.before->value, before));
            change.before = &before;
          }
          auto time = std::is_same_v<Store, SessionStore> ? entry.end
                      : entry.now                         ? entry.now->timestamp
                                                          : entry.context.timestamp;
          return context_->under_origin(entry.context, entry.key, value_of(entry), [&] {
            return forward(Record<Windowed<K>, Change<A>>(key, change, time, entry.context.headers));
          });
        },
        wants_old);
  }

  Store& bytes() { return *store_; }
  /// Valid until the next call.
  BytesView encode_key(const K& key) { return key_(key); }
  OptionalBytesView encode(const std::optional<A>& value) {
    return value ? OptionalBytesView(value_(*value)) : OptionalBytesView();
  }
  Result<void> decode_key(BytesView bytes, K& into) const { return key_.serde().decode(bytes, into); }
  Result<void> decode(BytesView bytes, A& into) const { return value_.serde().decode(bytes, into); }
  /// Decodes into what `into` holds already, if it holds anything.
  Result<void> decode(BytesView bytes, std::optional<A>& into) const {
    if (!into) into.emplace();
    return value_.serde().decode(bytes, *into);
  }

 private:
  std::string name_;
  Encoder<K> key_;
  Encoder<A> value_;
  TaskContext* context_ = nullptr;
  Store* store_ = nullptr;
};

/// Reads a windowed aggregate straight from its store. A session's time is its end.
template <class Store, class K, class A>
class WindowedStoreReader final : public TableReader<Windowed<K>, A> {
 public:
  WindowedStoreReader(std::string store, Serde<K> keys, Serde<A> values)
      : store_(std::move(store), std::move(keys), std::move(values)) {}
  Result<void> start(TaskContext& context) override { return store_.open(context); }
  Result<Found<A>> get(const Windowed<K>& key) override {
    if constexpr (std::is_same_v<Store, SessionStore>) {
      CRYPTOSTREAM_TRY_ASSIGN(auto found,
                              store_.bytes().fetch(store_.encode_key(key.key), key.window.start, key.window.end));
      if (!found) return Found<A>{};
      CRYPTOSTREAM_TRY(store_.decode(found->value, slot_));
      return Found<A>{&slot_, key.window.end};
    } else {
      CRYPTOSTREAM_TRY_ASSIGN(auto found, store_.bytes().fetch(store_.encode_key(key.key), key.window.start));
      if (!found) return Found<A>{};
      CRYPTOSTREAM_TRY(store_.decode(found->value, slot_));
      return Found<A>{&slot_, found->timestamp};
    }
  }
  Result<Found<A>> get(const Windowed<K>& key, Timestamp) override { return get(key); }
  bool versioned() const override { return false; }

 private:
  WindowedStore<Store, K, A> store_;
  A slot_{};
};

}  // namespace cryptostream
