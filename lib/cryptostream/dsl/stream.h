// Stream<K, V>: a handle on an unbounded sequence of records, and the operators on it.
#pragma once

#include <cryptostream/dsl/builder_state.h>
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

/// The name of a node, in place of the numbered one.
struct Named {
  std::string name{};
  Named() = default;
  explicit Named(std::string node_name) : name(std::move(node_name)) {}
};

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

template <class K, class V>
class SplitStream;

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

  Stream(std::shared_ptr<BuilderState> state, std::size_t node,
         std::optional<Serde<strip_optional_t<K>>> source_key_serde)
      : state_(std::move(state)), node_(node), source_key_serde_(std::move(source_key_serde)) {}

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
      using Returned =
          std::conditional_t<std::is_lvalue_reference_v<R>, const std::remove_cvref_t<R>&, std::remove_cvref_t<R>>;
      return then<K, std::remove_cvref_t<R>, MapValuesNode<K, V, Returned>>(
          "KSTREAM-MAPVALUES-", std::move(named), keeps_key, boxed<Returned>(std::move(function)));
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
      using Returned =
          std::conditional_t<std::is_lvalue_reference_v<R>, const std::remove_cvref_t<R>&, std::remove_cvref_t<R>>;
      return then<std::remove_cvref_t<R>, V, SelectKeyNode<K, V, Returned>>(
          "KSTREAM-KEY-SELECT-", std::move(named), changes_key, boxed<Returned>(std::move(function)));
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
        return then<K2, V2, MapNode<K, V, K2, V2>>("KSTREAM-MAP-", std::move(named), changes_key,
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
                      FlatMapNode<K, V, R>>("KSTREAM-FLATMAP-", std::move(named), changes_key,
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
            "KSTREAM-FLATMAPVALUES-", std::move(named), keeps_key, boxed<R>(std::move(function)));
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
      return then<K, V, PeekNode<K, V>>("KSTREAM-PEEK-", std::move(named), keeps_key, boxed<void>(std::move(function)));
    } else {
      return Broken{};
    }
  }

  /// Calls `function` for each record; the end of the line. Repeated after a crash for records that were not committed.
  template <class F>
  void for_each(F function, Named named = {}) const {
    if constexpr (FunctionCheck<F, K, V>::ok)
      then<K, V, PeekNode<K, V>>("KSTREAM-FOREACH-", std::move(named), keeps_key, boxed<void>(std::move(function)));
  }

  /// The records of both streams, in no particular order between them.
  Stream merge(const Stream& other, Named named = {}) const {
    if (state_ != other.state_) throw std::logic_error("merge: the two streams come from different StreamsBuilders");
    NodeSpec spec = processor("KSTREAM-MERGE-", named);
    spec.parents = {node_, other.node_};
    spec.step = [] { return std::make_unique<PassNode<K, V>>(); };
    auto same = source_key_serde_ && other.source_key_serde_ && source_key_serde_->same(*other.source_key_serde_);
    return Stream(state_, state_->add(std::move(spec)), same ? source_key_serde_ : std::nullopt);
  }

  /// Keeps the records whose value is present, and takes the std::optional off the type.
  auto drop_absent(Named named = {}) const requires is_optional_v<V> {
    NodeSpec spec = processor("KSTREAM-FILTER-", named);
    spec.step = [] { return std::make_unique<DropAbsentNode<K, strip_optional_t<V>>>(); };
    return Stream<K, strip_optional_t<V>>(state_, state_->add(std::move(spec)), source_key_serde_);
  }

  /// Starts a split: each record goes to the first branch whose predicate holds. `Named` is the prefix of the branches'
  /// names.
  SplitStream<K, V> split(Named named = {}) const { return SplitStream<K, V>(*this, std::move(named)); }

  /// Writes to a topic, whose types may be wider (std::optional) but not narrower.
  void to(const KafkaTopic<K, V>& topic, Named named = {}) const {
    add_sink(topic.name(), {}, topic.key_serde(), topic.value_serde(), std::move(named));
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
    state_->expect_open();
    std::string external = sink.name();
    auto name = named.name.empty() ? external : named.name;  // not numbered: the target keeps positions under it
    std::function<Bridge(const std::string&)> bridge;
    if constexpr (HasDefaultSerde<strip_optional_t<K>> && HasDefaultSerde<strip_optional_t<V>>)
      bridge = [](const std::string& topic) { return topic_bridge(topic); };
    state_->add_external_sink(
        name, external, node_,
        [sink = std::move(sink)] { return std::make_unique<TypedExternalSinkNode<K, V, S>>(sink); }, std::move(bridge));
  }

 private:
  template <class, class>
  friend class Stream;
  template <class, class>
  friend class SplitStream;
  static constexpr bool keeps_key = true;
  static constexpr bool changes_key = false;

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

  NodeSpec processor(std::string_view prefix, const Named& named) const {
    state_->expect_open();
    NodeSpec spec;
    spec.kind = NodeSpec::Kind::processor;
    spec.name = named.name.empty() ? state_->next_name(prefix) : named.name;
    spec.parents = {node_};
    return spec;
  }

  template <class K2, class V2, class N, class F>
  Stream<K2, V2> then(std::string_view prefix, Named named, bool keep_key, F function) const {
    NodeSpec spec = processor(prefix, named);
    spec.step = [function = std::move(function)] { return std::make_unique<N>(function); };
    std::optional<Serde<strip_optional_t<K2>>> key_serde;
    if constexpr (std::is_same_v<K, K2>)
      if (keep_key) key_serde = source_key_serde_;
    return Stream<K2, V2>(state_, state_->add(std::move(spec)), std::move(key_serde));
  }

  template <class F>
  auto filtered(F predicate, bool wanted, Named named) const {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      static_assert(std::is_convertible_v<call_result_t<F, K, V>, bool>, "cryptostream: a predicate must return bool");
      return then<K, V, FilterNode<K, V>>("KSTREAM-FILTER-", std::move(named), keeps_key,
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
    NodeSpec spec = processor("KSTREAM-SINK-", named);
    spec.kind = NodeSpec::Kind::sink_topic;
    if (!chooser) spec.topics = {topic};
    bool keep_key = source_key_serde_ && source_key_serde_->same(keys);
    spec.step = [topic = std::move(topic), chooser = std::move(chooser), keys, values, keep_key] {
      return std::make_unique<SinkNode<K, V>>(topic, chooser, keys, values, keep_key);
    };
    state_->add(std::move(spec));
  }

  std::shared_ptr<BuilderState> state_;
  std::size_t node_;
  std::optional<Serde<strip_optional_t<K>>> source_key_serde_;  // set while the key's bytes are still the source's
};

