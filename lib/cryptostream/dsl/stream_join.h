// Stream-stream joins: join, left_join and outer_join of two streams within windows.
#pragma once

#include <cryptostream/data/windows.h>
#include <cryptostream/dsl/handles.h>
#include <cryptostream/dsl/options.h>
#include <cryptostream/dsl/stream.h>
#include <cryptostream/graph/call_joiner.h>
#include <cryptostream/graph/stream_join_nodes.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// Names of the nodes and stores of one stream-stream join, taken from the counter in Kafka Streams' order.
struct StreamJoinNames {
  StreamJoinNames(BuilderState& state, const StreamJoined& joined, JoinKind kind);
  std::string left_side, right_side;  // the nodes that fill the window stores
  std::string left, right, merge;
  std::string left_store, right_store, unmatched_store;
};

/// The window store of one side.
StoreSpec join_window_store(std::string name, const JoinWindows& windows, const StreamJoined& joined);
/// The store for what a left or outer join has not matched.
StoreSpec join_unmatched_store(std::string name, const StreamJoined& joined);

/// The stream partitioned by its present key, for a join: itself, if the key is still that of its topic. `topic`: the
/// name of the repartition, if the join has one.
template <class K, class V>
StreamInner<K, V> repartitioned_for_join(const StreamInner<K, V>& stream, const std::string& topic,
                                         const Serde<strip_optional_t<K>>& keys,
                                         const Serde<strip_optional_t<V>>& values) {
  if (!stream.repartition) return stream;
  const auto& name = topic.empty() ? stream.name : topic;
  auto spec = stream.state->repartition_names(name);  // takes its numbers even where they are not used
  if (*stream.shared_repartition && name == stream.name) {
    auto shared = stream;
    shared.node = **stream.shared_repartition;
    shared.name = stream.state->node(shared.node).repartition.source;
    shared.set_source(shared.name);
    shared.repartition = false;
    shared.keys = keys;
    shared.values = values;
    shared.key_untouched = true;
    shared.renew();
    return shared;
  }
  auto behind = behind_repartition(stream, std::move(spec), LogicalNode::Kind::repartition, keys, values);
  *stream.shared_repartition = behind.node;
  return behind;
}

namespace stream_join_detail {

template <class J, class KL, class VL, class KR, class VR>
void add_nodes(const StreamInner<KL, VL>& left, const StreamInner<KR, VR>& right, const StreamJoinNames& names,
               std::shared_ptr<const StreamJoinPlan<J>> plan, StoreSpec left_store, StoreSpec right_store,
               std::optional<StoreSpec> unmatched_store, std::size_t& merge) {
  auto side = [&](std::size_t parent, std::string name, Step step) {
    auto node = processor_node(std::move(name), std::move(step));
    node.kind = LogicalNode::Kind::window_side;
    left.state->add(parent, std::move(node));
  };
  side(left.node, names.left_side,
       [plan] { return std::make_unique<WindowSideNode<KL, VL>>(plan->left_store, plan->keys, plan->lefts); });
  side(right.node, names.right_side,
       [plan] { return std::make_unique<WindowSideNode<KR, VR>>(plan->right_store, plan->keys, plan->rights); });

  LogicalNode node;
  node.kind = LogicalNode::Kind::stream_join;
  node.name = names.merge;
  node.left_side = names.left_side;
  node.right_side = names.right_side;
  node.relaxes_null_keys = J::left_waits || J::right_waits;
  auto single_store = std::make_shared<bool>(false);
  if constexpr (std::is_same_v<KL, KR> && std::is_same_v<VL, VR>)
    node.on_optimize = [single_store] { *single_store = true; };
  node.write = [names, plan, single_store, left_store = std::move(left_store), right_store = std::move(right_store),
                unmatched_store = std::move(unmatched_store)](TopologyWriter& to, const std::vector<std::string>&) {
    if constexpr (std::is_same_v<KL, KR> && std::is_same_v<VL, VR>)
      if (*single_store) {
        to.add_processor(names.merge, [plan] { return std::make_unique<SelfJoinNode<J, KL, VL>>(plan); },
                         {names.left_side});
        to.add_store(left_store, {names.left_side, names.merge});
        return;
      }
    to.add_processor(names.left, [plan] { return std::make_unique<JoinSideNode<J, true, KL, VL>>(plan); },
                     {names.left_side});
    to.add_processor(names.right, [plan] { return std::make_unique<JoinSideNode<J, false, KR, VR>>(plan); },
                     {names.right_side});
    to.add_processor(names.merge, [] { return std::make_unique<JoinMergeNode<typename J::OutKey, typename J::Out>>(); },
                     {names.left, names.right});
    to.add_store(left_store, {names.left_side, names.right});
    to.add_store(right_store, {names.right_side, names.left});
    if (unmatched_store) to.add_store(*unmatched_store, {names.left, names.right});
  };
  merge = left.state->add({left.node, right.node}, std::move(node));
}

}  // namespace stream_join_detail

