// Joins of tables by their keys.
#pragma once

#include <cryptostream/dsl/table.h>
#include <cryptostream/graph/call_joiner.h>
#include <cryptostream/graph/table_join_nodes.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// Both tables of a join, and what to do with their values.
template <class K, class L, class R, class O>
struct TableJoinPlan {
  TableJoiner<K, L, R, O> joiner;
  std::shared_ptr<TableView<K, L>> left;
  std::shared_ptr<TableView<K, R>> right;
  JoinNeeds needs;  ///< of the left side
  bool sends_old = false;
  bool left_versioned = false, right_versioned = false;

  std::unique_ptr<Node> left_node() const {
    return std::make_unique<TableJoinNode<K, L, R, O>>(TableJoinSettings{sends_old, left_versioned}, needs, joiner,
                                                       right->reader());
  }
  std::unique_ptr<Node> right_node() const {
    TableJoiner<K, R, L, O> reversed = [joiner = joiner](const K& key, const R* r, const L* l) {
      return joiner(key, l, r);
    };
    return std::make_unique<TableJoinNode<K, R, L, O>>(TableJoinSettings{sends_old, right_versioned},
                                                       JoinNeeds{needs.other, needs.mine}, std::move(reversed),
                                                       left->reader());
  }
};

/// The table that a join gives (Kafka Streams' KTableKTableJoinMerger).
template <class K, class L, class R, class O>
class JoinedTableView final : public TableView<K, O> {
 public:
  using Plan = TableJoinPlan<K, L, R, O>;
  /// `store` empty: not kept.
  JoinedTableView(std::shared_ptr<Plan> plan, std::string store, std::optional<Serde<K>> keys,
                  std::optional<Serde<O>> values)
      : plan_(std::move(plan)), store_(std::move(store)), keys_(std::move(keys)), values_(std::move(values)) {
    settings_.materialized = !store_.empty();
  }
  bool enable_old_values(bool) override {
    plan_->left->enable_old_values(true);
    plan_->right->enable_old_values(true);
    return plan_->sends_old = settings_.sends_old = true;
  }
  void enable_lookup() override {}  // the join itself has enabled it on both tables
  std::unique_ptr<TableReader<K, O>> reader() const override {
    if (settings_.materialized) return std::make_unique<StoreReader<K, O>>(store_, *keys_, *values_);
    return std::make_unique<TableJoinReader<K, L, R, O>>(plan_->needs, plan_->joiner, plan_->left->reader(),
                                                         plan_->right->reader());
  }
  std::vector<std::string> store_names() const override {
    if (settings_.materialized) return {store_};
    auto names = plan_->left->store_names();
    for (auto& name : plan_->right->store_names()) names.push_back(std::move(name));
    return names;
  }
  std::unique_ptr<Node> merge_node() const {
    return std::make_unique<TableMergeNode<K, O>>(settings_, store_, keys_ ? *keys_ : unused_serde<K>(),
                                                  values_ ? *values_ : unused_serde<O>());
  }

 private:
  std::shared_ptr<Plan> plan_;
  TableSettings settings_;
  std::string store_;
  std::optional<Serde<K>> keys_;
  std::optional<Serde<O>> values_;
};

/// What the joiner of this kind of join takes for one side.
template <class T, bool may_be_absent>
using joined_side_t = std::conditional_t<may_be_absent, std::optional<T>, T>;

/// The value as the joiner takes it: a reference where it cannot be absent.
template <class Side, class T>
decltype(auto) joined_side(const T* value) {
  if constexpr (is_optional_v<Side>) {
    return value ? Side(*value) : Side();
  } else {
    return *value;
  }
}

template <class L, class R>
void expect_one_builder(const L& left, const R& right) {
  if (left.state != right.state)
    throw std::logic_error("join of \"" + left.name + "\" and \"" + right.name +
                           "\": the two tables come from different StreamsBuilders");
}

