// Declarations of state stores that processors ask for: name, types, settings.
#pragma once

#include <cryptostream/graph/typed_store.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace cryptostream {

/// A store in the making, or the description of one that a table made. `Store`: what processors get of it. The makers
/// below give the settings of Kafka Streams' Stores: logged, not cached.
template <class Store>
class StoreBuilder;

template <template <class, class> class Typed, class K, class V>
class StoreBuilder<Typed<K, V>> {
 public:
  using Store = Typed<K, V>;
  using Value = typename Store::Value;

  StoreBuilder(StoreSpec spec, Serde<K> keys, Serde<Value> values)
      : spec_(std::move(spec)), keys_(std::move(keys)), values_(std::move(values)) {}

  StoreBuilder in_memory() const {
    return with([](StoreSpec& spec) { spec.backend = StoreBackend::memory; });
  }
  StoreBuilder rocksdb() const {
    return with([](StoreSpec& spec) { spec.backend = StoreBackend::rocksdb; });
  }
  /// True: writes are held back until a commit, of which the changelog gets each key's last. Default: false.
  StoreBuilder caching(bool on) const {
    return with([on](StoreSpec& spec) { spec.caching = on; });
  }
  /// False: no changelog topic; the store is empty after a restart on another machine.
  StoreBuilder logging(bool on) const {
    return with([on](StoreSpec& spec) { spec.logging = on; });
  }
  /// Settings of the changelog topic, over the defaults.
  StoreBuilder topic_settings(std::map<std::string, std::string> settings) const {
    return with([&](StoreSpec& spec) { spec.topic_settings = std::move(settings); });
  }

  const StoreSpec& spec() const { return spec_; }
  const std::string& name() const { return spec_.name; }
  /// Not for users: for the contexts of processors.
  Store open(ProcessorScope& scope) const { return Store(scope, spec_, keys_, values_); }

 private:
  template <class Change>
  StoreBuilder with(const Change& change) const {
    auto changed = *this;
    change(changed.spec_);
    return changed;
  }
  StoreSpec spec_;
  Serde<K> keys_;
  Serde<Value> values_;
};

/// Not for users.
template <class Store, class K, class V>
StoreBuilder<Store> store_builder(StoreSpec::Type type, std::string name, Serde<K> keys, Serde<V> values,
                                  std::chrono::milliseconds retention = {}, std::chrono::milliseconds window = {}) {
  StoreSpec spec;
  spec.type = type;
  spec.name = std::move(name);
  spec.retention = retention;
  spec.window_size = window;
  return {std::move(spec), std::move(keys), std::move(values)};
}

/// Keys and values.
template <class K, class V>
auto key_value_store(std::string name, Serde<K> keys = required_serde<K>(), Serde<V> values = required_serde<V>()) {
  return store_builder<TypedKeyValueStore<K, V>>(StoreSpec::Type::key_value, std::move(name), std::move(keys),
                                                 std::move(values));
}

/// Keys and values with their times, as tables keep them.
template <class K, class V>
auto timestamped_key_value_store(std::string name, Serde<K> keys = required_serde<K>(),
                                 Serde<V> values = required_serde<V>()) {
  return store_builder<TypedKeyValueStore<K, ValueAndTimestamp<V>>>(
      StoreSpec::Type::timestamped_key_value, std::move(name), std::move(keys), std::move(values));
}

/// Values by key and window. `retention`: how far behind the largest start a window is kept at least.
template <class K, class V>
auto window_store(std::string name, std::chrono::milliseconds retention, std::chrono::milliseconds window_size,
                  Serde<K> keys = required_serde<K>(), Serde<V> values = required_serde<V>()) {
  return store_builder<TypedWindowStore<K, V>>(StoreSpec::Type::window, std::move(name), std::move(keys),
                                               std::move(values), retention, window_size);
}

/// The same with values' times, as windowed aggregates keep them.
template <class K, class V>
auto timestamped_window_store(std::string name, std::chrono::milliseconds retention,
                              std::chrono::milliseconds window_size, Serde<K> keys = required_serde<K>(),
                              Serde<V> values = required_serde<V>()) {
  return store_builder<TypedWindowStore<K, ValueAndTimestamp<V>>>(
      StoreSpec::Type::timestamped_window, std::move(name), std::move(keys), std::move(values), retention, window_size);
}

/// Values by key and session. `retention`: how far behind the largest end a session is kept at least.
template <class K, class V>
auto session_store(std::string name, std::chrono::milliseconds retention, Serde<K> keys = required_serde<K>(),
                   Serde<V> values = required_serde<V>()) {
  return store_builder<TypedSessionStore<K, V>>(StoreSpec::Type::session, std::move(name), std::move(keys),
                                                std::move(values), retention);
}

/// All versions of each key's value within `history`.
template <class K, class V>
auto versioned_store(std::string name, std::chrono::milliseconds history, Serde<K> keys = required_serde<K>(),
                     Serde<V> values = required_serde<V>()) {
  return store_builder<TypedVersionedStore<K, V>>(StoreSpec::Type::versioned, std::move(name), std::move(keys),
                                                  std::move(values), history);
}

}  // namespace cryptostream