/// Stream::join, left_join and outer_join with a stream. The joiner takes (L, R) or (K, L, R); what may be absent comes
/// as std::optional.
template <JoinKind kind, class KL, class VL, class KR, class VR, class F, class... Options>
auto join_streams(const Stream<KL, VL>& left_stream, const Stream<KR, VR>& right_stream, F joiner,
                  const JoinWindows& windows, const Options&... options) {
  only_options<StreamJoined>::check<Options...>();
  using Key = strip_optional_t<KL>;
  using LV = strip_optional_t<VL>;
  using RV = strip_optional_t<VR>;
  static_assert(std::is_same_v<Key, strip_optional_t<KR>>,
                "cryptostream: the two streams to join have keys of different types: select_key one of them first");
  constexpr bool left_waits = kind != JoinKind::inner, right_waits = kind == JoinKind::outer;
  // Records without a key come through on a side that waits.
  constexpr bool no_key = (left_waits && is_optional_v<KL>) || (right_waits && is_optional_v<KR>);
  using OutKey = std::conditional_t<no_key, std::optional<Key>, Key>;
  using L = std::conditional_t<right_waits, std::optional<LV>, LV>;
  using R = std::conditional_t<left_waits, std::optional<RV>, RV>;
  if constexpr (!std::is_same_v<Key, strip_optional_t<KR>> || !JoinerCheck<F, OutKey, L, R>::ok) {
    return Broken{};
  } else {
    using Out = join_result_t<F, OutKey, L, R>;
    using J = StreamJoinTypes<OutKey, L, R, Out, left_waits, right_waits>;
    auto left = left_stream.inner();
    auto right = right_stream.inner();
    auto& state = *left.state;
    state.expect_open();
    if (left.state != right.state) throw std::logic_error("join: the two streams come from different StreamsBuilders");
    StreamJoined joined = option<StreamJoined>(options...);
    auto where = joined.name.empty() ? "join of " + left.name + " and " + right.name : joined.name;
    auto known_keys = left.keys ? left.keys : right.keys;
    auto given_keys = joined.keys.as<Key>(where);
    auto given_lefts = joined.values.as<LV>(where);
    auto given_rights = joined.other_values.as<RV>(where);
    auto keys = serde_or_default(given_keys ? given_keys : known_keys, where, "key");
    auto lefts = serde_or_default(given_lefts ? given_lefts : left.values, where, "value");
    auto rights = serde_or_default(given_rights ? given_rights : right.values, where, "other_value");

    left = repartitioned_for_join(left, joined.name.empty() ? joined.name : joined.name + "-left", keys, lefts);
    right = repartitioned_for_join(right, joined.name.empty() ? joined.name : joined.name + "-right", keys, rights);
    auto sources = left.sources;
    sources.insert(right.sources.begin(), right.sources.end());
    state.copartition(sources);

    StreamJoinNames names(state, joined, kind);
    auto plan = std::make_shared<const StreamJoinPlan<J>>(
        StreamJoinPlan<J>{{windows.before(), windows.after(), windows.grace()},
                          names.left_store,
                          names.right_store,
                          names.unmatched_store,
                          keys,
                          lefts,
                          rights,
                          boxed_joiner<OutKey, L, R>(std::move(joiner))});
    std::optional<StoreSpec> unmatched;
    if (left_waits) unmatched = join_unmatched_store(names.unmatched_store, joined);
    StreamInner<OutKey, Out> result;
    stream_join_detail::add_nodes<J>(
        left, right, names, std::move(plan), join_window_store(names.left_store, windows, joined),
        join_window_store(names.right_store, windows, joined), std::move(unmatched), result.node);
    result.state = left.state;
    result.name = names.merge;
    result.sources = std::move(sources);
    result.keys = std::move(keys);
    return Stream<OutKey, Out>(std::move(result));
  }
}

}  // namespace cryptostream
