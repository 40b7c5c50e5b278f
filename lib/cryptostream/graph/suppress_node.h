// suppress: holds a table's updates back in a buffer until stream time, or a bound, lets them leave.
#pragma once

#include <cryptostream/data/windows.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/graph/table_store.h>
#include <cryptostream/graph/table_view.h>
#include <cryptostream/state/store_buffers.h>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace cryptostream {

/// How much may wait, and whether what does not fit is an error or lets the oldest leave.
struct SuppressBounds {
  std::uint64_t max_records = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  bool shut_down = false;
};

/// When updates of keys K may leave: `wait` behind their record's time, or behind their window's end; in the latter
/// case deletes never do, since nothing was given before.
template <class K>
struct SuppressTimes {
  std::chrono::milliseconds wait{0};
  bool by_window_end = false;

  Timestamp place(const K& key, Timestamp record) const {
    if constexpr (is_windowed_v<K>)
      if (by_window_end) return key.window.end;
    (void)key;
    return record;
  }
};

template <class K, class V>
class SuppressNode final : public Receiver<K, Change<V>> {
 public:
  SuppressNode(SuppressTimes<K> times, SuppressBounds bounds, std::string store, Serde<K> keys, Serde<V> values)
      : times_(times),
        bounds_(bounds),
        store_(std::move(store)),
        key_(std::move(keys)),
        now_(values),
        before_(std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY_ASSIGN(auto* store, context.store(store_));
    buffer_ = dynamic_cast<SuppressionBuffer*>(store);
    if (!buffer_) return fail(ErrorKind::internal, "store " + store_ + " is no buffer of suppress");
    return {};
  }

  Result<void> receive(const Record<K, Change<V>>& record) override {
    stream_time_ = std::max(stream_time_, record.timestamp.ms);
    OptionalBytesView now, before;
    if (record.value.now) now = now_(*record.value.now);
    if (record.value.before) before = before_(*record.value.before);
    CRYPTOSTREAM_TRY(buffer_->put(times_.place(record.key, record.timestamp), key_(record.key), now, before,
                                  this->context_->context_of(record.timestamp, record.headers)));
    CRYPTOSTREAM_TRY(evict_while(
        [this] { return buffer_->front_time().ms <= stream_time_ - times_.wait.count() && buffer_->records() > 0; }));
    if (!over_full()) return {};
    if (bounds_.shut_down)
      return fail(
          ErrorKind::failure,
          fmt::format("{}: more waits than its buffer may hold: {} records (at most {}), {} bytes (at most {}); give "
                      "it more room "
                      "(BufferConfig), or let the oldest leave early (emit_early_when_full)",
                      this->name(), buffer_->records(), bounds_.max_records, buffer_->bytes(), bounds_.max_bytes));
    return evict_while([this] { return over_full(); });
  }

 private:
  bool over_full() const { return buffer_->records() > bounds_.max_records || buffer_->bytes() > bounds_.max_bytes; }

  Result<void> evict_while(const std::function<bool()>& more) {
    return buffer_->evict_while(more, [this](const SuppressionBuffer::Buffered& entry) { return hand_on(entry); });
  }

  Result<void> hand_on(const SuppressionBuffer::Buffered& entry) {
    if (!entry.now && times_.by_window_end) return {};
    K key{};
    V now{}, before{};
    Change<V> change;
    CRYPTOSTREAM_TRY(key_.serde().decode(entry.key, key));
    if (entry.now) {
      CRYPTOSTREAM_TRY(now_.serde().decode(*entry.now, now));
      change.now = &now;
    }
    if (entry.before) {
      CRYPTOSTREAM_TRY(now_.serde().decode(*entry.before, before));
      change.before = &before;
    }
    const auto& context = entry.context;
    return this->context_->under_origin(context, entry.key, entry.now, [&] {
      return this->forward(Record<K, Change<V>>(key, change, context.timestamp, context.headers));
    });
  }

  SuppressTimes<K> times_;
  SuppressBounds bounds_;
  std::string store_;
  Encoder<K> key_;
  Encoder<V> now_, before_;
  SuppressionBuffer* buffer_ = nullptr;
  std::int64_t stream_time_ = -1;
};

/// Looks up what has left the buffer.
template <class K, class V>
class SuppressedReader final : public TableReader<K, V> {
 public:
  SuppressedReader(std::unique_ptr<TableReader<K, V>> parent, std::string store, Serde<K> keys, Serde<V> values)
      : parent_(std::move(parent)), store_(std::move(store)), key_(std::move(keys)), values_(std::move(values)) {}
  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto* store, context.store(store_));
    buffer_ = dynamic_cast<SuppressionBuffer*>(store);
    if (!buffer_) return fail(ErrorKind::internal, "store " + store_ + " is no buffer of suppress");
    return parent_->start(context);
  }
  Result<Found<V>> get(const K& key) override {
    auto prior = buffer_->prior_value(key_(key));
    if (!prior) return parent_->get(key);
    if (!*prior) return Found<V>{};
    CRYPTOSTREAM_TRY(values_.decode(**prior, slot_));
    return Found<V>{&slot_, {-1}};  // Kafka Streams does not know its time either
  }
  Result<Found<V>> get(const K& key, Timestamp) override { return get(key); }
  bool versioned() const override { return false; }

 private:
  std::unique_ptr<TableReader<K, V>> parent_;
  std::string store_;
  Encoder<K> key_;
  Serde<V> values_;
  V slot_{};
  SuppressionBuffer* buffer_ = nullptr;
};

}  // namespace cryptostream