/// Wires a join whose functions and types are settled. `left_kept`, `right_kept`: that side's values come out alone.
template <class K, class L, class R, class O, class... Options>
Table<K, O> wire_table_join(const TableInner<K, L>& left, const TableInner<K, R>& right, TableJoiner<K, L, R, O> joiner,
                            bool left_kept, bool right_kept, const Options&... options) {
  only_options<Named, Materialized>::template check<Options...>();
  auto& state = *left.state;
  state.expect_open();
  expect_one_builder(left, right);
  auto materialized = option<Materialized>(options...);
  auto named = option<Named>(options...).name;
  TableInner<K, O> table;
  table.state = left.state;
  table.queryable = materialized.name;
  auto store = materialized.name;
  if (has_option<Materialized, Options...> && store.empty()) store = state.next_store_name("KTABLE-MERGE-");
  table.name = state.name_or_next(named, "KTABLE-MERGE-");
  table.sources = left.sources;
  table.sources.insert(right.sources.begin(), right.sources.end());
  state.copartition(table.sources);

  auto plan = std::make_shared<TableJoinPlan<K, L, R, O>>();
  plan->joiner = std::move(joiner);
  plan->left = left.view;
  plan->right = right.view;
  plan->needs = {!right_kept, !left_kept};
  if (left_kept) left.view->enable_old_values(true);
  if (right_kept) right.view->enable_old_values(true);
  left.view->enable_lookup();
  right.view->enable_lookup();

  auto this_name = state.name_or_next(named, "KTABLE-JOINTHIS-", "-join-this");
  auto other_name = state.name_or_next(named, "KTABLE-JOINOTHER-", "-join-other");
  table.keys = materialized.keys.template as<K>(table.name);
  if (!table.keys) table.keys = left.keys;
  table.values = materialized.values.template as<O>(table.name);
  std::optional<StoreSpec> spec;
  if (!store.empty()) {
    table.keys = serde_or_default(table.keys, table.name, "key");
    table.values = serde_or_default(table.values, table.name, "value");
    spec = materialized.spec(store);
  }
  auto view = std::make_shared<JoinedTableView<K, L, R, O>>(plan, store, table.keys, table.values);
  table.view = view;

  LogicalNode node;
  node.name = table.name;
  node.output_versioned = spec && materialized.history.has_value();
  node.on_versioned_parent = [plan, left = left.name, right = right.name](const std::string& parent) {
    if (parent == left) plan->left_versioned = true;
    if (parent == right) plan->right_versioned = true;
  };
  node.write = [=, name = table.name, left = left.name, right = right.name](TopologyWriter& to,
                                                                            const std::vector<std::string>&) {
    to.add_processor(this_name, [plan] { return plan->left_node(); }, {left});
    to.add_processor(other_name, [plan] { return plan->right_node(); }, {right});
    to.add_processor(name, [view] { return view->merge_node(); }, {this_name, other_name});
    for (const auto& used : plan->right->store_names()) to.connect_store(this_name, used);
    for (const auto& used : plan->left->store_names()) to.connect_store(other_name, used);
    if (spec) to.add_store(*spec, {name});
  };
  table.node = state.add({left.node, right.node}, std::move(node));
  return Table<K, O>(std::move(table));
}

/// Table::join, left_join and outer_join of tables with equal keys.
template <JoinKind kind, class K, class L, class K2, class R, class F, class... Options>
auto join_tables(const Table<K, L>& left, const Table<K2, R>& right, F joiner, const Options&... options) {
  static_assert(std::is_same_v<K, K2>,
                "cryptostream: tables can be joined by key only if their keys have the same type; with a selector "
                "between table and joiner they are joined by foreign key");
  using LeftSide = joined_side_t<L, kind == JoinKind::outer>;
  using RightSide = joined_side_t<R, kind != JoinKind::inner>;
  if constexpr (!std::is_same_v<K, K2>) {
    return Broken{};
  } else if constexpr (JoinerCheck<F, K, LeftSide, RightSide>::ok) {
    using O = strip_optional_t<join_result_t<F, K, LeftSide, RightSide>>;
    TableJoiner<K, L, R, O> boxed = [joiner = std::move(joiner)](const K& key, const L* l,
                                                                 const R* r) -> std::optional<O> {
      return call_joiner<F, K, LeftSide, RightSide>(joiner, key, joined_side<LeftSide>(l), joined_side<RightSide>(r));
    };
    return wire_table_join<K, L, R, O>(left.inner(), right.inner(), std::move(boxed), kind != JoinKind::inner,
                                       kind == JoinKind::outer, options...);
  } else {
    return Broken{};
  }
}

}  // namespace cryptostream
