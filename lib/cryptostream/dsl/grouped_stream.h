// GroupedStream<K, V>: a stream grouped by key, on the way to an aggregation; and repartition, group_by, group_by_key.
#pragma once

#include <cryptostream/dsl/aggregation.h>
#include <cryptostream/dsl/table_views.h>
#include <cryptostream/graph/aggregate_nodes.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

template <class K, class V, class W, Emission emission>
class WindowedStream;
template <class K, class V, Emission emission>
class SessionStream;
template <class K, class Members>
class CogroupedStream;

/// The stream that aggregations of a group read: behind its repartition topic, if it needs one. Takes the topic's names
/// in any case that it needs one. `store`: names the topic of a group without a name.
template <class K, class V>
StreamInner<K, V> behind_group(const GroupedInner<K, V>& group, const std::string& store) {
  if (!group.stream.repartition) return group.stream;
  auto& state = *group.stream.state;
  auto spec = state.repartition_names(group.name.empty() ? store : group.name);
  auto& shared = *group.shared_repartition;
  if (shared && !group.name.empty()) {
    auto next = group.stream;
    state.attach(group.stream.node, *shared);
    next.move_behind(*shared, spec.source);
    return next;
  }
  auto next = behind_repartition<K, V>(group.stream, spec, LogicalNode::Kind::repartition,
                                       serde_or_default(group.stream.keys, spec.topic, "key"),
                                       serde_or_default(group.stream.values, spec.topic, "value"));
  shared = next.node;
  return next;
}

/// The names that an aggregation begins with, taken in Kafka Streams' order.
struct AggregationPlace {
  std::string store;
  std::string node;
  std::string queryable;

  /// `burns`: with a nameless Materialized a number is taken for a store that gets none (count). `named`: the node's.
  AggregationPlace(BuilderState& state, std::string_view prefix, bool burns, const std::string& materialized,
                   const std::string& named);
  /// Of a cogroup, whose nodes take their names later.
  AggregationPlace(BuilderState& state, std::string_view prefix, const std::string& materialized);
};

/// Says that the nodes of an aggregation take their names later (cogroup).
struct StoreNumberOnly {};

/// The names and serdes of an aggregation.
template <class K, class A>
struct AggregationNames : AggregationPlace {
  Serde<K> keys;
  Serde<A> values;

  template <class... Options>
  AggregationNames(BuilderState& state, std::string_view prefix, bool burns, const std::optional<Serde<K>>& known_keys,
                   const std::optional<Serde<A>>& known_values, const Options&... options)
      : AggregationPlace(state, prefix, burns && has_option<Materialized, Options...>,
                         option<Materialized>(options...).name, option<Named>(options...).name),
        keys(unused_serde<K>()),
        values(unused_serde<A>()) {
    only_options<Named, Materialized>::template check<Options...>();
    take_serdes(option<Materialized>(options...), known_keys, known_values);
  }
  template <class... Options>
  AggregationNames(StoreNumberOnly, BuilderState& state, std::string_view prefix,
                   const std::optional<Serde<K>>& known_keys, const Options&... options)
      : AggregationPlace(state, prefix, option<Materialized>(options...).name),
        keys(unused_serde<K>()),
        values(unused_serde<A>()) {
    only_options<Named, Materialized>::template check<Options...>();
    take_serdes(option<Materialized>(options...), known_keys, std::nullopt);
  }

 private:
  void take_serdes(const Materialized& materialized, const std::optional<Serde<K>>& known_keys,
                   const std::optional<Serde<A>>& known_values) {
    auto given_keys = materialized.keys.template as<K>(node);
    auto given_values = materialized.values.template as<A>(node);
    keys = serde_or_default(given_keys ? given_keys : known_keys, node, "key");
    values = serde_or_default(given_values ? given_values : known_values, node, "value");
  }
};

/// Records grouped by key. Each aggregation makes a table; it drops (and counts) records whose key is null. Handles are
/// cheap to copy. Cost of an aggregation: a store with a changelog, and a repartition topic where the key may have
/// changed: one for each aggregation, unless the group has a name (Grouped).
template <class K, class V>
class GroupedStream {
 public:
  using Key = strip_optional_t<K>;
  using Value = strip_optional_t<V>;

  explicit GroupedStream(GroupedInner<K, V> inner) : inner_(std::move(inner)) {}

  /// How many records each key has had. Null values are left out and counted as dropped. Options: Named, Materialized.
  template <class... Options>
  LastingTable<Key, std::int64_t> count(Options... options) const {
    return LastingTable<Key, std::int64_t>(
        add("KSTREAM-AGGREGATE-", true, counting<Key, Value>(), std::nullopt, options...));
  }

  /// The first value of a key, then what `reducer` makes of the present one and each further value. A reducer that
  /// returns std::optional may delete. Null values are left out and counted. Options: Named, Materialized.
  template <class F, class... Options>
  auto reduce(F reducer, Options... options) const {
    if constexpr (ReducerCheck<F, Value>::ok) {
      using R = std::invoke_result_t<const F&, Value&, const Value&>;
      return table_handle<always_present<Value, R>>(
          add("KSTREAM-REDUCE-", false, reducing<Key, Value>(reducer), inner_.stream.values, options...));
    } else {
      return Broken{};
    }
  }

