// GroupedTable<K, V>: a table's values under new keys, about to be aggregated.
#pragma once

#include <cryptostream/dsl/aggregation.h>
#include <cryptostream/dsl/table.h>
#include <cryptostream/graph/grouped_table_nodes.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace cryptostream {

/// Of a GroupedTable<K, V>.
template <class K, class V>
struct GroupedTableInner {
  std::shared_ptr<BuilderState> state;
  std::size_t node = 0;  ///< the selector's
  std::optional<Serde<K>> keys{};
  std::optional<Serde<V>> values{};
  std::string name{};  ///< of the repartition topic; empty: after each aggregation's store
  struct Repartition {
    std::size_t node;
    std::string source;
  };
  /// Of a named group: all its aggregations share it.
  std::shared_ptr<std::optional<Repartition>> shared = std::make_shared<std::optional<Repartition>>();
};

/// What Table::group_by gives. Its aggregations hear of each update what is gone and what has come: `subtractor` gets
/// the old value, `adder` the new one. Both take the aggregate, then as much of the record as they want, and change the
/// aggregate in place or return the new one; std::optional may delete. Between the two a reader of the table
/// may see what has neither. Options: Named, Materialized. Cost: a repartition topic, a store and its changelog.
template <class K, class V>
class GroupedTable {
 public:
  explicit GroupedTable(GroupedTableInner<K, V> inner) : inner_(std::move(inner)) {}

  /// How many values each key has.
  template <class... Options>
  Table<K, std::int64_t> count(Options... options) const {
    typename GroupedTableNode<K, V, std::int64_t>::Functions functions;
    functions.initialize = [] { return std::int64_t{0}; };
    functions.add = [](const Record<K, V>&, std::optional<std::int64_t>& count) { ++*count; };
    functions.subtract = [](const Record<K, V>&, std::optional<std::int64_t>& count) { --*count; };
    return aggregated<std::int64_t>("KTABLE-AGGREGATE-", std::move(functions), {}, options...);
  }

  /// All values of a key in one; the first is taken as it is.
  template <class Add, class Subtract, class... Options>
  auto reduce(Add adder, Subtract subtractor, Options... options) const {
    if constexpr (ReducerCheck<Add, V>::ok && ReducerCheck<Subtract, V>::ok) {
      typename GroupedTableNode<K, V, V>::Functions functions;
      functions.initialize = [] { return std::optional<V>(); };
      functions.add = reducing<K, V>(adder).add;
      functions.subtract = reducing<K, V>(subtractor).add;  // only called where there is something to take away from
      return aggregated<V>("KTABLE-REDUCE-", std::move(functions), inner_.values, options...);
    } else {
      return Broken{};
    }
  }

  /// The same from a start of its own: `initializer()` gives the aggregate to which the first value is added.
  template <class Initialize, class Add, class Subtract, class... Options>
  auto aggregate(Initialize initializer, Add adder, Subtract subtractor, Options... options) const {
    static_assert(
        std::is_invocable_v<const Initialize&>,
        "cryptostream: the initializer must be callable as const without arguments, and return the aggregate");
    if constexpr (std::is_invocable_v<const Initialize&>) {
      using S = std::remove_cvref_t<std::invoke_result_t<const Initialize&>>;
      using A = strip_optional_t<S>;
      if constexpr (AggregatorCheck<Add, S, K, V>::ok && AggregatorCheck<Subtract, S, K, V>::ok) {
        typename GroupedTableNode<K, V, A>::Functions functions;
        functions.initialize = std::move(initializer);
        functions.add = boxed_aggregator<S, K, V>(std::move(adder));
        functions.subtract = boxed_aggregator<S, K, V>(std::move(subtractor));
        return aggregated<A>("KTABLE-AGGREGATE-", std::move(functions), {}, options...);
      } else {
        return Broken{};
      }
    } else {
      return Broken{};
    }
  }

