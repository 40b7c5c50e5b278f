// Stream-stream joins as nodes: each side keeps its records in a window store and looks into the other side's.
#pragma once

#include <cryptostream/data/serde.h>
#include <cryptostream/graph/fitted.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/graph/table_store.h>
#include <cryptostream/graph/unmatched_records.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// The types of one join. `KO`: of the key in results; `L`, `R`: what the joiner takes, optional where it may be
/// absent.
template <class KO, class L, class R, class O, bool left_outer, bool right_outer>
struct StreamJoinTypes {
  using OutKey = KO;
  using Key = strip_optional_t<KO>;
  using Left = L;
  using Right = R;
  using Out = O;
  using Joiner = std::function<O(const KO&, const L&, const R&)>;
  static constexpr bool left_waits = left_outer;
  static constexpr bool right_waits = right_outer;
};

/// What all nodes of one join know.
template <class J>
struct StreamJoinPlan {
  JoinBounds bounds;
  std::string left_store{};
  std::string right_store{};
  std::string unmatched_store{};
  Serde<typename J::Key> keys;
  Serde<strip_optional_t<typename J::Left>> lefts;
  Serde<strip_optional_t<typename J::Right>> rights;
  typename J::Joiner joiner;
};

/// The window store that a node is connected to.
Result<WindowStore*> find_window_store(TaskContext& context, const std::string& name);

/// Keeps the records of one side, each after it was handed on: in a join of a stream with itself a record does not meet
/// itself twice.
template <class K, class V>
class WindowSideNode final : public Receiver<K, V> {
 public:
  WindowSideNode(std::string store, Serde<strip_optional_t<K>> keys, Serde<strip_optional_t<V>> values)
      : store_name_(std::move(store)), key_(std::move(keys)), value_(std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY_ASSIGN(store_, find_window_store(context, store_name_));
    return {};
  }

  Result<void> receive(const Record<K, V>& record) override {
    CRYPTOSTREAM_TRY(this->forward(record));
    if (!present(record.key)) return {};
    OptionalBytesView value;
    if (present(record.value)) value = value_(unwrap(record.value));
    auto context = this->context_->context_of(record.timestamp, record.headers);
    auto put = store_->put(key_(unwrap(record.key)), value, record.timestamp, record.timestamp, context);
    if (!put) return tl::unexpected(std::move(put).error());
    return {};
  }

 private:
  std::string store_name_;
  Encoder<strip_optional_t<K>> key_;
  Encoder<strip_optional_t<V>> value_;
  WindowStore* store_ = nullptr;
};

/// Where both sides' results meet. It also holds what the two share within a task.
template <class K, class V>
class JoinMergeNode final : public Receiver<K, V> {
 public:
  Result<void> receive(const Record<K, V>& record) override { return this->forward(record); }
  UnmatchedRecords& unmatched() { return unmatched_; }

 private:
  UnmatchedRecords unmatched_;
};

/// Looks for the partners of one side's records.
template <class J, bool is_left, class K, class V>
class JoinSideNode final : public Receiver<K, V> {
  using Key = typename J::Key;
  using OutKey = typename J::OutKey;
  using Out = typename J::Out;
  using This = std::conditional_t<is_left, typename J::Left, typename J::Right>;
  using Other = std::conditional_t<is_left, typename J::Right, typename J::Left>;
  static constexpr bool waits = is_left ? J::left_waits : J::right_waits;
  static constexpr bool keeps_unmatched = J::left_waits || J::right_waits;
  static constexpr auto side = is_left ? UnmatchedRecords::Side::left : UnmatchedRecords::Side::right;
  static constexpr auto other_side = is_left ? UnmatchedRecords::Side::right : UnmatchedRecords::Side::left;

