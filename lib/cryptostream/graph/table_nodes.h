// The operators of tables that have one table as input: source, filter, map_values, to_stream.
#pragma once

#include <cryptostream/graph/call.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/graph/stateless.h>
#include <cryptostream/graph/table_store.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// What a table's nodes look up when their task makes them: final once build() has run.
struct TableSettings {
  bool materialized = false;
  bool sends_old = false;
};

/// Takes records for updates of a table. KR, VR: the record's types, whose nulls are dropped (keys) or delete (values).
template <class KR, class VR>
class TableSourceNode final : public Receiver<KR, VR> {
 public:
  using K = strip_optional_t<KR>;
  using V = strip_optional_t<VR>;

  TableSourceNode(TableSettings settings, std::string store, Serde<K> keys, Serde<V> values)
      : settings_(settings), store_(std::move(store), std::move(keys), std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    if (!settings_.materialized) return {};
    CRYPTOSTREAM_TRY(store_.open(context));
    store_.on_flush(settings_.sends_old, [this](const Record<K, Change<V>>& record) { return this->forward(record); });
    return {};
  }

  Result<void> receive(const Record<KR, VR>& record) override {
    const K* key = address_of(record.key);
    if (!key) {
      this->context_->drop("its key is null");
      return {};
    }
    Change<V> change{address_of(record.value), nullptr, true};
    if (settings_.materialized) {
      CRYPTOSTREAM_TRY_ASSIGN(auto old, store_.get(*key));
      CRYPTOSTREAM_TRY_ASSIGN(auto outcome, store_.put(*key, change.now, record.timestamp,
                                                       this->context_->context_of(record.timestamp, record.headers)));
      if (store_.caches() || outcome == TableStore<K, V>::Outcome::expired) return {};
      if (settings_.sends_old) change.before = old.value;
      change.latest = outcome == TableStore<K, V>::Outcome::latest;
    }
    return this->forward(Record<K, Change<V>>(*key, change, record.timestamp, record.headers));
  }

 private:
  TableSettings settings_;
  TableStore<K, V> store_;
};

/// What a table's filter and map_values have in common: a store of their own or none, and old values where somebody
/// needs them. Derived gives the new table's value of an old table's one: `const U* compute(key, const V*, slot)`.
template <class K, class V, class U>
class TableDerivedNode : public Receiver<K, Change<V>> {
 public:
  TableDerivedNode(TableSettings settings, std::string store, Serde<K> keys, Serde<U> values)
      : settings_(settings), store_(std::move(store), std::move(keys), std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    if (!settings_.materialized) return {};
    CRYPTOSTREAM_TRY(store_.open(context));
    store_.on_flush(settings_.sends_old, [this](const Record<K, Change<U>>& record) { return this->forward(record); });
    return {};
  }

 protected:
  /// The old value that goes with a change: the store's, where there is one.
  template <class Compute>
  Result<const U*> old_value(const Record<K, Change<V>>& record, const Compute& compute) {
    if (!settings_.sends_old) return nullptr;
    if (!settings_.materialized) return record.value.before ? compute(*record.value.before) : nullptr;
    CRYPTOSTREAM_TRY_ASSIGN(auto found, store_.get(record.key));
    return found.value;
  }
  Result<void> hand_on(const Record<K, Change<V>>& record, const U* now, const U* before) {
    Change<U> out{now, before, record.value.latest};
    if (settings_.materialized) {
      CRYPTOSTREAM_TRY_ASSIGN(auto outcome, store_.put(record.key, now, record.timestamp,
                                                       this->context_->context_of(record.timestamp, record.headers)));
      if (store_.caches() || outcome == TableStore<K, U>::Outcome::expired) return {};
      out.latest = outcome == TableStore<K, U>::Outcome::latest;
    }
    return this->forward(Record<K, Change<U>>(record.key, out, record.timestamp, record.headers));
  }

  TableSettings settings_;

 private:
  TableStore<K, U> store_;
};

/// True if the new table keeps a value.
template <class K, class V>
using TablePredicate = std::function<bool(const K&, const V&)>;

