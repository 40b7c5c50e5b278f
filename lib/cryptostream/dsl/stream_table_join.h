// Joins of a stream with a table, and with a global table.
#pragma once

#include <cryptostream/dsl/stream_join.h>
#include <cryptostream/dsl/table.h>
#include <cryptostream/graph/call_joiner.h>
#include <cryptostream/graph/stream_table_join_nodes.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// Stream::join and left_join with a table.
template <JoinKind kind, class KR, class VR, class KT, class R, class F, class... Options>
auto join_with_table(const Stream<KR, VR>& stream, const Table<KT, R>& table, F joiner, const Options&... options) {
  constexpr bool left = kind == JoinKind::left;
  using K = strip_optional_t<KR>;
  using V = strip_optional_t<VR>;
  using KO = std::conditional_t<left, KR, K>;
  using Other = std::conditional_t<left, std::optional<R>, R>;
  static_assert(
      std::is_same_v<K, KT>,
      "cryptostream: the table's keys are of another type than the stream's: select_key first, or join a global table");
  if constexpr (!std::is_same_v<K, KT> || !JoinerCheck<F, KO, V, Other>::ok) {
    return Broken{};
  } else {
    using X = join_result_t<F, KO, V, Other>;
    using Join = StreamTableJoinNode<KR, VR, KT, R, KO, X, left>;
    only_options<Joined>::template check<Options...>();
    auto joined = option<Joined>(options...);
    auto& state = *stream.inner().state;
    state.expect_open();
    if (stream.inner().state != table.inner().state)
      throw std::logic_error("join: stream and table come from different StreamsBuilders");
    auto where = joined.name.empty() ? stream.inner().name : joined.name;
    auto given_keys = joined.keys.template as<K>(where);
    auto given_values = joined.values.template as<V>(where);
    auto from = stream.inner();
    if (given_keys) from.keys = given_keys;
    if (given_values) from.values = given_values;
    if (from.repartition)
      from = repartitioned_for_join(from, joined.name, serde_or_default(from.keys, where, "key"),
                                    serde_or_default(from.values, where, "value"));

    auto view = table.inner().view;
    view->enable_lookup();
    auto next = from.template with<KO, X>();
    next.values.reset();
    next.name = state.name_or_next(joined.name, left ? "KSTREAM-LEFTJOIN-" : "KSTREAM-JOIN-");
    next.sources.insert(table.inner().sources.begin(), table.inner().sources.end());
    next.renew();
    typename Join::Grace grace;
    std::optional<StoreSpec> buffer;
    if (joined.wait) {
      next.key_untouched = false;  // what leaves the buffer is not the input record in hand
      if (!state.versioned(table.inner().node))
        throw std::invalid_argument("join \"" + next.name +
                                    "\": a grace needs a versioned table (Materialized::versioned)");
      grace = {next.name + "-Buffer", serde_or_default(from.keys, next.name, "key"),
               serde_or_default(from.values, next.name, "value")};
      buffer.emplace();
      buffer->name = grace.store;
      buffer->type = StoreSpec::Type::join_grace;
      buffer->backend = StoreBackend::rocksdb;
      buffer->retention = *joined.wait;
    }
    auto boxed = boxed_joiner<KO, V, Other>(std::move(joiner));
    auto node = processor_node(
        next.name, [view, boxed, grace] { return std::make_unique<Join>(view->reader(), nullptr, boxed, grace); },
        buffer, view->store_names());
    node.relaxes_null_keys = left;
    next.node = state.add(from.node, std::move(node));
    state.copartition(next.sources);
    return Stream<KO, X>(std::move(next));
  }
}

/// Stream::join and left_join with a global table.
template <JoinKind kind, class KR, class VR, class KT, class R, class S, class F, class... Options>
auto join_with_global(const Stream<KR, VR>& stream, const GlobalTable<KT, R>& table, S selector, F joiner,
                      const Options&... options) {
  constexpr bool left = kind == JoinKind::left;
  using V = strip_optional_t<VR>;
  using Other = std::conditional_t<left, std::optional<R>, R>;
  if constexpr (!FunctionCheck<S, KR, V>::ok || !JoinerCheck<F, KR, V, Other>::ok) {
    return Broken{};
  } else {
    static_assert(std::is_same_v<strip_optional_t<std::remove_cvref_t<call_result_t<S, KR, V>>>, KT>,
                  "cryptostream: the selector must return the global table's key (or std::optional of it)");
    using X = join_result_t<F, KR, V, Other>;
    using Join = StreamTableJoinNode<KR, VR, KT, R, KR, X, left>;
    only_options<Named>::template check<Options...>();
    auto& state = *stream.inner().state;
    state.expect_open();
    auto next = stream.inner().template with<KR, X>();
    next.values.reset();
    next.name = state.name_or_next(option<Named>(options...).name,
                                   "KSTREAM-LEFTJOIN-");  // for both kinds, as Kafka Streams calls them
    next.renew();
    typename Join::Selector select = [selector = std::move(selector)](const KR& key,
                                                                      const V& value) -> std::optional<KT> {
      return call(selector, Record<KR, V>(key, value, {}));
    };
    auto boxed = boxed_joiner<KR, V, Other>(std::move(joiner));
    auto global = table.inner();
    auto node = processor_node(next.name, [global, select, boxed] {
      return std::make_unique<Join>(std::make_unique<StoreReader<KT, R>>(global.store, global.keys, global.values),
                                    select, boxed, typename Join::Grace{});
    });
    node.relaxes_null_keys = left;
    next.node = state.add(stream.inner().node, std::move(node));
    return Stream<KR, X>(std::move(next));
  }
}

}  // namespace cryptostream