 public:
  explicit JoinSideNode(std::shared_ptr<const StreamJoinPlan<J>> plan)
      : plan_(std::move(plan)), joiner_(plan_->joiner), key_(plan_->keys), value_(values<is_left>()) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY_ASSIGN(other_store_, find_window_store(context, is_left ? plan_->right_store : plan_->left_store));
    if constexpr (keeps_unmatched) {
      unmatched_ = &static_cast<JoinMergeNode<OutKey, Out>*>(this->children_.front())->unmatched();
      CRYPTOSTREAM_TRY(unmatched_->open(context, plan_->unmatched_store, plan_->bounds));
    }
    return {};
  }

  Result<void> receive(const Record<K, V>& record) override {
    if constexpr (keeps_unmatched) unmatched_->advance(record.timestamp);
    return this->guarded([&]() -> Result<void> {
      if constexpr (waits && is_optional_v<K>)
        if (!record.key && present(record.value)) return give_alone(record);
      if (!present(record.key) || !present(record.value)) {
        this->context_->drop("its key or value is null, which no join takes");
        return {};
      }
      return join(record);
    });
  }

 private:
  template <bool left>
  const auto& values() const {
    if constexpr (left) {
      return plan_->lefts;
    } else {
      return plan_->rights;
    }
  }

  Out joined(const OutKey& key, const This& mine, const Other& other) const {
    if constexpr (is_left) {
      return joiner_(key, mine, other);
    } else {
      return joiner_(key, other, mine);
    }
  }

  /// Only where this side waits: else Other cannot be absent.
  Result<void> give_alone(const Record<K, V>& record) {
    const OutKey& key = out_key_(record.key);
    Out out = joined(key, this_(record.value), Other());
    return this->forward(Record<OutKey, Out>(key, out, record.timestamp, record.headers));
  }

  Result<void> join(const Record<K, V>& record) {
    auto context = this->context_->context_of(record.timestamp, record.headers);
    if constexpr (keeps_unmatched)
      if (record.timestamp == unmatched_->stream_time())
        CRYPTOSTREAM_TRY(unmatched_->give_up(side, context, [&](auto time, auto of, auto key, auto value) {
          return give_unmatched(record.headers, time, of, key, value);
        }));

    const auto& bounds = plan_->bounds;
    auto from = record.timestamp - (is_left ? bounds.before : bounds.after);
    auto to = record.timestamp + (is_left ? bounds.after : bounds.before);
    from = std::max(from, Timestamp{0});
    to = std::max(to, Timestamp{0});
    auto key_bytes = key_(unwrap(record.key));
    bool found = false;
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, other_store_->fetch(key_bytes, from, to));
    while (true) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) break;
      found = true;
      auto time = entry->start;
      CRYPTOSTREAM_TRY(decode_other(entry->value));
      if constexpr (keeps_unmatched) CRYPTOSTREAM_TRY(unmatched_->remove(other_side, time, key_bytes, context));
      const OutKey& key = out_key_(record.key);
      Out out = joined(key, this_(record.value), other_);
      CRYPTOSTREAM_TRY(this->forward(Record<OutKey, Out>(key, out, std::max(record.timestamp, time), record.headers)));
    }
    if constexpr (waits) {
      if (found) return {};
      if (to < unmatched_->stream_time()) return give_alone(record);
      return unmatched_->add(side, record.timestamp, key_bytes, value_(unwrap(record.value)), context);
    } else {
      return {};
    }
  }

  Result<void> decode_other(BytesView bytes) {
    if constexpr (is_optional_v<Other>) {
      if (!other_) other_.emplace();
      return values<!is_left>().decode(bytes, *other_);
    } else {
      return values<!is_left>().decode(bytes, other_);
    }
  }

  Result<void> give_unmatched(HeadersView headers, Timestamp time, UnmatchedRecords::Side of, BytesView key_bytes,
                              BytesView value_bytes) {
    Key bare{};
    CRYPTOSTREAM_TRY(plan_->keys.decode(key_bytes, bare));
    OutKey key(std::move(bare));
    if constexpr (J::left_waits)
      if (of == UnmatchedRecords::Side::left) {
        CRYPTOSTREAM_TRY_ASSIGN(auto left, decoded<typename J::Left>(plan_->lefts, value_bytes));
        Out out = joiner_(key, left, typename J::Right());
        return this->forward(Record<OutKey, Out>(key, out, time, headers));
      }
    if constexpr (J::right_waits)
      if (of == UnmatchedRecords::Side::right) {
        CRYPTOSTREAM_TRY_ASSIGN(auto right, decoded<typename J::Right>(plan_->rights, value_bytes));
        Out out = joiner_(key, typename J::Left(), right);
        return this->forward(Record<OutKey, Out>(key, out, time, headers));
      }
    return {};
  }
  template <class T>
  static Result<T> decoded(const Serde<strip_optional_t<T>>& serde, BytesView bytes) {
    strip_optional_t<T> value{};
    CRYPTOSTREAM_TRY(serde.decode(bytes, value));
    return T(std::move(value));
  }

  std::shared_ptr<const StreamJoinPlan<J>> plan_;
  typename J::Joiner joiner_;
  Encoder<Key> key_;
  Encoder<strip_optional_t<This>> value_;
  Fitted<OutKey, K> out_key_;
  Fitted<This, V> this_;
  Other other_{};
  WindowStore* other_store_ = nullptr;
  UnmatchedRecords* unmatched_ = nullptr;
};

