// Joins of tables by foreign key.
#pragma once

#include <cryptostream/dsl/table.h>
#include <cryptostream/dsl/table_join.h>
#include <cryptostream/graph/call_joiner.h>
#include <cryptostream/graph/fk_join_nodes.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// Names of one foreign-key join, taken from the counter in Kafka Streams' order.
struct FkJoinNames {
  /// `name` empty: all numbered.
  FkJoinNames(BuilderState& state, const std::string& name);
  std::string subscription_topic, send, subscription_sink, subscription_source;
  std::string store, receive, respond, update;
  std::string response_topic, response_sink, response_source, resolve;
  std::string result;
};

/// One foreign-key join as the graph needs it: what its typed nodes are made by, and where it hangs.
struct FkJoinWiring {
  FkJoinNames names;
  std::size_t left = 0, right = 0;  ///< the tables' nodes
  std::set<std::string> left_sources{}, right_sources{};
  Step send{}, respond{}, update{}, resolve{};
  FkPartitioner subscription_partitioner{}, response_partitioner{};
  std::function<BytesView(BytesView)> decisive_part{};                      ///< of an encoded foreign key
  std::function<std::vector<std::string>()> left_stores{}, right_stores{};  ///< asked when the nodes are written
  std::shared_ptr<bool> left_versioned = std::make_shared<bool>(false);
  std::shared_ptr<bool> right_versioned = std::make_shared<bool>(false);
};

/// Adds all its nodes but the one that takes the results. Returns the node that gives them, and adds to `left_sources`
/// the source of responses.
std::size_t add_fk_join(BuilderState& state, FkJoinWiring& wiring);

/// A partitioner of keys as one of bytes; empty if `partitioner` is.
template <class K>
FkPartitioner fk_partitioner(ErasedPartitioner::Partitioner<K> partitioner, const Serde<K>& keys) {
  if (!partitioner) return {};
  return
      [partitioner = std::move(partitioner), keys](BytesView bytes, std::int32_t partitions) -> Result<std::int32_t> {
        K key{};
        CRYPTOSTREAM_TRY(keys.decode(bytes, key));
        return partitioner(key, partitions);
      };
}

/// Wires a join whose functions and types are settled.
template <class K, class L, class KO, class R, class O>
Table<K, O> wire_fk_join(const TableInner<K, L>& left, const TableInner<KO, R>& right, bool left_join,
                         FkSelector<K, L, KO> select, TableJoiner<K, L, R, O> joiner, const TableJoined& joined,
                         const Materialized& materialized) {
  auto& state = *left.state;
  state.expect_open();
  expect_one_builder(left, right);
  right.view->enable_old_values(true);
  left.view->enable_old_values(true);
  right.view->enable_lookup();
  left.view->enable_lookup();

  FkJoinWiring wiring{FkJoinNames(state, joined.name)};
  const auto& names = wiring.names;
  auto store = materialized.name.empty() ? state.next_store_name("KTABLE-FK-JOIN-OUTPUT-") : materialized.name;
  auto keys = serde_or_default(left.keys, left.name, "key");
  auto values = serde_or_default(left.values, left.name, "value");
  auto foreign_keys = serde_or_default(right.keys, right.name, "key");
  auto foreign_values = serde_or_default(right.values, right.name, "value");
  wiring.left = left.node;
  wiring.right = right.node;
  wiring.left_sources = left.sources;
  wiring.right_sources = right.sources;
  wiring.subscription_partitioner = fk_partitioner(joined.other.template as<KO>(names.result), foreign_keys);
  wiring.response_partitioner = fk_partitioner(joined.own.template as<K>(names.result), keys);
  wiring.decisive_part = [foreign_keys](BytesView key) { return foreign_keys.partition_part(key); };
  wiring.left_stores = [view = left.view] { return view->store_names(); };
  wiring.right_stores = [view = right.view] { return view->store_names(); };
  wiring.send = [=, versioned = wiring.left_versioned] {
    return std::make_unique<FkSendNode<K, L, KO>>(left_join, *versioned, select, keys, values, foreign_keys);
  };
  wiring.respond = [=, view = right.view] {
    return std::make_unique<FkRespondNode<KO, R>>(view->reader(), foreign_keys, foreign_values);
  };
  wiring.update = [=, versioned = wiring.right_versioned, subscriptions = names.store] {
    return std::make_unique<FkUpdateNode<KO, R>>(*versioned, subscriptions, foreign_keys, foreign_values);
  };
  wiring.resolve = [=, view = left.view] {
    return std::make_unique<FkResolveNode<K, L, R, O>>(left_join, view->reader(), joiner, keys, values, foreign_values);
  };

  TableInner<K, O> table;
  table.state = left.state;
  table.name = names.result;
  table.keys = materialized.keys.template as<K>(table.name);
  if (!table.keys) table.keys = keys;
  table.values = materialized.values.template as<O>(table.name);
  if constexpr (HasDefaultSerde<O>)
    if (!table.values) table.values = default_serde<O>();
  auto resolved = add_fk_join(state, wiring);
  table.sources = wiring.left_sources;
  return Table<K, O>(table_from<K, std::optional<O>>(std::move(table), resolved, {}, {}, {}, materialized.spec(store),
                                                     !materialized.name.empty()));
}

/// Table::join and left_join with a selector.
template <JoinKind kind, class K, class L, class KO, class R, class Selector, class Joiner, class... Options>
auto join_by_foreign_key(const Table<K, L>& left, const Table<KO, R>& right, Selector selector, Joiner joiner,
                         const Options&... options) {
  only_options<Named, TableJoined, Materialized>::template check<Options...>();
  static_assert(!has_option<Named, Options...> || !has_option<TableJoined, Options...>,
                "cryptostream: a join by foreign key has one name: give it to TableJoined");
  using RightSide = joined_side_t<R, kind != JoinKind::inner>;
  if constexpr (!FunctionCheck<Selector, K, L>::ok || !JoinerCheck<Joiner, K, L, RightSide>::ok) {
    return Broken{};
  } else if constexpr (!std::is_convertible_v<call_result_t<Selector, K, L>, std::optional<KO>>) {
    static_assert(std::is_convertible_v<call_result_t<Selector, K, L>, std::optional<KO>>,
                  "cryptostream: the selector must return a key of the other table, or a std::optional of one");
    return Broken{};
  } else {
    using O = strip_optional_t<join_result_t<Joiner, K, L, RightSide>>;
    FkSelector<K, L, KO> select = [selector = std::move(selector)](const K& key, const L& value) -> std::optional<KO> {
      return call(selector, Record<K, L>(key, value, {}));
    };
    TableJoiner<K, L, R, O> boxed = [joiner = std::move(joiner)](const K& key, const L* l,
                                                                 const R* r) -> std::optional<O> {
      return call_joiner<Joiner, K, L, RightSide>(joiner, key, *l, joined_side<RightSide>(r));
    };
    auto joined = option<TableJoined>(options...);
    if constexpr (has_option<Named, Options...>) joined.name = option<Named>(options...).name;
    return wire_fk_join<K, L, KO, R, O>(left.inner(), right.inner(), kind == JoinKind::left, std::move(select),
                                        std::move(boxed), joined, option<Materialized>(options...));
  }
}

}  // namespace cryptostream
