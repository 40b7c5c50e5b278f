// WindowedStream and SessionStream: a grouped stream cut into windows, on the way to an aggregation.
#pragma once

#include <cryptostream/data/windowed_serde.h>
#include <cryptostream/dsl/grouped_stream.h>
#include <cryptostream/dsl/window_specs.h>
#include <cryptostream/dsl/windowed_views.h>
#include <cryptostream/graph/session_nodes.h>
#include <cryptostream/graph/sliding_window_nodes.h>
#include <cryptostream/graph/window_aggregate_nodes.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// How aggregations in windows W work on records of KR and VR: the values their aggregators see, their node, their
/// kind of store and the serde of their keys.
template <class W, class KR, class VR>
struct WindowKind {
  using Seen = VR;
  using Store = WindowStore;
  template <class A>
  using Node = TimeWindowAggregateNode<KR, VR, A, W>;
  template <class K>
  static Serde<Windowed<K>> key_serde(const Serde<K>& keys, const W& windows) {
    return TimeWindowedSerde<K>(keys, window_size(windows));
  }
};
template <class KR, class VR>
struct WindowKind<SlidingWindows, KR, VR> {
  using Seen = strip_optional_t<VR>;
  using Store = WindowStore;
  template <class A>
  using Node = SlidingWindowAggregateNode<KR, VR, A>;
  template <class K>
  static Serde<Windowed<K>> key_serde(const Serde<K>& keys, const SlidingWindows& windows) {
    return TimeWindowedSerde<K>(keys, windows.difference());
  }
};
template <class KR, class VR>
struct WindowKind<SessionWindows, KR, VR> {
  using Seen = VR;
  using Store = SessionStore;
  template <class A>
  using Node = SessionAggregateNode<KR, VR, A>;
  template <class K>
  static Serde<Windowed<K>> key_serde(const Serde<K>& keys, const SessionWindows&) {
    return SessionWindowedSerde<K>(keys);
  }
};

/// The step of a windowed aggregation's node.
template <class KR, class VR, class View, class K, class V, class A, class W>
Step window_step(std::shared_ptr<View> view, WindowAggregationPlan<K, V, A, W> plan) {
  using Made = typename WindowKind<W, KR, VR>::template Node<A>;
  return [view = std::move(view), plan = std::move(plan)]() -> std::unique_ptr<Node> {
    if constexpr (std::is_same_v<W, SessionWindows>) {
      return std::make_unique<Made>(view->settings(), plan);
    } else {
      return std::make_unique<Made>(view->settings(), plan, window_size(plan.windows));
    }
  };
}

/// Adds an aggregation of a group in windows.
template <class KR, class VR, class W, class A, class... Options>
TableInner<Windowed<strip_optional_t<KR>>, A> add_windowed(
    const GroupedInner<KR, VR>& group, const W& windows, Emission emission, std::string_view prefix, bool burns,
    Aggregation<strip_optional_t<KR>, typename WindowKind<W, KR, VR>::Seen, A> aggregation,
    const std::optional<Serde<A>>& values, const Options&... options) {
  using K = strip_optional_t<KR>;
  using Windowing = WindowKind<W, KR, VR>;
  auto& state = *group.stream.state;
  AggregationNames<K, A> names(state, prefix, burns, group.stream.keys, values, options...);
  auto spec = window_store(option<Materialized>(options...), names.store, windows, emission);
  auto parent = behind_group(group, names.store);
  auto view =
      std::make_shared<WindowedTableView<typename Windowing::Store, K, A>>(names.store, names.keys, names.values);
  WindowAggregationPlan<K, typename Windowing::Seen, A, W> plan{windows,     emission,   std::move(aggregation),
                                                                names.store, names.keys, names.values};
  auto node = processor_node(names.node, window_step<KR, VR>(view, std::move(plan)), spec);
  node.output_versioned = false;
  node.window_grace = window_grace(windows);
  TableInner<Windowed<K>, A> table;
  table.state = group.stream.state;
  table.node = state.add(parent.node, std::move(node));
  table.name = names.node;
  table.sources = parent.sources;
  table.keys = Windowing::template key_serde<K>(names.keys, windows);
  table.values = names.values;
  table.view = view;
  table.queryable = names.queryable;
  return table;
}

/// A grouped stream in windows W (TimeWindows, UnlimitedWindows, SlidingWindows). Each aggregation makes a table with a
/// value for each key and window. A record that comes when its window has closed (stream time has passed the window's
/// end by the grace) is left out and counted as dropped, once a window. Options of each: Named, Materialized. Cost: a
/// window store with a changelog, which keeps windows as long as they can change (Materialized::retention: longer), and
/// a repartition topic where the key may have changed.
template <class K, class V, class W, Emission emission>
class WindowedStream {
 public:
  using Key = strip_optional_t<K>;
  /// What aggregators see: V itself, null values included, but for sliding windows, which leave those out.
  using Value = typename WindowKind<W, K, V>::Seen;

  WindowedStream(GroupedInner<K, V> inner, W windows) : inner_(std::move(inner)), windows_(std::move(windows)) {}

  /// When results are given: EmitStrategy::on_window_update (the default) or on_window_close.
  auto emit(EmitStrategy::OnWindowUpdate) const {
    return WindowedStream<K, V, W, Emission::on_update>(inner_, windows_);
  }
  /// Each window once, with its last value, as soon as it has closed. No result is lost, also where Kafka Streams'
  /// store forgets it first.
  auto emit(EmitStrategy::OnWindowClose) const { return WindowedStream<K, V, W, Emission::on_close>(inner_, windows_); }