 private:
  template <class A, class... Options>
  Table<K, A> aggregated(std::string_view prefix, typename GroupedTableNode<K, V, A>::Functions functions,
                         const std::optional<Serde<A>>& known, const Options&... options) const {
    only_options<Named, Materialized>::template check<Options...>();
    auto materialized = option<Materialized>(options...);
    auto named = option<Named>(options...).name;
    auto& state = *inner_.state;
    state.expect_open();
    TableInner<K, A> table;
    table.state = inner_.state;
    table.queryable = materialized.name;
    auto store = materialized.name.empty() ? state.next_store_name("KTABLE-AGGREGATE-") : materialized.name;
    auto sink = state.name_or_next(named, "KSTREAM-SINK-", "-sink");
    auto source = state.name_or_next(named, "KSTREAM-SOURCE-", "-source");
    table.name = state.name_or_next(named, prefix);
    auto given_keys = materialized.keys.template as<K>(table.name);
    auto given_values = materialized.values.template as<A>(table.name);
    auto keys = serde_or_default(given_keys ? given_keys : inner_.keys, table.name, "key");
    auto values = serde_or_default(given_values ? given_values : known, table.name, "value");
    table.keys = keys;
    table.values = values;
    auto repartition = repartitioned(std::move(sink), std::move(source), store, table.name);
    table.set_source(repartition.source);
    auto view = std::make_shared<StoredTableView<K, A>>(store, keys, values);
    table.view = view;
    Step step = [view, functions = std::move(functions), store, keys, values] {
      return std::make_unique<GroupedTableNode<K, V, A>>(view->settings(), functions, store, keys, values);
    };
    auto node = processor_node(table.name, std::move(step), materialized.spec(store));
    node.output_versioned = materialized.history.has_value();
    table.node = state.add(repartition.node, std::move(node));
    return Table<K, A>(std::move(table));
  }

  typename GroupedTableInner<K, V>::Repartition repartitioned(std::string sink, std::string source,
                                                              const std::string& store,
                                                              const std::string& where) const {
    if (*inner_.shared) {
      inner_.state->attach(inner_.node, (*inner_.shared)->node);
      return **inner_.shared;
    }
    RepartitionSpec spec;
    spec.topic = (inner_.name.empty() ? store : inner_.name) + "-repartition";
    spec.sink = std::move(sink);
    spec.source = source;
    Serde<HeldChange<V>> changes = HeldChangeSerde<V>(serde_or_default<V>(inner_.values, where, "grouped value"));
    set_repartition_steps<K, HeldChange<V>>(spec, serde_or_default(inner_.keys, where, "grouped key"), changes);
    LogicalNode node;
    node.kind = LogicalNode::Kind::explicit_repartition;
    node.name = source;
    node.repartition = std::move(spec);
    typename GroupedTableInner<K, V>::Repartition made{inner_.state->add(inner_.node, std::move(node)), source};
    if (!inner_.name.empty()) *inner_.shared = made;
    return made;
  }

  GroupedTableInner<K, V> inner_;
};

/// Table::group_by.
template <class K, class V, class F>
auto group_table(const Table<K, V>& table, F selector, const Grouped& grouped) {
  if constexpr (FunctionCheck<F, K, V>::ok) {
    using Pair = std::remove_cvref_t<call_result_t<F, K, V>>;
    if constexpr (KeyValueParts<Pair>::is) {
      using K2 = strip_optional_t<typename KeyValueParts<Pair>::Key>;
      using V2 = strip_optional_t<typename KeyValueParts<Pair>::Value>;
      const auto& from = table.inner();
      from.state->expect_open();
      TableSelector<K, V, K2, V2> select = [selector = std::move(selector)](const K& key, const V& value) {
        auto pair = call(selector, Record<K, V>(key, value, {}));
        return KeyValue<std::optional<K2>, std::optional<V2>>{std::move(pair.key), std::move(pair.value)};
      };
      GroupedTableInner<K2, V2> group;
      group.state = from.state;
      group.name = grouped.name;
      auto name = from.state->name_or_next(grouped.name, "KTABLE-SELECT-");
      group.keys = grouped.keys.template as<K2>(name);
      group.values = grouped.values.template as<V2>(name);
      auto versioned = std::make_shared<bool>(false);
      auto node = processor_node(name, [versioned, select = std::move(select)] {
        return std::make_unique<TableSelectNode<K, V, K2, V2>>(*versioned, select);
      });
      node.on_versioned_parent = [versioned](const std::string&) { *versioned = true; };
      group.node = from.state->add(from.node, std::move(node));
      from.view->enable_old_values(true);
      return GroupedTable<K2, V2>(std::move(group));
    } else {
      static_assert(KeyValueParts<Pair>::is,
                    "cryptostream: group_by of a table needs a function that returns cryptostream::KeyValue{key, "
                    "value}");
      return Broken{};
    }
  } else {
    return Broken{};
  }
}

}  // namespace cryptostream
