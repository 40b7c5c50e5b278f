// Aggregations in windows that lie fixed in time: tumbling, hopping and unlimited ones; and what they share with
// sliding ones, emission on close among it.
#pragma once

#include <cryptostream/graph/aggregate_nodes.h>
#include <cryptostream/graph/emitted_until.h>
#include <cryptostream/graph/windowed_store.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// Everything that the node of a windowed aggregation needs. V: values as the aggregator sees them.
template <class K, class V, class A, class W>
struct WindowAggregationPlan {
  W windows;
  Emission emission = Emission::on_update;
  Aggregation<K, V, A> aggregation{};
  std::string store;
  Serde<K> keys;
  Serde<A> values;
};

/// V: values as the aggregator sees them.
template <class KR, class VR, class V, class A, class W>
class WindowAggregateBase : public Receiver<KR, VR> {
 public:
  using K = strip_optional_t<KR>;
  using Plan = WindowAggregationPlan<K, V, A, W>;

  WindowAggregateBase(TableSettings settings, Plan plan, std::chrono::milliseconds size)
      : sends_old_(settings.sends_old),
        windows_(plan.windows),
        emission_(plan.emission),
        aggregation_(std::move(plan.aggregation)),
        size_(size),
        emitted_until_(plan.store),
        store_(std::move(plan.store), std::move(plan.keys), std::move(plan.values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY(store_.open(context));
    if (emission_ == Emission::on_update)
      store_.on_flush(sends_old_,
                      [this](const Record<Windowed<K>, Change<A>>& record) { return this->forward(record); });
    return {};
  }

 protected:
  /// Applies the aggregator to `aggregate`, keeps it as of `time` and hands it on.
  Result<void> update(const Record<K, V>& record, Timestamp start, std::optional<A>& aggregate, Timestamp time) {
    if (sends_old_) old_ = aggregate;
    aggregation_.add(record, aggregate);
    return keep(record, start, aggregate, sends_old_ && old_ ? &*old_ : nullptr, time);
  }

  Result<void> keep(const Record<K, V>& record, Timestamp start, const std::optional<A>& aggregate, const A* old,
                    Timestamp time) {
    CRYPTOSTREAM_TRY(store_.bytes().put(key_bytes_, store_.encode(aggregate), time, start,
                                        this->context_->context_of(record.timestamp, record.headers)));
    if (emission_ == Emission::on_close || store_.caches()) return {};
    key_.key = record.key;
    key_.window = {start, window_end(start, size_)};
    return this->forward(
        Record<Windowed<K>, Change<A>>(key_, {aggregate ? &*aggregate : nullptr, old, true}, time, record.headers));
  }

  /// Hands on the windows with start in [from, to], by time, then key.
  Result<void> emit(const Record<K, V>& record, Timestamp from, Timestamp to) {
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, store_.bytes().fetch_all(from, to));
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) return {};
      CRYPTOSTREAM_TRY(store_.decode_key(entry->key, key_.key));
      CRYPTOSTREAM_TRY(store_.decode(entry->value, emitted_));
      key_.window = {entry->start, window_end(entry->start, size_)};
      auto time = entry->timestamp;
      CRYPTOSTREAM_TRY(
          this->forward(Record<Windowed<K>, Change<A>>(key_, {&*emitted_, nullptr, true}, time, record.headers)));
    }
  }

  /// Lets the operator's stream time reach the record's; gives the time at or before whose end windows are closed.
  std::int64_t close_time(Timestamp time) {
    stream_time_ = std::max(stream_time_, time.ms);
    if constexpr (std::is_same_v<W, UnlimitedWindows>) {
      return stream_time_;
    } else {
      return stream_time_ - windows_.grace().count();
    }
  }

  const bool sends_old_;
  const W windows_;
  const Emission emission_;
  const Aggregation<K, V, A> aggregation_;
  const std::chrono::milliseconds size_;
  EmittedUntil emitted_until_;
  WindowedStore<WindowStore, K, A> store_;
  std::string key_bytes_;  // of the record in hand
  std::int64_t stream_time_ = -1;

 private:
  Windowed<K> key_;
  std::optional<A> old_, emitted_;  // used again from record to record
};

/// TimeWindows and UnlimitedWindows. Null values reach the aggregator where VR has them.
template <class KR, class VR, class A, class W>
class TimeWindowAggregateNode final : public WindowAggregateBase<KR, VR, VR, A, W> {
 public:
  using Base = WindowAggregateBase<KR, VR, VR, A, W>;
  using Base::Base;
  using typename Base::K;

  Result<void> receive(const Record<KR, VR>& record) override {
    const K* key = address_of(record.key);
    if (!key) {
      this->context_->drop("its key is null");
      return {};
    }
    Record<K, VR> present(*key, record.value, record.timestamp, record.headers);
    return this->guarded([&]() -> Result<void> {
      auto close = this->close_time(record.timestamp);
      // Before the record moves the store's time, which may expire what has just closed.
      if (this->emission_ == Emission::on_close) CRYPTOSTREAM_TRY(emit_closed(present, close));
      this->key_bytes_.assign(this->store_.encode_key(*key));
      for (auto start = first_start(record.timestamp); start <= record.timestamp.ms; start += step()) {
        if (window_end({start}, this->size_).ms > close) {
          CRYPTOSTREAM_TRY(add(present, {start}));
        } else {
          this->context_->drop("its window has closed");
        }
        if constexpr (std::is_same_v<W, UnlimitedWindows>) break;
      }
      return {};
    });
  }

 private:
  std::int64_t first_start(Timestamp time) const {
    if constexpr (std::is_same_v<W, UnlimitedWindows>) {
      return this->windows_.start().ms;
    } else {
      return this->windows_.first_start(time);
    }
  }
  std::int64_t step() const {
    if constexpr (std::is_same_v<W, UnlimitedWindows>) {
      return 1;
    } else {
      return this->windows_.advance().count();
    }
  }

  Result<void> add(const Record<K, VR>& record, Timestamp start) {
    CRYPTOSTREAM_TRY_ASSIGN(auto found, this->store_.bytes().fetch(this->key_bytes_, start));
    auto time = record.timestamp;
    if (found) {
      time = std::max(time, found->timestamp);
      CRYPTOSTREAM_TRY(this->store_.decode(found->value, aggregate_));
    } else {
      this->aggregation_.start(aggregate_);
    }
    return this->update(record, start, aggregate_, time);
  }

  Result<void> emit_closed(const Record<K, VR>& record, std::int64_t close) {
    auto until = this->emitted_until_.get(*this->context_);
    if (until >= close && until != -1) return {};
    auto last = close - this->size_.count();
    if (last < 0) return {};
    auto first = until == -1 ? 0 : std::max<std::int64_t>(0, until - this->size_.count()) + 1;
    // Nothing begins in between.
    if (until != -1 && last / step() == (first - 1) / step()) return {};
    CRYPTOSTREAM_TRY(this->emit(record, {first}, {last}));
    this->emitted_until_.set(*this->context_, close);
    return {};
  }

  std::optional<A> aggregate_;
};

}  // namespace cryptostream
