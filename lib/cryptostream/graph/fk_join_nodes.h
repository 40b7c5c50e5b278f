// The typed nodes of a join of two tables by foreign key. The left table's side sends subscriptions and resolves
// responses; the right table's side responds to subscriptions and to its own updates (graph/fk_messages.h).
#pragma once

#include <cryptostream/graph/fk_topic_nodes.h>
#include <cryptostream/graph/table_join_nodes.h>
#include <cryptostream/graph/table_store.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// The foreign key of a value; nothing: it has none. May throw.
template <class K, class L, class KO>
using FkSelector = std::function<std::optional<KO>(const K&, const L&)>;

/// Takes the left table's updates, and tells the right side of the foreign keys in them.
template <class K, class L, class KO>
class FkSendNode final : public Receiver<K, Change<L>> {
 public:
  /// `versioned`: the left table is; updates older than the latest version are left out.
  FkSendNode(bool left_join, bool versioned, FkSelector<K, L, KO> select, Serde<K> keys, Serde<L> values,
             const Serde<KO>& foreign_keys)
      : left_join_(left_join),
        versioned_(versioned),
        select_(std::move(select)),
        keys_(std::move(keys)),
        value_(std::move(values)),
        before_(foreign_keys),
        now_(foreign_keys) {}

  Result<void> receive(const Record<K, Change<L>>& record) override {
    const auto& change = record.value;
    if (versioned_ && !change.latest) {
      this->context_->drop("it is older than its key's latest version, and joins of tables take the latest only");
      return {};
    }
    return this->guarded([&]() -> Result<void> {
      auto before = foreign_key(record.key, change.before, before_);
      auto now = foreign_key(record.key, change.now, now_);
      auto orders = fk_orders(left_join_, change.before != nullptr, before, change.now != nullptr, now);
      if (orders.lacks_key) this->context_->drop("it has no foreign key");
      if (orders.count == 0) return {};
      message_.hash.reset();
      if (change.now) message_.hash = murmur3_128(value_(*change.now));
      message_.primary_key.clear();
      keys_.encode(record.key, message_.primary_key);
      message_.partition = this->context_->partition();
      for (const auto& order : orders) {
        message_.instruction = order.instruction;
        CRYPTOSTREAM_TRY(this->forward(
            Record<OptionalBytesView, FkSubscription>(order.foreign_key, message_, record.timestamp, record.headers)));
      }
      return {};
    });
  }

 private:
  OptionalBytesView foreign_key(const K& key, const L* value, Encoder<KO>& encode) const {
    if (!value) return {};
    auto selected = select_(key, *value);
    if (!selected) return {};
    return encode(*selected);
  }

  bool left_join_;
  bool versioned_;
  FkSelector<K, L, KO> select_;
  Serde<K> keys_;
  Encoder<L> value_;
  Encoder<KO> before_, now_;
  FkSubscription message_;
};

/// Responds to subscriptions with the right table's value.
template <class KO, class R>
class FkRespondNode final : public Receiver<OptionalBytes, FkSubscription> {
 public:
  FkRespondNode(std::unique_ptr<TableReader<KO, R>> table, Serde<KO> keys, Serde<R> values)
      : table_(std::move(table)), keys_(std::move(keys)), value_(std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    return table_->start(context);
  }

  Result<void> receive(const Record<OptionalBytes, FkSubscription>& record) override {
    const auto& subscription = record.value;
    if (subscription.instruction == FkInstruction::remove) return {};
    Found<R> found;
    if (record.key) {
      if (auto decoded = keys_.decode(*record.key, key_); !decoded)
        return this->refuse(Place::decode, "foreign key " + decoded.error().message());
      CRYPTOSTREAM_TRY_ASSIGN(found, table_->get(key_));
    }
    if (!found.value && subscription.instruction == FkInstruction::respond_present) return {};
    auto time = found.value ? std::max(record.timestamp, found.timestamp) : record.timestamp;
    FkResponse response{subscription.hash, {}, subscription.partition};
    if (found.value && subscription.instruction != FkInstruction::remove_respond) response.value = value_(*found.value);
    BytesView primary_key = subscription.primary_key;
    return this->forward(Record<BytesView, FkResponse>(primary_key, response, time, record.headers));
  }

