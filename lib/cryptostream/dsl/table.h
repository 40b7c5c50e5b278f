// Table<K, V>: a handle on a changing value for each key, and the operators on it.
#pragma once

#include <cryptostream/dsl/handles.h>
#include <cryptostream/dsl/options.h>
#include <cryptostream/dsl/stream.h>
#include <cryptostream/dsl/table_views.h>
#include <cryptostream/graph/call.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// The latest value V of each key K; a null value deletes. Copies are handles on the same table.
template <class K, class V>
class Table {
 public:
  using Key = K;
  using Value = V;

  explicit Table(TableInner<K, V> inner) : inner_(std::move(inner)) {}

  /// The table of those values for which `predicate` is true. Options: Named, Materialized. Cost: none, unless it is
  /// given a name (Materialized): then a store with a changelog.
  template <class F, class... Options>
  auto filter(F predicate, Options... options) const {
    return filtered(std::move(predicate), true, options...);
  }
  /// The table of those values for which `predicate` is false.
  template <class F, class... Options>
  auto filter_not(F predicate, Options... options) const {
    return filtered(std::move(predicate), false, options...);
  }

  /// The table of new values; a function that returns std::optional may leave keys out. Options and cost as of filter.
  template <class F, class... Options>
  auto map_values(F function, Options... options) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      using U = strip_optional_t<std::remove_cvref_t<call_result_t<F, K, V>>>;
      static_assert(!std::is_void_v<U>, "cryptostream: map_values needs a function that returns the new value");
      TableFunction<K, V, U> boxed = [function = std::move(function)](const K& key,
                                                                      const V& value) -> std::optional<U> {
        return call(function, Record<K, V>(key, value, {}));
      };
      return derived<U>(
          "KTABLE-MAPVALUES-", boxed,
          [boxed](const DerivedTableView<K, V, U>& view) {
            return std::make_unique<TableMapValuesNode<K, V, U>>(view.settings(), boxed, view.store(), view.keys(),
                                                                 view.values());
          },
          nullptr, options...);
    } else {
      return Broken{};
    }
  }

  /// The updates as a stream: the new value of a key, absent where it was deleted.
  Stream<K, std::optional<V>> to_stream(Named named = {}) const {
    return as_stream<std::optional<V>>(std::move(named));
  }
  /// The same with the key that `selector` gives. (A select_key after it.)
  template <class F>
  requires(!std::is_same_v<F, Named>) auto to_stream(F selector, Named named = {}) const {
    return to_stream(std::move(named)).select_key(std::move(selector));
  }

  /// Holds updates back: Suppressed::until_time_limit (fewer updates), or Suppressed::until_window_closes (only last
  /// ones, of windowed tables). Cost: a buffer in memory with a changelog. Not for versioned tables.
  template <class S>
  auto suppress(S suppressed) const {
    return suppress_table(inner_, suppressed);
  }

  /// Groups the values by new keys, for an aggregation: `selector` returns KeyValue{key, value}; what has no key or no
  /// value (std::optional) is left out. The aggregation sends them through a repartition topic. Cost: the table is
  /// kept.
  template <class F>
  auto group_by(F selector, Grouped grouped = {}) const {
    return group_table(*this, std::move(selector), grouped);
  }

  /// The table of what `joiner` makes of both tables' values of a key; a key that one of them lacks is left out. The
  /// time of a result is the later one of both. Options: Named, Materialized. Cost: both tables are kept, and need
  /// equally many partitions.
  template <class K2, class V2, class F, class... Options>
  auto join(const Table<K2, V2>& other, F joiner, Options... options) const {
    return join_tables<JoinKind::inner>(*this, other, std::move(joiner), options...);
  }
  /// The join by foreign key: `selector` gives from a value of this table the key of `other` that belongs to it (a
  /// std::optional may be empty: then there is no result). A key of this table has a result as long as it has a value
  /// and `other` has one for its foreign key; each update of either table gives the results that it changes. The time
  /// of a result is the later one of both if this table was updated, else the update's. Options: TableJoined (or
  /// Named), Materialized. Cost: both tables are kept, and each key's foreign key once more; two topics; of each update
  /// of `other` one response to every key that refers to it. A value of `other` that is written as no bytes (an empty
  /// text) counts as absent. Numbers of partitions need not be equal.
  template <class K2, class V2, class Selector, class Joiner, class... Options>
  requires(!is_option<Joiner>) auto join(const Table<K2, V2>& other, Selector selector, Joiner joiner,
                                         Options... options) const {
    return join_by_foreign_key<JoinKind::inner>(*this, other, std::move(selector), std::move(joiner), options...);
  }
  /// The same with all keys of this table, also those without a foreign key; the joiner gets the other's value as
  /// std::optional.
  template <class K2, class V2, class Selector, class Joiner, class... Options>
  requires(!is_option<Joiner>) auto left_join(const Table<K2, V2>& other, Selector selector, Joiner joiner,
                                              Options... options) const {
    return join_by_foreign_key<JoinKind::left>(*this, other, std::move(selector), std::move(joiner), options...);
  }
  /// The same with all keys of this table; the joiner gets the other's value as std::optional.
  template <class K2, class V2, class F, class... Options>
  auto left_join(const Table<K2, V2>& other, F joiner, Options... options) const {
    return join_tables<JoinKind::left>(*this, other, std::move(joiner), options...);
  }
  /// The same with all keys of both tables; the joiner gets both values as std::optional.
  template <class K2, class V2, class F, class... Options>
  auto outer_join(const Table<K2, V2>& other, F joiner, Options... options) const {
    return join_tables<JoinKind::outer>(*this, other, std::move(joiner), options...);
  }

  /// Not for users: for operators of this library in other headers.
  const TableInner<K, V>& inner() const { return inner_; }

 protected:
  template <class V2>
  Stream<K, V2> as_stream(Named named) const {
    StreamInner<K, V2> stream;
    static_cast<HandlePlace&>(stream) = inner_;
    stream.name = inner_.state->name_or_next(named.name, "KTABLE-TOSTREAM-");
    stream.keys = inner_.keys;
    stream.values = inner_.values;
    stream.node = inner_.state->add(
        inner_.node, processor_node(stream.name, [] { return std::make_unique<ToStreamNode<K, V, V2>>(); }));
    return Stream<K, V2>(std::move(stream));
  }

  template <class F, class... Options>
  auto filtered(F predicate, bool wanted, const Options&... options) const {
    if constexpr (PredicateCheck<F, K, V>::ok) {
      TablePredicate<K, V> keeps = [predicate = std::move(predicate), wanted](const K& key, const V& value) {
        return static_cast<bool>(call(predicate, Record<K, V>(key, value, {}))) == wanted;
      };
      TableFunction<K, V, V> function = [keeps](const K& key, const V& value) {
        return keeps(key, value) ? std::optional<V>(value) : std::nullopt;
      };
      auto versioned = std::make_shared<bool>(false);
      return derived<V>(
          "KTABLE-FILTER-", std::move(function),
          [keeps, versioned](const DerivedTableView<K, V, V>& view) {
            return std::make_unique<TableFilterNode<K, V>>(view.settings(), *versioned, keeps, view.store(),
                                                           view.keys(), view.values());
          },
          versioned, options...);
    } else {
      return Broken{};
    }
  }

  /// A table whose values `function` makes of this one's; `make` makes its node. `versioned` is for a filter, which is
  /// told there whether the tables above it are.
  template <class U, class Make, class... Options>
  Table<K, U> derived(std::string_view prefix, TableFunction<K, V, U> function, Make make,
                      const std::shared_ptr<bool>& versioned, const Options&... options) const {
    only_options<Named, Materialized>::template check<Options...>();
    auto materialized = option<Materialized>(options...);
    auto& state = *inner_.state;
    state.expect_open();
    if (has_option<Materialized, Options...> && materialized.name.empty())
      state.next_store_name(prefix);  // as numbered by Kafka Streams
    TableInner<K, U> next;
    static_cast<HandlePlace&>(next) = inner_;
    next.name = state.name_or_next(option<Named>(options...).name, prefix);
    next.keys = materialized.keys.template as<K>(next.name);
    if (!next.keys) next.keys = inner_.keys;
    next.values = materialized.values.template as<U>(next.name);
    if constexpr (std::is_same_v<U, V>)
      if (!next.values && versioned) next.values = inner_.values;
    next.queryable = materialized.name;
    std::optional<StoreSpec> spec;
    if (!next.queryable.empty()) {
      next.keys = serde_or_default(next.keys, next.name, "key");
      next.values = serde_or_default(next.values, next.name, "value");
      spec = materialized.spec(next.queryable);
    }
    auto view = std::make_shared<DerivedTableView<K, V, U>>(inner_.view, std::move(function), next.queryable, next.keys,
                                                            next.values);
    next.view = view;
    // Where old values are to be had anyway, a filter need not tell of keys that it never let through.
    if (versioned && inner_.view->enable_old_values(false)) view->enable_old_values(false);
    auto node = processor_node(
        next.name, [view, make = std::move(make)] { return make(*view); }, std::move(spec));
    if (has_option<Materialized, Options...>) node.output_versioned = materialized.history.has_value();
    if (versioned) node.on_versioned_parent = [versioned](const std::string&) { *versioned = true; };
    next.node = state.add(inner_.node, std::move(node));
    return Table<K, U>(std::move(next));
  }

  TableInner<K, V> inner_;
};

