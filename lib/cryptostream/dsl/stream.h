// Stream<K, V>: a handle on an unbounded sequence of records, and the operators on it.
#pragma once

#include <cryptostream/data/windows.h>
#include <cryptostream/dsl/builder_state.h>
#include <cryptostream/dsl/handles.h>
#include <cryptostream/dsl/options.h>
#include <cryptostream/graph/stateless.h>
#include <cryptostream/graph/topic_nodes.h>

#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptostream {

/// What an operator returns after a mistake that a static_assert has named: swallows the rest of the chain, so that the
/// mistake is the only error.
// clang-format off
struct Broken {
  template <class... Args> Broken filter(Args&&...) const { return {}; }
  template <class... Args> Broken filter_not(Args&&...) const { return {}; }
  template <class... Args> Broken map(Args&&...) const { return {}; }
  template <class... Args> Broken map_values(Args&&...) const { return {}; }
  template <class... Args> Broken flat_map(Args&&...) const { return {}; }
  template <class... Args> Broken flat_map_values(Args&&...) const { return {}; }
  template <class... Args> Broken select_key(Args&&...) const { return {}; }
  template <class... Args> Broken peek(Args&&...) const { return {}; }
  template <class... Args> Broken merge(Args&&...) const { return {}; }
  template <class... Args> Broken drop_absent(Args&&...) const { return {}; }
  template <class... Args> Broken split(Args&&...) const { return {}; }
  template <class... Args> Broken branch(Args&&...) const { return {}; }
  template <class... Args> Broken repartition(Args&&...) const { return {}; }
  template <class... Args> Broken group_by(Args&&...) const { return {}; }
  template <class... Args> Broken group_by_key(Args&&...) const { return {}; }
  template <class... Args> Broken windowed_by(Args&&...) const { return {}; }
  template <class... Args> Broken emit(Args&&...) const { return {}; }
  template <class... Args> Broken count(Args&&...) const { return {}; }
  template <class... Args> Broken reduce(Args&&...) const { return {}; }
  template <class... Args> Broken aggregate(Args&&...) const { return {}; }
  template <class... Args> Broken cogroup(Args&&...) const { return {}; }
  template <class... Args> Broken join(Args&&...) const { return {}; }
  template <class... Args> Broken left_join(Args&&...) const { return {}; }
  template <class... Args> Broken outer_join(Args&&...) const { return {}; }
  template <class... Args> Broken suppress(Args&&...) const { return {}; }
  template <class... Args> Broken process(Args&&...) const { return {}; }
  template <class... Args> Broken process_values(Args&&...) const { return {}; }
  template <class... Args> Broken to_table(Args&&...) const { return {}; }
  template <class... Args> Broken to_stream(Args&&...) const { return {}; }
  template <class... Args> void for_each(Args&&...) const {}
  template <class... Args> void to(Args&&...) const {}
};
// clang-format on

template <class T>
struct KeyValueParts {
  static constexpr bool is = false;
};
template <class K, class V>
struct KeyValueParts<KeyValue<K, V>> {
  static constexpr bool is = true;
  using Key = K;
  using Value = V;
};

/// What a function's result is handed on as: by reference where it returned one, and text literals as std::string.
template <class R>
using Passed = std::conditional_t<
    std::is_same_v<std::decay_t<R>, const char*>, std::string,
    std::conditional_t<std::is_lvalue_reference_v<R>, const std::remove_cvref_t<R>&, std::remove_cvref_t<R>>>;

template <class K, class V>
class SplitStream;

/// True if a stream of K and V may stand where one of K2 and V2 is asked for: equal but for an added std::optional.
template <class K, class V, class K2, class V2>
concept Widens = (std::is_same_v<K, K2> || std::is_same_v<std::optional<K>, K2>)&&(
    std::is_same_v<V, V2> || std::is_same_v<std::optional<V>, V2>)&&!(std::is_same_v<K, K2> && std::is_same_v<V, V2>);

/// A stream of records with keys K and values V (std::optional where they may be null). Copies are handles on the same
/// stream; using it twice sends its records both ways. Functions receive `const V&` if they accept that, else `(const
/// K&, const V&)`, else `const Record<K, V>&`; they are called as const, copied once a task, and an exception makes the
/// record a bad one (ErrorPolicies). Each operator names its node after `Named`, else by kind and number as Kafka
/// Streams does.
template <class K, class V>
class Stream {
 public:
  using Key = K;
  using Value = V;