 private:
  std::unique_ptr<TableReader<KO, R>> table_;
  Serde<KO> keys_;
  Encoder<R> value_;
  KO key_{};
};

/// Takes the right table's updates, and responds with them to all who subscribed to the key.
template <class KO, class R>
class FkUpdateNode final : public Receiver<KO, Change<R>> {
 public:
  /// `versioned`: the right table is; updates older than the latest version are left out.
  FkUpdateNode(bool versioned, std::string store, Serde<KO> keys, Serde<R> values)
      : versioned_(versioned), store_name_(std::move(store)), key_(std::move(keys)), value_(std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    CRYPTOSTREAM_TRY_ASSIGN(store_, fk_subscription_store(context, store_name_));
    return {};
  }

  Result<void> receive(const Record<KO, Change<R>>& record) override {
    const auto& change = record.value;
    if (versioned_ && !change.latest) {
      this->context_->drop("it is older than its key's latest version, and joins of tables take the latest only");
      return {};
    }
    prefix_.clear();
    append_subscription_key(key_(record.key), {}, prefix_);
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, store_->prefix(prefix_));
    OptionalBytesView value;
    if (change.now) value = value_(*change.now);
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(const auto* entry, cursor->next());
      if (!entry) return {};
      CRYPTOSTREAM_TRY(read_subscription(entry->value, subscription_));
      FkResponse response{subscription_.hash, value, subscription_.partition};
      BytesView primary_key = entry->key.substr(prefix_.size());
      CRYPTOSTREAM_TRY(
          this->forward(Record<BytesView, FkResponse>(primary_key, response, record.timestamp, record.headers)));
    }
  }

 private:
  bool versioned_;
  std::string store_name_;
  Encoder<KO> key_;
  Encoder<R> value_;
  KeyValueStore* store_ = nullptr;
  std::string prefix_;
  FkSubscription subscription_;
};

/// Joins responses with the left table's values; what was asked about another value than the present one is left out.
template <class K, class L, class R, class O>
class FkResolveNode final : public Receiver<Bytes, FkReceivedResponse> {
 public:
  FkResolveNode(bool left_join, std::unique_ptr<TableReader<K, L>> table, TableJoiner<K, L, R, O> joiner, Serde<K> keys,
                Serde<L> values, Serde<R> others)
      : left_join_(left_join),
        table_(std::move(table)),
        joiner_(std::move(joiner)),
        keys_(std::move(keys)),
        value_(std::move(values)),
        others_(std::move(others)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    return table_->start(context);
  }

  Result<void> receive(const Record<Bytes, FkReceivedResponse>& record) override {
    const auto& response = record.value;
    if (auto decoded = keys_.decode(record.key, key_); !decoded)
      return this->refuse(Place::decode, "key " + decoded.error().message());
    return this->guarded([&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto present, table_->get(key_));
      std::optional<Hash128> hash;
      if (present.value) hash = murmur3_128(value_(*present.value));
      if (hash != response.hash) {
        this->context_->drop("it responds to a value that its key no longer has");
        return {};
      }
      if (response.value)
        if (auto decoded = others_.decode(*response.value, other_); !decoded)
          return this->refuse(Place::decode, "value " + decoded.error().message());
      std::optional<O> joined;
      if (present.value && (response.value || left_join_))
        joined = joiner_(key_, present.value, response.value ? &other_ : nullptr);
      return this->forward(Record<K, std::optional<O>>(key_, joined, record.timestamp, record.headers));
    });
  }

 private:
  bool left_join_;
  std::unique_ptr<TableReader<K, L>> table_;
  TableJoiner<K, L, R, O> joiner_;
  Serde<K> keys_;
  Encoder<L> value_;
  Serde<R> others_;
  K key_{};
  R other_{};
};

}  // namespace cryptostream