/// A split in the making; `default_branch` or `no_default_branch` ends it and gives the branches by name.
template <class K, class V>
class SplitStream {
 public:
  using Branches = std::map<std::string, Stream<K, V>>;

  SplitStream(Stream<K, V> stream, Named named) : stream_(std::move(stream)), prefix_(std::move(named.name)) {
    stream_.state_->expect_open();
    if (prefix_.empty()) prefix_ = stream_.state_->next_name("KSTREAM-BRANCH-");
  }

  /// Adds a branch, named prefix + `name` (default: its number, from 1).
  template <class F>
  SplitStream& branch(F predicate, std::string name = {}) & {
    if constexpr (FunctionCheck<F, K, V>::ok)
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
    auto& state = *stream_.state_;
    NodeSpec spec;
    spec.kind = NodeSpec::Kind::processor;
    spec.name = prefix_;
    spec.parents = {stream_.node_};
    spec.step = [predicates = predicates_] { return std::make_unique<SplitNode<K, V>>(predicates); };
    auto split = state.add(std::move(spec));
    Branches branches;
    for (const auto& name : names_) {
      NodeSpec child;
      child.kind = NodeSpec::Kind::processor;
      child.name = name;
      child.parents = {split};
      child.step = [] { return std::make_unique<PassNode<K, V>>(); };
      branches.emplace(name, Stream<K, V>(stream_.state_, state.add(std::move(child)), stream_.source_key_serde_));
    }
    return branches;
  }

 private:
  void add(RecordFunction<K, V, bool> predicate, std::string name, std::size_t number) {
    names_.push_back(prefix_ + (name.empty() ? std::to_string(number) : name));
    predicates_.push_back(std::move(predicate));
  }
  Stream<K, V> stream_;
  std::string prefix_;
  std::vector<std::string> names_;
  std::vector<RecordFunction<K, V, bool>> predicates_;
};

}  // namespace cryptostream
