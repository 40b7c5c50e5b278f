// Joins of two tables by key: a node for each side, which looks into the other, and one where both meet.
#pragma once

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

/// Joins the values of two tables; null: absent. The result may delete.
template <class K, class L, class R, class O>
using TableJoiner = std::function<std::optional<O>(const K&, const L*, const R*)>;

/// What one side of a join needs to give a result: inner both, left its left side, outer either.
struct JoinNeeds {
  bool mine = true;
  bool other = true;
};

/// Settings of one side, final once build() has run.
struct TableJoinSettings {
  bool sends_old = false;
  bool versioned = false;  ///< its own table is: updates older than the latest version are left out
};

/// Takes the updates of one side's table.
template <class K, class Mine, class Other, class O>
class TableJoinNode final : public Receiver<K, Change<Mine>> {
 public:
  TableJoinNode(TableJoinSettings settings, JoinNeeds needs, TableJoiner<K, Mine, Other, O> joiner,
                std::unique_ptr<TableReader<K, Other>> other)
      : settings_(settings), needs_(needs), joiner_(std::move(joiner)), other_(std::move(other)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    return other_->start(context);
  }

  Result<void> receive(const Record<K, Change<Mine>>& record) override {
    const auto& change = record.value;
    if (settings_.versioned && !change.latest) {
      this->context_->drop("it is older than its key's latest version, and joins of tables take the latest only");
      return {};
    }
    return this->guarded([&]() -> Result<void> {
      CRYPTOSTREAM_TRY_ASSIGN(auto other, other_->get(record.key));
      if (!other.value && (needs_.other || (!change.now && !change.before))) return {};
      auto time = other.value ? std::max(record.timestamp, other.timestamp) : record.timestamp;
      auto now = joined(record.key, change.now, other.value);
      auto before = settings_.sends_old ? joined(record.key, change.before, other.value) : std::nullopt;
      Change<O> out{now ? &*now : nullptr, before ? &*before : nullptr, change.latest};
      return this->forward(Record<K, Change<O>>(record.key, out, time, record.headers));
    });
  }

 private:
  std::optional<O> joined(const K& key, const Mine* mine, const Other* other) const {
    if (!mine && (needs_.mine || !other)) return std::nullopt;
    return joiner_(key, mine, other);
  }

  TableJoinSettings settings_;
  JoinNeeds needs_;
  TableJoiner<K, Mine, Other, O> joiner_;
  std::unique_ptr<TableReader<K, Other>> other_;
};

/// Where the results of both sides meet; keeps them, if the join has a store.
template <class K, class O>
class TableMergeNode final : public Receiver<K, Change<O>> {
 public:
  TableMergeNode(TableSettings settings, std::string store, Serde<K> keys, Serde<O> values)
      : settings_(settings), store_(std::move(store), std::move(keys), std::move(values)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(Node::start(context));
    if (!settings_.materialized) return {};
    CRYPTOSTREAM_TRY(store_.open(context));
    store_.on_flush(settings_.sends_old, [this](const Record<K, Change<O>>& record) { return this->forward(record); });
    return {};
  }

  Result<void> receive(const Record<K, Change<O>>& record) override {
    Change<O> out{record.value.now, settings_.sends_old ? record.value.before : nullptr, record.value.latest};
    if (settings_.materialized) {
      CRYPTOSTREAM_TRY_ASSIGN(auto outcome, store_.put(record.key, out.now, record.timestamp,
                                                       this->context_->context_of(record.timestamp, record.headers)));
      if (store_.caches() || outcome == TableStore<K, O>::Outcome::expired) return {};
      out.latest = outcome == TableStore<K, O>::Outcome::latest;
    }
    return this->forward(Record<K, Change<O>>(record.key, out, record.timestamp, record.headers));
  }

 private:
  TableSettings settings_;
  TableStore<K, O> store_;
};

/// Reads a join that is not kept. Never versioned, even if both tables are.
template <class K, class L, class R, class O>
class TableJoinReader final : public TableReader<K, O> {
 public:
  TableJoinReader(JoinNeeds needs, TableJoiner<K, L, R, O> joiner, std::unique_ptr<TableReader<K, L>> left,
                  std::unique_ptr<TableReader<K, R>> right)
      : needs_(needs), joiner_(std::move(joiner)), left_(std::move(left)), right_(std::move(right)) {}

  Result<void> start(TaskContext& context) override {
    CRYPTOSTREAM_TRY(left_->start(context));
    return right_->start(context);
  }
  Result<Found<O>> get(const K& key) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto left, left_->get(key));
    if (!left.value && needs_.mine) return Found<O>{};
    CRYPTOSTREAM_TRY_ASSIGN(auto right, right_->get(key));
    if (!right.value && (needs_.other || !left.value)) return Found<O>{};
    slot_ = joiner_(key, left.value, right.value);
    auto time = !left.value    ? right.timestamp
                : !right.value ? left.timestamp
                               : std::max(left.timestamp, right.timestamp);
    return Found<O>{slot_ ? &*slot_ : nullptr, time};
  }
  Result<Found<O>> get(const K&, Timestamp) override {
    return fail(ErrorKind::internal, "the result of a join of tables has no versions");
  }
  bool versioned() const override { return false; }

 private:
  JoinNeeds needs_;
  TableJoiner<K, L, R, O> joiner_;
  std::unique_ptr<TableReader<K, L>> left_;
  std::unique_ptr<TableReader<K, R>> right_;
  std::optional<O> slot_;
};

}  // namespace cryptostream
