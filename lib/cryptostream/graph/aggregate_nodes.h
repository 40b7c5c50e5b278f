// Aggregations of a stream by key: the user's functions, boxed once, and the node of those without windows.
#pragma once

#include <cryptostream/graph/table_nodes.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// What an aggregation does with one record: changes `aggregate`, which is absent when it has none yet (or no more).
template <class K, class V, class A>
using AggregateFunction = std::function<void(const Record<K, V>& record, std::optional<A>& aggregate)>;

/// The functions of an aggregation. The initializer's value is what downstream sees as the first old one; a reduction
/// has no initializer. `merge` adds one session to another.
template <class K, class V, class A>
struct Aggregation {
  std::function<std::optional<A>()> initialize{};
  AggregateFunction<K, V, A> add{};
  std::function<void(const K& key, std::optional<A>& into, const std::optional<A>& other)> merge{};

  void start(std::optional<A>& aggregate) const {
    if (initialize) {
      aggregate = initialize();
    } else {
      aggregate.reset();
    }
  }
};

/// aggregate, count and reduce. KR, VR: the record's types, whose nulls are left out and counted.
template <class KR, class VR, class A>
class AggregateNode final : public Receiver<KR, VR> {
 public:
  using K = strip_optional_t<KR>;
  using V = strip_optional_t<VR>;

  AggregateNode(TableSettings settings, Aggregation<K, V, A> aggregation, std::string store, Serde<K> keys,
                Serde<A> values)
      : settings_(settings),
        aggregation_(std::move(aggregation)),
        store_(std::move(store), std::move(keys), std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY(store_.open(context));
    store_.on_flush(settings_.sends_old, [this](const Record<K, Change<A>>& record) { return this->forward(record); });
    return {};
  }

  Result<void> receive(const Record<KR, VR>& record) override {
    const K* key = address_of(record.key);
    const V* value = address_of(record.value);
    if (!key || !value) {
      this->context_->drop("its key or value is null");
      return {};
    }
    return this->guarded([&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto found, store_.get(*key));
      auto time = record.timestamp;
      if (found.value) {
        now_ = *found.value;
        time = std::max(time, found.timestamp);
      } else {
        aggregation_.start(now_);
      }
      if (settings_.sends_old) old_ = now_;
      aggregation_.add(Record<K, V>(*key, *value, record.timestamp, record.headers), now_);
      Change<A> change{now_ ? &*now_ : nullptr, settings_.sends_old && old_ ? &*old_ : nullptr, true};
      CRYPTOSTREAM_TRY_ASSIGN(auto outcome, store_.put(*key, change.now, time,
                                                       this->context_->context_of(record.timestamp, record.headers)));
      if (store_.caches() || outcome == TableStore<K, A>::Outcome::expired) return {};
      change.latest = outcome == TableStore<K, A>::Outcome::latest;
      return this->forward(Record<K, Change<A>>(*key, change, time, record.headers));
    });
  }

 private:
  TableSettings settings_;
  Aggregation<K, V, A> aggregation_;
  TableStore<K, A> store_;
  std::optional<A> old_, now_;  // used again from record to record
};

}  // namespace cryptostream