  /// How many records each window of a key has had.
  template <class... Options>
  LastingTable<Windowed<Key>, std::int64_t> count(Options... options) const {
    return LastingTable<Windowed<Key>, std::int64_t>(add("KSTREAM-AGGREGATE-", !std::is_same_v<W, SlidingWindows>,
                                                         counting<Key, Value>(), std::optional<Serde<std::int64_t>>(),
                                                         options...));
  }

  /// As GroupedStream::reduce, for each window. Where the value may be absent, the reducer takes it as std::optional.
  template <class F, class... Options>
  auto reduce(F reducer, Options... options) const {
    if constexpr (ReducerCheck<F, Value>::ok) {
      using R = std::invoke_result_t<const F&, strip_optional_t<V>&, const Value&>;
      return table_handle<always_present<Value, R>>(
          add("KSTREAM-REDUCE-", false, reducing<Key, Value>(reducer), inner_.stream.values, options...));
    } else {
      return Broken{};
    }
  }

  /// As GroupedStream::aggregate, for each window.
  template <class I, class F, class... Options>
  requires std::is_invocable_v<const I&>
  auto aggregate(I initializer, F aggregator, Options... options) const {
    using S = std::remove_cvref_t<std::invoke_result_t<const I&>>;
    using A = strip_optional_t<S>;
    if constexpr (AggregatorCheck<F, S, Key, Value>::ok) {
      Aggregation<Key, Value, A> aggregation;
      aggregation.initialize = std::move(initializer);
      aggregation.add = boxed_aggregator<S, Key, Value>(std::move(aggregator));
      return table_handle<always_present<S, aggregator_result_t<F, S, Key, Value>>>(
          add("KSTREAM-AGGREGATE-", false, std::move(aggregation), std::optional<Serde<A>>(), options...));
    } else {
      return Broken{};
    }
  }
  template <class A, class F, class... Options>
  requires(!std::is_invocable_v<const A&>) auto aggregate(F aggregator, Options... options) const {
    return aggregate([] { return A{}; }, std::move(aggregator), options...);
  }

 private:
  template <class A, class... Options>
  auto add(std::string_view prefix, bool burns, Aggregation<Key, Value, A> aggregation,
           const std::optional<Serde<A>>& values, const Options&... options) const {
    return add_windowed(inner_, windows_, emission, prefix, burns, std::move(aggregation), values, options...);
  }

  GroupedInner<K, V> inner_;
  W windows_;
};

/// A grouped stream in sessions. As WindowedStream; a session grows with each record within the gap, and merges with
/// others that it reaches: those are deleted from the table, so that only results on close are lasting. Updates carry
/// no headers.
template <class K, class V, Emission emission>
class SessionStream {
 public:
  using Key = strip_optional_t<K>;
  using Value = V;  ///< what aggregators see

  SessionStream(GroupedInner<K, V> inner, SessionWindows windows)
      : inner_(std::move(inner)), windows_(std::move(windows)) {}

  /// As WindowedStream::emit.
  auto emit(EmitStrategy::OnWindowUpdate) const { return SessionStream<K, V, Emission::on_update>(inner_, windows_); }
  auto emit(EmitStrategy::OnWindowClose) const { return SessionStream<K, V, Emission::on_close>(inner_, windows_); }

  /// How many records each session has had.
  template <class... Options>
  auto count(Options... options) const {
    return table_handle<lasting>(
        add("KSTREAM-AGGREGATE-", true, counting<Key, V>(), std::optional<Serde<std::int64_t>>(), options...));
  }

  /// As WindowedStream::reduce; merged sessions are reduced with each other.
  template <class F, class... Options>
  auto reduce(F reducer, Options... options) const {
    if constexpr (ReducerCheck<F, V>::ok) {
      return table_handle<lasting>(
          add("KSTREAM-REDUCE-", false, reducing<Key, V>(reducer), inner_.stream.values, options...));
    } else {
      return Broken{};
    }
  }

  /// As GroupedStream::aggregate, for each session. `merger` adds the aggregate of one session to another one's: it
  /// takes (A&, const A&) or (const K&, A&, const A&), and changes the first or returns the sum.
  template <class I, class F, class M, class... Options>
  auto aggregate(I initializer, F aggregator, M merger, Options... options) const {
    using S = std::remove_cvref_t<std::invoke_result_t<const I&>>;
    using A = strip_optional_t<S>;
    if constexpr (AggregatorCheck<F, S, Key, V>::ok) {
      Aggregation<Key, V, A> aggregation;
      aggregation.initialize = std::move(initializer);
      aggregation.add = boxed_aggregator<S, Key, V>(std::move(aggregator));
      aggregation.merge = boxed_merger<S, Key>(std::move(merger));
      return table_handle<lasting>(
          add("KSTREAM-AGGREGATE-", false, std::move(aggregation), std::optional<Serde<A>>(), options...));
    } else {
      return Broken{};
    }
  }

 private:
  static constexpr bool lasting = emission == Emission::on_close;
  template <class A, class... Options>
  auto add(std::string_view prefix, bool burns, Aggregation<Key, V, A> aggregation,
           const std::optional<Serde<A>>& values, const Options&... options) const {
    return add_windowed(inner_, windows_, emission, prefix, burns, std::move(aggregation), values, options...);
  }

  GroupedInner<K, V> inner_;
  SessionWindows windows_;
};

}  // namespace cryptostream