/// A table that never deletes: what it gives as a stream has no nulls.
template <class K, class V>
class LastingTable : public Table<K, V> {
 public:
  using Table<K, V>::Table;
  explicit LastingTable(Table<K, V> table) : Table<K, V>(std::move(table)) {}

  /// The updates as a stream.
  Stream<K, V> to_stream(Named named = {}) const { return this->template as_stream<V>(std::move(named)); }
  template <class F>
  requires(!std::is_same_v<F, Named>) auto to_stream(F selector, Named named = {}) const {
    return to_stream(std::move(named)).select_key(std::move(selector));
  }

  /// As Table::suppress; stays lasting.
  template <class S>
  auto suppress(S suppressed) const {
    return LastingTable(suppress_table(this->inner_, suppressed));
  }

  /// As Table::map_values; stays lasting unless the function returns std::optional.
  template <class F, class... Options>
  auto map_values(F function, Options... options) const {
    auto mapped = Table<K, V>::map_values(function, options...);
    if constexpr (FunctionCheck<F, K, V>::ok) {
      if constexpr (!is_optional_v<std::remove_cvref_t<call_result_t<F, K, V>>>) {
        return LastingTable<K, typename decltype(mapped)::Value>(std::move(mapped));
      } else {
        return mapped;
      }
    } else {
      return mapped;
    }
  }
};