template <class K, class V>
class TableFilterNode final : public TableDerivedNode<K, V, V> {
 public:
  /// `versioned`: below a versioned table, where a key that is in no version has to be said too.
  TableFilterNode(TableSettings settings, bool versioned, TablePredicate<K, V> keeps, std::string store, Serde<K> keys,
                  Serde<V> values)
      : TableDerivedNode<K, V, V>(settings, std::move(store), std::move(keys), std::move(values)),
        versioned_(versioned),
        keeps_(std::move(keeps)) {}

  Result<void> receive(const Record<K, Change<V>>& record) override {
    return this->guarded([&]() -> Result<void> {
      auto kept = [&](const V& value) { return keeps_(record.key, value) ? &value : nullptr; };
      const V* now = record.value.now ? kept(*record.value.now) : nullptr;
      CRYPTOSTREAM_TRY_ASSIGN(const V* before, this->old_value(record, kept));
      if (!versioned_ && this->settings_.sends_old && !now && !before) return {};
      return this->hand_on(record, now, before);
    });
  }

 private:
  bool versioned_;
  TablePredicate<K, V> keeps_;
};

/// A new value for each; nothing deletes.
template <class K, class V, class U>
using TableFunction = std::function<std::optional<U>(const K&, const V&)>;

template <class K, class V, class U>
class TableMapValuesNode final : public TableDerivedNode<K, V, U> {
 public:
  TableMapValuesNode(TableSettings settings, TableFunction<K, V, U> function, std::string store, Serde<K> keys,
                     Serde<U> values)
      : TableDerivedNode<K, V, U>(settings, std::move(store), std::move(keys), std::move(values)),
        function_(std::move(function)) {}

  Result<void> receive(const Record<K, Change<V>>& record) override {
    return this->guarded([&]() -> Result<void> {
      std::optional<U> now, before;
      if (record.value.now) now = function_(record.key, *record.value.now);
      CRYPTOSTREAM_TRY_ASSIGN(const U* old, this->old_value(record, [&](const V& value) -> const U* {
        before = function_(record.key, value);
        return before ? &*before : nullptr;
      }));
      return this->hand_on(record, now ? &*now : nullptr, old);
    });
  }

 private:
  TableFunction<K, V, U> function_;
};

/// Reads a table that is computed from another one.
template <class K, class V, class U>
class TableMapReader final : public TableReader<K, U> {
 public:
  TableMapReader(std::unique_ptr<TableReader<K, V>> parent, TableFunction<K, V, U> function)
      : parent_(std::move(parent)), function_(std::move(function)) {}
  Result<void> start(TaskContext& context) override { return parent_->start(context); }
  Result<Found<U>> get(const K& key) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto found, parent_->get(key));
    return mapped(key, found);
  }
  Result<Found<U>> get(const K& key, Timestamp as_of) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto found, parent_->get(key, as_of));
    return mapped(key, found);
  }
  bool versioned() const override { return parent_->versioned(); }

 private:
  Found<U> mapped(const K& key, const Found<V>& found) {
    slot_.reset();
    if (found.value) slot_ = function_(key, *found.value);
    return {slot_ ? &*slot_ : nullptr, found.timestamp};
  }
  std::unique_ptr<TableReader<K, V>> parent_;
  TableFunction<K, V, U> function_;
  std::optional<U> slot_;
};

/// to_stream. V2: V where the table never deletes, else std::optional<V>.
template <class K, class V, class V2>
class ToStreamNode final : public Receiver<K, Change<V>> {
 public:
  Result<void> receive(const Record<K, Change<V>>& record) override {
    if constexpr (is_optional_v<V2>) {
      if (record.value.now) {
        slot_ = *record.value.now;
      } else {
        slot_.reset();
      }
      return this->forward(Record<K, V2>(record.key, slot_, record.timestamp, record.headers));
    } else {
      if (!record.value.now) return {};
      return this->forward(Record<K, V2>(record.key, *record.value.now, record.timestamp, record.headers));
    }
  }

 private:
  std::optional<V> slot_;  // reused: children are done with it when forward returns
};

}  // namespace cryptostream
