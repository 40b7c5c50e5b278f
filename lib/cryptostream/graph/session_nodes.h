// Aggregations in sessions: a record joins the sessions of its key that lie within the gap, and merges them.
#pragma once

#include <cryptostream/graph/window_aggregate_nodes.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace cryptostream {

/// Null values reach the aggregator where VR has them. Updates carry no headers, as in Kafka Streams.
template <class KR, class VR, class A>
class SessionAggregateNode final : public Receiver<KR, VR> {
 public:
  using K = strip_optional_t<KR>;
  using Plan = WindowAggregationPlan<K, VR, A, SessionWindows>;

  SessionAggregateNode(TableSettings settings, Plan plan)
      : sends_old_(settings.sends_old),
        windows_(plan.windows),
        emission_(plan.emission),
        aggregation_(std::move(plan.aggregation)),
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

  Result<void> receive(const Record<KR, VR>& record) override {
    const K* key = address_of(record.key);
    if (!key) {
      this->context_->drop("its key is null");
      return {};
    }
    Record<K, VR> present(*key, record.value, record.timestamp, record.headers);
    return this->guarded([&]() -> Result<void> {
      stream_time_ = std::max(stream_time_, record.timestamp.ms);
      auto close = stream_time_ - windows_.grace().count() - windows_.gap().count();
      // Before the record moves the store's time, which may expire what has just closed.
      if (emission_ == Emission::on_close) CRYPTOSTREAM_TRY(emit_closed(present, close));
      return add(present, close);
    });
  }

 private:
  struct Session {
    Window window{};
    std::optional<A> aggregate;
  };

  Result<void> add(const Record<K, VR>& record, std::int64_t close) {
    key_.key = record.key;
    key_bytes_.assign(store_.encode_key(record.key));
    Window alone{record.timestamp, record.timestamp};
    CRYPTOSTREAM_TRY(load(record.timestamp));
    auto merged = alone;
    aggregation_.start(aggregate_);
    for (std::size_t i = 0; i < found_; ++i) {
      const auto& session = sessions_[i];
      aggregation_.merge(record.key, aggregate_, session.aggregate);
      merged.start = std::min(merged.start, session.window.start);
      merged.end = std::max(merged.end, session.window.end);
    }
    if (merged.end.ms < close) {
      this->context_->drop("its session has closed");
      return {};
    }
    if (merged != alone) {
      for (std::size_t i = 0; i < found_; ++i) {
        const A* old = sends_old_ ? &*sessions_[i].aggregate : nullptr;
        CRYPTOSTREAM_TRY(put(record, sessions_[i].window, no_value_, old));
      }
    }
    aggregation_.add(record, aggregate_);
    return put(record, merged, aggregate_, nullptr);
  }

  Result<void> load(Timestamp time) {
    found_ = 0;
    auto gap = windows_.gap().count();
    auto latest = time.ms > INT64_MAX - gap ? INT64_MAX : time.ms + gap;
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, store_.bytes().find(key_bytes_, {time.ms - gap}, {latest}));
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) return {};
      if (found_ == sessions_.size()) sessions_.emplace_back();
      auto& session = sessions_[found_++];
      session.window = {entry->start, entry->end};
      CRYPTOSTREAM_TRY(store_.decode(entry->value, session.aggregate));
    }
  }

  Result<void> put(const Record<K, VR>& record, const Window& window, const std::optional<A>& now, const A* old) {
    CRYPTOSTREAM_TRY(store_.bytes().put(key_bytes_, window.start, window.end, store_.encode(now),
                                        this->context_->context_of(record.timestamp, record.headers)));
    if (emission_ == Emission::on_close || store_.caches()) return {};
    key_.window = window;
    return this->forward(Record<Windowed<K>, Change<A>>(key_, {now ? &*now : nullptr, old, true}, window.end, {}));
  }

  Result<void> emit_closed(const Record<K, VR>& record, std::int64_t close) {
    auto until = emitted_until_.get(*this->context_);
    if (until >= close && until != -1) return {};
    auto first = std::max<std::int64_t>(0, until);
    if (close - 1 < first) return {};
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, store_.bytes().find_all({first}, {close - 1}));
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) break;
      CRYPTOSTREAM_TRY(store_.decode_key(entry->key, key_.key));
      CRYPTOSTREAM_TRY(store_.decode(entry->value, emitted_));
      key_.window = {entry->start, entry->end};
      auto time = entry->end;
      CRYPTOSTREAM_TRY(
          this->forward(Record<Windowed<K>, Change<A>>(key_, {&*emitted_, nullptr, true}, time, record.headers)));
    }
    emitted_until_.set(*this->context_, close);
    return {};
  }

  const bool sends_old_;
  const SessionWindows windows_;
  const Emission emission_;
  const Aggregation<K, VR, A> aggregation_;
  EmittedUntil emitted_until_;
  WindowedStore<SessionStore, K, A> store_;
  std::string key_bytes_;
  Windowed<K> key_;
  std::int64_t stream_time_ = -1;
  std::vector<Session> sessions_;  // used again: only the first found_ count
  std::size_t found_ = 0;
  std::optional<A> aggregate_, emitted_;
  const std::optional<A> no_value_{};
};

}  // namespace cryptostream