/// A table that every process holds whole, read from its topic before anything else starts. Only streams join with it.
template <class K, class V>
class GlobalTable {
 public:
  explicit GlobalTable(GlobalInner<K, V> inner) : inner_(std::move(inner)) {}
  const GlobalInner<K, V>& inner() const { return inner_; }

 private:
  GlobalInner<K, V> inner_;
};

/// Adds a table that takes the records of `parent` (a stream's node, or a topic's source) for its updates.
template <class KR, class VR>
auto table_from(TableInner<strip_optional_t<KR>, strip_optional_t<VR>> table, std::size_t parent,
                const std::string& topic, std::string source, Step source_step, StoreSpec spec, bool queryable) {
  using K = strip_optional_t<KR>;
  using V = strip_optional_t<VR>;
  auto view = std::make_shared<SourceTableView<K, V>>(table.name, spec.name, queryable, *table.keys, table.values);
  table.view = view;
  if (queryable) table.queryable = spec.name;
  Step step = [view] {
    return std::make_unique<TableSourceNode<KR, VR>>(view->settings(), view->store(), view->keys(), view->values());
  };
  auto node = table_node(table.name, {topic, std::move(source), std::move(source_step)}, std::move(step),
                         std::move(spec), [view] { return view->settings().materialized; });
  table.node = table.state->add(parent, std::move(node));
  return table;
}

/// Stream::to_table.
template <class KR, class VR, class... Options>
auto stream_to_table(const Stream<KR, VR>& stream, const Options&... options) {
  using K = strip_optional_t<KR>;
  using V = strip_optional_t<VR>;
  only_options<Named, Materialized>::template check<Options...>();
  auto materialized = option<Materialized>(options...);
  auto from = stream.inner();
  auto& state = *from.state;
  state.expect_open();
  TableInner<K, V> table;
  table.state = from.state;
  table.name = state.name_or_next(option<Named>(options...).name, "KSTREAM-TOTABLE-");
  auto store = materialized.name.empty() ? state.next_store_name("KSTREAM-TOTABLE-") : materialized.name;
  auto keys = materialized.keys.template as<K>(table.name);
  auto values = materialized.values.template as<V>(table.name);
  table.keys = serde_or_default(keys ? keys : from.keys, table.name, "key");
  table.values = serde_or_default(values ? values : from.values, table.name, "value");
  if (from.repartition)
    from = behind_repartition(from, state.repartition_names(table.name), LogicalNode::Kind::repartition, *table.keys,
                              *table.values);
  table.sources = from.sources;
  auto made =
      table_from<KR, VR>(std::move(table), from.node, {}, {}, {}, materialized.spec(store), !materialized.name.empty());
  if constexpr (is_optional_v<VR>) {
    return Table<K, V>(std::move(made));
  } else {
    return LastingTable<K, V>(std::move(made));
  }
}

}  // namespace cryptostream