  explicit Stream(StreamInner<K, V> inner) : inner_(std::move(inner)) {}

  /// Keeps the records for which `predicate` is true.
  template <class F>
  auto filter(F predicate, Named named = {}) const {
    return filtered(std::move(predicate), true, std::move(named));
  }
  /// Keeps the records for which `predicate` is false.
  template <class F>
  auto filter_not(F predicate, Named named = {}) const {
    return filtered(std::move(predicate), false, std::move(named));
  }

  /// A new value for each record; the key stays. A function that returns a reference (a pointer to a member does)
  /// copies nothing; what it refers to must live as long as the record.
  template <class F>
  auto map_values(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      using R = call_result_t<F, K, V>;
      static_assert(!std::is_void_v<R>, "cryptostream: map_values needs a function that returns the new value");
      using Returned = Passed<R>;
      return then<K, std::remove_cvref_t<Returned>, MapValuesNode<K, V, Returned>>(
          "KSTREAM-MAPVALUES-", std::move(named), Effect::value, boxed<Returned>(std::move(function)));
    } else {
      return Broken{};
    }
  }

  /// A new key for each record; the value stays. References as in map_values.
  template <class F>
  auto select_key(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      using R = call_result_t<F, K, V>;
      static_assert(!std::is_void_v<R>, "cryptostream: select_key needs a function that returns the new key");
      using Returned = Passed<R>;
      return then<std::remove_cvref_t<Returned>, V, SelectKeyNode<K, V, Returned>>(
          "KSTREAM-KEY-SELECT-", std::move(named), Effect::key, boxed<Returned>(std::move(function)));
    } else {
      return Broken{};
    }
  }

  /// A new key and value for each record: the function returns `KeyValue{key, value}`.
  template <class F>
  auto map(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      using R = std::remove_cvref_t<call_result_t<F, K, V>>;
      if constexpr (KeyValueParts<R>::is) {
        using K2 = typename KeyValueParts<R>::Key;
        using V2 = typename KeyValueParts<R>::Value;
        return then<K2, V2, MapNode<K, V, K2, V2>>("KSTREAM-MAP-", std::move(named), Effect::both,
                                                   boxed<R>(std::move(function)));
      } else {
        static_assert(KeyValueParts<R>::is,
                      "cryptostream: map needs a function that returns cryptostream::KeyValue{key, value}");
        return Broken{};
      }
    } else {
      return Broken{};
    }
  }

  /// Any number of records for each: the function returns a range of KeyValue.
  template <class F>
  auto flat_map(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      using R = std::remove_cvref_t<call_result_t<F, K, V>>;
      if constexpr (std::ranges::range<R>) {
        using Element = std::remove_cvref_t<std::ranges::range_reference_t<R>>;
        if constexpr (KeyValueParts<Element>::is) {
          return then<typename KeyValueParts<Element>::Key, typename KeyValueParts<Element>::Value,
                      FlatMapNode<K, V, R>>("KSTREAM-FLATMAP-", std::move(named), Effect::both,
                                            boxed<R>(std::move(function)));
        } else {
          static_assert(KeyValueParts<Element>::is,
                        "cryptostream: flat_map needs a function that returns a range of cryptostream::KeyValue");
          return Broken{};
        }
      } else {
        static_assert(std::ranges::range<R>,
                      "cryptostream: flat_map needs a function that returns a range of cryptostream::KeyValue");
        return Broken{};
      }
    } else {
      return Broken{};
    }
  }

  /// Any number of values for each record, all with its key: the function returns a range.
  template <class F>
  auto flat_map_values(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      using R = std::remove_cvref_t<call_result_t<F, K, V>>;
      if constexpr (std::ranges::range<R>) {
        return then<K, std::remove_cvref_t<std::ranges::range_reference_t<R>>, FlatMapValuesNode<K, V, R>>(
            "KSTREAM-FLATMAPVALUES-", std::move(named), Effect::value, boxed<R>(std::move(function)));
      } else {
        static_assert(std::ranges::range<R>,
                      "cryptostream: flat_map_values needs a function that returns a range of values");
        return Broken{};
      }
    } else {
      return Broken{};
    }
  }

  /// Calls `function` for each record and passes it on.
  template <class F>
  auto peek(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      return then<K, V, PeekNode<K, V>>("KSTREAM-PEEK-", std::move(named), Effect::none,
                                        boxed<void>(std::move(function)));
    } else {
      return Broken{};
    }
  }

  /// Calls `function` for each record; the end of the line. Repeated after a crash for records that were not committed.
  template <class F>
  void for_each(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok)
      then<K, V, PeekNode<K, V>>("KSTREAM-FOREACH-", std::move(named), Effect::none, boxed<void>(std::move(function)));
  }

  /// The records of both streams, in no particular order between them. Keys and values may be absent where they may in
  /// either.
  template <class K2, class V2>
  auto merge(const Stream<K2, V2>& other, Named named = {}) const {
    static_assert(
        std::is_same_v<strip_optional_t<K>, strip_optional_t<K2>> &&
            std::is_same_v<strip_optional_t<V>, strip_optional_t<V2>>,
        "cryptostream: merge needs two streams with the same types of keys and values: map one of them first");
    if (inner_.state != other.inner().state)
      throw std::logic_error("merge: the two streams come from different StreamsBuilders");
    using MK = std::conditional_t<is_optional_v<K>, K, K2>;
    using MV = std::conditional_t<is_optional_v<V>, V, V2>;
    if constexpr (!std::is_same_v<MK, K> || !std::is_same_v<MV, V>) {
      return widened<MK, MV>().merge(other, std::move(named));
    } else if constexpr (!std::is_same_v<MK, K2> || !std::is_same_v<MV, V2>) {
      return merge(other.template widened<MK, MV>(), std::move(named));
    } else {
      return merge_equal(other, std::move(named));
    }
  }

  /// The same stream where a wider one is asked for: keys or values that may be absent. Not an operator: describe()
  /// does not show it.
  template <class K2, class V2>
  operator Stream<K2, V2>() const requires(Widens<K, V, K2, V2>) {  // NOLINT: nothing is lost
    return widened<K2, V2>();
  }

  /// Keeps the records whose value is present, and takes the std::optional off the type.
  auto drop_absent(Named named = {}) const requires is_optional_v<V> {
    auto next = inner_.template with<K, strip_optional_t<V>>();
    next.name = inner_.state->name_or_next(named.name, "KSTREAM-FILTER-");
    next.node = inner_.state->add(inner_.node, processor_node(next.name, [] {
                                    return std::make_unique<DropAbsentNode<K, strip_optional_t<V>>>();
                                  }));
    return Stream<K, strip_optional_t<V>>(std::move(next));
  }

  /// Starts a split: each record goes to the first branch whose predicate holds. `Named` is the prefix of the branches'
  /// names.
  SplitStream<K, V> split(Named named = {}) const { return SplitStream<K, V>(*this, std::move(named)); }

  /// Sends the records through a topic "<application.id>-<name>-repartition", partitioned by their keys. Records with
  /// null keys are dropped.
  Stream<K, V> repartition(Repartitioned options = {}) const;

  /// Groups records by their present key, for an aggregation. Where an operator before may have changed the key, the
  /// aggregation sends them through a repartition topic first.
  GroupedStream<K, V> group_by_key(Grouped options = {}) const;

  /// Groups records by the key that `selector` gives. The aggregation sends them through a repartition topic first.
  template <class F>
  auto group_by(F selector, Grouped options = {}) const;

  /// Takes the stream for updates of a table: the last value of a key is its value, a null deletes it. Records with
  /// null keys are dropped. Options: Named, Materialized. Cost: a store with a changelog, and a repartition topic where
  /// the key may have changed.
  template <class... Options>
  auto to_table(Options... options) const {
    return stream_to_table(*this, options...);
  }

  /// Hands each record to a processor of the user's own: a class derived from Processor<K, V, KOut, VOut>, of which
  /// each task makes one. Takes the options Named and Stores, and before them, where P needs more than its context, a
  /// function `(P::Context&) -> P`. Cost: the stores with their changelogs; a repartition topic where keys matter
  /// behind it, for it may change them.
  template <class P, class... Given>
  auto process(Given... given) const {
    return process_stream_with<false, P>(*this, given...);
  }
  /// The same with a FixedKeyProcessor<K, V, VOut>, which changes values alone: no repartition follows.
  template <class P, class... Given>
  auto process_values(Given... given) const {
    return process_stream_with<true, P>(*this, given...);
  }

  /// Joins with the other stream's records of equal key whose times `windows` allows; for each pair `joiner` gives a
  /// value. Options: StreamJoined. Cost: two window stores with changelogs, and a repartition topic for each side whose
  /// key may have changed.
  template <class KO, class VO, class F, class... Options>
  auto join(const Stream<KO, VO>& other, F joiner, JoinWindows windows, Options... options) const {
    return join_streams<JoinKind::inner>(*this, other, std::move(joiner), windows, options...);
  }
  /// The same; a record that finds no partner is joined with an absent one when its window has closed.
  template <class KO, class VO, class F, class... Options>
  auto left_join(const Stream<KO, VO>& other, F joiner, JoinWindows windows, Options... options) const {
    return join_streams<JoinKind::left>(*this, other, std::move(joiner), windows, options...);
  }
  /// The same for both sides.
  template <class KO, class VO, class F, class... Options>
  auto outer_join(const Stream<KO, VO>& other, F joiner, JoinWindows windows, Options... options) const {
    return join_streams<JoinKind::outer>(*this, other, std::move(joiner), windows, options...);
  }

  /// Joins each record with the table's value of its key, as the table is when the record comes (or, with
  /// Joined::grace, as it was at the record's time). Records without one are left out. Options: Joined. Cost: a
  /// repartition topic where the key may have changed.
  template <class KT, class VT, class F, class... Options>
  auto join(const Table<KT, VT>& table, F joiner, Options... options) const {
    return join_with_table<JoinKind::inner>(*this, table, std::move(joiner), options...);
  }
  /// The same; without a value of the table the joiner gets an absent one.
  template <class KT, class VT, class F, class... Options>
  auto left_join(const Table<KT, VT>& table, F joiner, Options... options) const {
    return join_with_table<JoinKind::left>(*this, table, std::move(joiner), options...);
  }

  /// Joins each record with the global table's value of the key that `selector` gives for it. The stream keeps its key,
  /// and is not repartitioned. Options: Named.
  template <class KG, class VG, class S, class F, class... Options>
  auto join(const GlobalTable<KG, VG>& table, S selector, F joiner, Options... options) const {
    return join_with_global<JoinKind::inner>(*this, table, std::move(selector), std::move(joiner), options...);
  }
  template <class KG, class VG, class S, class F, class... Options>
  auto left_join(const GlobalTable<KG, VG>& table, S selector, F joiner, Options... options) const {
    return join_with_global<JoinKind::left>(*this, table, std::move(selector), std::move(joiner), options...);
  }

  /// Not for users: for operators of this library in other headers.
  const StreamInner<K, V>& inner() const { return inner_; }

  /// Writes to a topic, whose types may be wider (std::optional) but not narrower.
  void to(const KafkaTopic<K, V>& topic, Named named = {}) const {
    add_sink(topic.name(), {}, topic.key_serde(), topic.value_serde(), std::move(named));
  }

  template <class K2, class V2>
  requires(!std::is_same_v<KafkaTopic<K, V>, KafkaTopic<K2, V2>>) void to(const KafkaTopic<K2, V2>& topic,
                                                                          Named named = {}) const {
    static_assert(Widens<K, V, K2, V2>,
                  "cryptostream: this topic's keys or values are of other types than the stream's (it may only be "
                  "wider, by std::optional)");
    if constexpr (Widens<K, V, K2, V2>) widened<K2, V2>().to(topic, std::move(named));
  }

  /// Writes each record to the topic that `chooser` names; keys and values as in `like`, whose name is not used. The
  /// topics must exist.
  template <class F>
  requires callable<const F&, K, V> && std::convertible_to<call_result_t<F, K, V>, std::string>
  void to(F chooser, const KafkaTopic<K, V>& like, Named named = {}) const {
    add_sink({}, boxed<std::string>(std::move(chooser)), like.key_serde(), like.value_serde(), std::move(named));
  }

  /// Writes to a database or file, exactly once (graph/sink.h). The sink gets a sub-topology of its own; where it
  /// cannot read a topic by itself (behind a merge or an external source), a topic "<application.id>-<name>-sink" is
  /// put between.
  template <Sink S>
  void to(S sink, Named named = {}) const {
    static_assert(std::is_same_v<typename S::Value, strip_optional_t<V>>,
                  "cryptostream: this sink's rows are of another type than the stream's values: map_values first");
    static_assert(std::is_same_v<typename S::Key, strip_optional_t<K>>,
                  "cryptostream: this sink's keys are of another type than the stream's: select_key first, or give the "
                  "sink the key's type");
    inner_.state->expect_open();
    std::string external = sink.name();
    auto name = named.name.empty() ? external : named.name;  // not numbered: the target keeps positions under it
    std::function<Bridge(const std::string&)> bridge;
    if constexpr (HasDefaultSerde<strip_optional_t<K>> && HasDefaultSerde<strip_optional_t<V>>)
      bridge = [](const std::string& topic) { return topic_bridge(topic); };
    LogicalNode node;
    node.kind = LogicalNode::Kind::external_sink;
    node.name = name;
    Step step = [sink = std::move(sink)] { return std::make_unique<TypedExternalSinkNode<K, V, S>>(sink); };
    node.write = [name, external, step, bridge](TopologyWriter& to, const std::vector<std::string>& parents) {
      to.add_external_sink(name, external, step, parents, bridge);
    };
    inner_.state->add(inner_.node, std::move(node));
  }

 private:
  template <class, class>
  friend class Stream;
  template <class, class>
  friend class SplitStream;

  template <class K2, class V2>
  Stream<K2, V2> widened() const {
    static_assert(Widens<K, V, K2, V2>);
    auto wide = inner_.template with<K2, V2>();
    LogicalNode node;
    node.name = inner_.state->adapter_name(inner_.name);
    node.write = [name = node.name](TopologyWriter& to, const std::vector<std::string>& parents) {
      to.add_adapter(
          name, [] { return std::make_unique<WidenNode<K, V, K2, V2>>(); }, parents);
    };
    wide.node = inner_.state->add(inner_.node, std::move(node));
    return Stream<K2, V2>(std::move(wide));
  }

  Stream merge_equal(const Stream& other, Named named) const {
    auto merged = inner_;
    merged.name = inner_.state->name_or_next(named.name, "KSTREAM-MERGE-");
    merged.sources.insert(other.inner().sources.begin(), other.inner().sources.end());
    merged.repartition = inner_.repartition || other.inner().repartition;
    auto node = processor_node(merged.name, [] { return std::make_unique<PassNode<K, V>>(); });
    node.merges = true;
    merged.node = inner_.state->add({inner_.node, other.inner().node}, std::move(node));
    // Bytes of keys and the serdes may be used further only where both streams have the same.
    bool same_keys = inner_.keys && other.inner().keys && inner_.keys->same(*other.inner().keys);
    bool same_values = inner_.values && other.inner().values && inner_.values->same(*other.inner().values);
    if (!same_keys) merged.keys.reset();
    if (!same_values) merged.values.reset();
    merged.key_untouched = same_keys && inner_.key_untouched && other.inner().key_untouched;
    merged.renew();
    return Stream(std::move(merged));
  }

  /// What an operator changes.
  enum class Effect : std::uint8_t { none, key, value, both };

  static Bridge topic_bridge(const std::string& topic) {
    const auto& keys = default_serde<strip_optional_t<K>>();
    const auto& values = default_serde<strip_optional_t<V>>();
    return {[topic, keys, values] { return std::make_unique<SinkNode<K, V>>(topic, nullptr, keys, values, false); },
            [keys, values] { return std::make_unique<TypedSourceNode<K, V>>(keys, values); }};
  }

  template <class R, class F>
  static RecordFunction<K, V, R> boxed(F function) {
    return [function = std::move(function)](const Record<K, V>& record) -> R {
      if constexpr (std::is_void_v<R>) {
        call(function, record);
      } else {
        return call(function, record);
      }
    };
  }

  template <class K2, class V2, class N, class F>
  Stream<K2, V2> then(std::string_view prefix, Named named, Effect effect, F function) const {
    inner_.state->expect_open();
    auto next = inner_.template with<K2, V2>();
    bool new_key = effect == Effect::key || effect == Effect::both;
    bool new_value = effect == Effect::value || effect == Effect::both;
    next.name = inner_.state->name_or_next(named.name, prefix);
    auto node = processor_node(next.name, [function = std::move(function)] { return std::make_unique<N>(function); });
    node.changes_key = new_key;
    node.changes_value = new_value && !new_key;
    next.node = inner_.state->add(inner_.node, std::move(node));
    next.repartition = inner_.repartition || new_key;
    if (new_key) {
      next.keys.reset();
      next.key_untouched = false;
    }
    if (new_value) next.values.reset();
    return Stream<K2, V2>(std::move(next));
  }

  template <class F>
  auto filtered(F predicate, bool wanted, Named named) const {
    if constexpr (PredicateCheck<F, K, V>::ok) {
      return then<K, V, FilterNode<K, V>>("KSTREAM-FILTER-", std::move(named), Effect::none,
                                          predicate_box(std::move(predicate), wanted));
    } else {
      return Broken{};
    }
  }
  template <class F>
  static RecordFunction<K, V, bool> predicate_box(F predicate, bool wanted) {
    return [predicate = std::move(predicate), wanted](const Record<K, V>& record) {
      return static_cast<bool>(call(predicate, record)) == wanted;
    };
  }

  void add_sink(std::string topic, typename SinkNode<K, V>::Chooser chooser,
                const typename SinkNode<K, V>::KeySerde& keys, const typename SinkNode<K, V>::ValueSerde& values,
                Named named) const {
    auto name = inner_.state->name_or_next(named.name, "KSTREAM-SINK-");
    bool keep_key = inner_.key_untouched && inner_.keys && inner_.keys->same(keys);
    Step step = [topic, chooser = std::move(chooser), keys, values, keep_key] {
      return std::make_unique<SinkNode<K, V>>(topic, chooser, keys, values, keep_key, true);
    };
    inner_.state->add(inner_.node, sink_node(std::move(name), std::move(topic), std::move(step)));
  }

  StreamInner<K, V> inner_;
};

