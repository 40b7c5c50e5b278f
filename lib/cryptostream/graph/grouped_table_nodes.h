// Tables grouped by another key: what goes through the repartition topic, and the aggregations behind it.
#pragma once

#include <cryptostream/graph/aggregate_nodes.h>
#include <cryptostream/graph/held_change.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/graph/table_nodes.h>
#include <cryptostream/graph/table_store.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// The new key and value of a table's one. Absent keys or values are left out.
template <class K, class V, class K2, class V2>
using TableSelector = std::function<KeyValue<std::optional<K2>, std::optional<V2>>(const K&, const V&)>;

/// group_by: old and new value go where their keys say, the old one first; together, if that is the same.
template <class K, class V, class K2, class V2>
class TableSelectNode final : public Receiver<K, Change<V>> {
 public:
  /// `versioned`: the table is; updates older than the latest version are not told.
  TableSelectNode(bool versioned, TableSelector<K, V, K2, V2> select)
      : versioned_(versioned), select_(std::move(select)) {}

  Result<void> receive(const Record<K, Change<V>>& record) override {
    const auto& change = record.value;
    if (versioned_ && !change.latest) return {};
    return this->guarded([&]() -> Result<void> {
      KeyValue<std::optional<K2>, std::optional<V2>> now, before;
      if (change.now) now = select_(record.key, *change.now);
      if (change.before) before = select_(record.key, *change.before);
      bool has_now = now.key && now.value;
      bool has_before = before.key && before.value;
      HeldChange<V2> held;
      if (has_before) held.before = std::move(before.value);
      if (has_now && has_before && *now.key == *before.key) {
        held.now = std::move(now.value);
        return hand_on(*now.key, held, record);
      }
      if (has_before) CRYPTOSTREAM_TRY(hand_on(*before.key, held, record));
      if (!has_now) return {};
      held.before.reset();
      held.now = std::move(now.value);
      return hand_on(*now.key, held, record);
    });
  }

 private:
  Result<void> hand_on(const K2& key, const HeldChange<V2>& change, const Record<K, Change<V>>& record) const {
    return this->forward(Record<K2, HeldChange<V2>>(key, change, record.timestamp, record.headers));
  }

  bool versioned_;
  TableSelector<K, V, K2, V2> select_;
};

/// aggregate, count and reduce of a grouped table: takes the old value away, then adds the new one.
template <class K, class V, class A>
class GroupedTableNode final : public Receiver<K, HeldChange<V>> {
 public:
  struct Functions {
    std::function<std::optional<A>()> initialize;  ///< for the first value, and the first after a delete
    AggregateFunction<K, V, A> add;
    AggregateFunction<K, V, A> subtract;
  };

  GroupedTableNode(TableSettings settings, Functions functions, std::string store, Serde<K> keys, Serde<A> values)
      : settings_(settings),
        functions_(std::move(functions)),
        store_(std::move(store), std::move(keys), std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY(store_.open(context));
    store_.on_flush(settings_.sends_old, [this](const Record<K, Change<A>>& record) { return this->forward(record); });
    return {};
  }

  Result<void> receive(const Record<K, HeldChange<V>>& record) override {
    return this->guarded([&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto old, store_.get(record.key));
      const auto& change = record.value;
      aggregate_.reset();
      auto time = record.timestamp;
      if (old.value) {
        aggregate_ = *old.value;
        time = std::max(time, old.timestamp);
        if (change.before) functions_.subtract(part(record, *change.before), aggregate_);
      }
      if (change.now) {
        if (!aggregate_) aggregate_ = functions_.initialize();
        functions_.add(part(record, *change.now), aggregate_);
      }
      Change<A> out{aggregate_ ? &*aggregate_ : nullptr, settings_.sends_old ? old.value : nullptr, true};
      CRYPTOSTREAM_TRY_ASSIGN(auto outcome, store_.put(record.key, out.now, time,
                                                       this->context_->context_of(record.timestamp, record.headers)));
      if (store_.caches() || outcome == TableStore<K, A>::Outcome::expired) return {};
      out.latest = outcome == TableStore<K, A>::Outcome::latest;
      return this->forward(Record<K, Change<A>>(record.key, out, time, record.headers));
    });
  }

 private:
  static Record<K, V> part(const Record<K, HeldChange<V>>& record, const V& value) {
    return Record<K, V>(record.key, value, record.timestamp, record.headers);
  }

  TableSettings settings_;
  Functions functions_;
  TableStore<K, A> store_;
  std::optional<A> aggregate_;  // used again from record to record
};

}  // namespace cryptostream