/// A stream joined with itself over a single store, in the order in which two would give the results.
template <class J, class K, class V>
class SelfJoinNode final : public Receiver<K, V> {
  using OutKey = typename J::OutKey;
  using Out = typename J::Out;

 public:
  explicit SelfJoinNode(std::shared_ptr<const StreamJoinPlan<J>> plan)
      : plan_(std::move(plan)), joiner_(plan_->joiner), key_(plan_->keys) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY_ASSIGN(store_, find_window_store(context, plan_->left_store));
    return {};
  }

  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      if (!present(record.key) || !present(record.value)) {
        this->context_->drop("its key or value is null, which no join takes");
        return {};
      }
      return join(record);
    });
  }

 private:
  Result<void> join(const Record<K, V>& record) {
    const auto& bounds = plan_->bounds;
    auto time = record.timestamp;
    stream_time_ = std::max(stream_time_, time);
    bool with_itself =
        time > stream_time_ - (bounds.before + bounds.after + bounds.grace) + std::chrono::milliseconds(1);
    auto key_bytes = key_(unwrap(record.key));

    CRYPTOSTREAM_TRY(partners(key_bytes, time - bounds.before, time + bounds.after, [&](Timestamp other_time) {
      return give(record, left_(record.value), right_slot_(other_), std::max(time, other_time));
    }));
    auto as_right = [&](Timestamp other_time) -> Result<void> {
      if (time < other_time && std::exchange(with_itself, false))
        CRYPTOSTREAM_TRY(give(record, left_(record.value), right_(record.value), time));
      return give(record, left_slot_(other_), right_(record.value), std::max(time, other_time));
    };
    CRYPTOSTREAM_TRY(partners(key_bytes, time - bounds.after, time + bounds.before, as_right));
    if (!with_itself) return {};
    return give(record, left_(record.value), right_(record.value), time);
  }

  Result<void> give(const Record<K, V>& record, const typename J::Left& left, const typename J::Right& right,
                    Timestamp time) {
    const OutKey& key = out_key_(record.key);
    Out out = joiner_(key, left, right);
    return this->forward(Record<OutKey, Out>(key, out, time, record.headers));
  }

  template <class Visit>
  Result<void> partners(BytesView key, Timestamp from, Timestamp to, const Visit& visit) {
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, store_->fetch(key, std::max(from, Timestamp{0}), std::max(to, Timestamp{0})));
    while (true) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) return {};
      auto time = entry->start;
      CRYPTOSTREAM_TRY(plan_->lefts.decode(entry->value, other_));
      CRYPTOSTREAM_TRY(visit(time));
    }
  }

  using Value = strip_optional_t<V>;
  std::shared_ptr<const StreamJoinPlan<J>> plan_;
  typename J::Joiner joiner_;
  Encoder<typename J::Key> key_;
  Fitted<OutKey, K> out_key_;
  Fitted<typename J::Left, V> left_;
  Fitted<typename J::Right, V> right_;
  Fitted<typename J::Left, Value> left_slot_;
  Fitted<typename J::Right, Value> right_slot_;
  Value other_{};
  Timestamp stream_time_{-1};
  WindowStore* store_ = nullptr;
};

}  // namespace cryptostream