/// A split in the making; `default_branch` or `no_default_branch` ends it and gives the branches by name.
template <class K, class V>
class SplitStream {
 public:
  using Branches = std::map<std::string, Stream<K, V>>;

  SplitStream(Stream<K, V> stream, Named named) : stream_(std::move(stream)), prefix_(std::move(named.name)) {
    stream_.inner_.state->expect_open();
    prefix_ = stream_.inner_.state->name_or_next(prefix_, "KSTREAM-BRANCH-");
  }

  /// Adds a branch, named prefix + `name` (default: its number, from 1).
  template <class F>
  SplitStream& branch(F predicate, std::string name = {}) & {
    if constexpr (PredicateCheck<F, K, V>::ok)
      add(Stream<K, V>::predicate_box(std::move(predicate), true), std::move(name), predicates_.size() + 1);
    return *this;
  }
  template <class F>
  SplitStream&& branch(F predicate, std::string name = {}) && {
    branch(std::move(predicate), std::move(name));
    return std::move(*this);
  }

  /// Records that no predicate took go to this branch, named prefix + `name` (default: 0).
  Branches default_branch(std::string name = {}) {
    add([](const Record<K, V>&) { return true; }, std::move(name), 0);
    return no_default_branch();
  }

  /// Records that no predicate took are dropped.
  Branches no_default_branch() {
    const auto& from = stream_.inner_;
    auto split = from.state->add(from.node, processor_node(prefix_, [predicates = predicates_] {
                                   return std::make_unique<SplitNode<K, V>>(predicates);
                                 }));
    Branches branches;
    for (const auto& name : names_) {
      auto branch = from;
      branch.name = name;
      branch.node = from.state->add(split, processor_node(name, [] { return std::make_unique<PassNode<K, V>>(); }));
      branch.renew();
      branches.emplace(name, Stream<K, V>(std::move(branch)));
    }
    return branches;
  }

 private:
  void add(RecordFunction<K, V, bool> predicate, std::string name, std::size_t number) {
    stream_.inner_.state->next_name({});  // taken but not used, as Kafka Streams does
    names_.push_back(prefix_ + (name.empty() ? std::to_string(number) : name));
    predicates_.push_back(std::move(predicate));
  }
  Stream<K, V> stream_;
  std::string prefix_;
  std::vector<std::string> names_;
  std::vector<RecordFunction<K, V, bool>> predicates_;
};

}  // namespace cryptostream