  /// Begins with what `initializer` returns for each key and lets `aggregator` add each record: it takes the aggregate,
  /// then as much of the record as it wants, and changes the aggregate in place (returning void or it) or returns the
  /// new one; std::optional may delete. Null values are left out and counted. Options: Named, Materialized.
  template <class I, class F, class... Options>
  requires std::is_invocable_v<const I&>
  auto aggregate(I initializer, F aggregator, Options... options) const {
    using S = std::remove_cvref_t<std::invoke_result_t<const I&>>;
    if constexpr (AggregatorCheck<F, S, Key, Value>::ok) {
      Aggregation<Key, Value, strip_optional_t<S>> aggregation;
      aggregation.initialize = std::move(initializer);
      aggregation.add = boxed_aggregator<S, Key, Value>(std::move(aggregator));
      return table_handle<always_present<S, aggregator_result_t<F, S, Key, Value>>>(
          add("KSTREAM-AGGREGATE-", false, std::move(aggregation), std::nullopt, options...));
    } else {
      return Broken{};
    }
  }
  /// The same, beginning with a default-constructed A.
  template <class A, class F, class... Options>
  requires(!std::is_invocable_v<const A&>) auto aggregate(F aggregator, Options... options) const {
    return aggregate([] { return A{}; }, std::move(aggregator), options...);
  }

  /// Begins a table that several groups of equal keys add to: each with an aggregator of its own.
  template <class F>
  auto cogroup(F aggregator) const;

  /// Aggregates in windows.
  auto windowed_by(TimeWindows windows) const {
    return WindowedStream<K, V, TimeWindows, Emission::on_update>(inner_, windows);
  }
  auto windowed_by(UnlimitedWindows windows) const {
    return WindowedStream<K, V, UnlimitedWindows, Emission::on_update>(inner_, windows);
  }
  auto windowed_by(SlidingWindows windows) const {
    return WindowedStream<K, V, SlidingWindows, Emission::on_update>(inner_, windows);
  }
  auto windowed_by(SessionWindows windows) const { return SessionStream<K, V, Emission::on_update>(inner_, windows); }

  /// Not for users: for operators of this library in other headers.
  const GroupedInner<K, V>& inner() const { return inner_; }

 private:
  template <class A, class... Options>
  TableInner<Key, A> add(std::string_view prefix, bool burns, Aggregation<Key, Value, A> aggregation,
                         const std::type_identity_t<std::optional<Serde<A>>>& values, const Options&... options) const {
    auto& state = *inner_.stream.state;
    AggregationNames<Key, A> names(state, prefix, burns, inner_.stream.keys, values, options...);
    auto spec = option<Materialized>(options...).spec(names.store);
    auto parent = behind_group(inner_, names.store);
    auto view = std::make_shared<StoredTableView<Key, A>>(names.store, names.keys, names.values);
    auto node = processor_node(
        names.node,
        [view, aggregation = std::move(aggregation), names] {
          return std::make_unique<AggregateNode<K, V, A>>(view->settings(), aggregation, names.store, names.keys,
                                                          names.values);
        },
        spec);
    node.output_versioned = spec.type == StoreSpec::Type::versioned;
    TableInner<Key, A> table;
    table.state = inner_.stream.state;
    table.node = state.add(parent.node, std::move(node));
    table.name = names.node;
    table.sources = parent.sources;
    table.keys = names.keys;
    table.values = names.values;
    table.view = view;
    table.queryable = names.queryable;
    return table;
  }

  GroupedInner<K, V> inner_;
};

template <class K, class V>
Stream<K, V> Stream<K, V>::repartition(Repartitioned options) const {
  inner_.state->expect_open();
  auto name = options.name.empty() ? inner_.state->next_name("KSTREAM-REPARTITION-") : options.name;
  auto keys = options.keys.template as<strip_optional_t<K>>(name);
  auto values = options.values.template as<strip_optional_t<V>>(name);
  auto spec = inner_.state->repartition_names(name);
  spec.partitions = options.count;
  return Stream(behind_repartition<K, V>(inner_, std::move(spec), LogicalNode::Kind::explicit_repartition,
                                         serde_or_default(keys ? keys : inner_.keys, name, "key"),
                                         serde_or_default(values ? values : inner_.values, name, "value")));
}

template <class K, class V>
GroupedStream<K, V> Stream<K, V>::group_by_key(Grouped options) const {
  GroupedInner<K, V> group;
  group.stream = inner_;
  group.name = options.name;
  if (auto keys = options.keys.template as<strip_optional_t<K>>(inner_.name)) group.stream.keys = keys;
  if (auto values = options.values.template as<strip_optional_t<V>>(inner_.name)) group.stream.values = values;
  return GroupedStream<K, V>(std::move(group));
}

template <class K, class V>
template <class F>
auto Stream<K, V>::group_by(F selector, Grouped options) const {
  auto keyed = select_key(std::move(selector), Named(options.name));
  if constexpr (std::is_same_v<decltype(keyed), Broken>) {
    return Broken{};
  } else {
    return keyed.group_by_key(std::move(options));
  }
}

}  // namespace cryptostream
