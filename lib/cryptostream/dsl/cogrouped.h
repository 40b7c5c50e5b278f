// CogroupedStream: several grouped streams of equal keys, each with its own aggregator, that make one table.
#pragma once

#include <cryptostream/dsl/windowed_stream.h>

#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptostream {

/// Stands for no windows.
struct NoWindows {};

/// One grouped stream of a cogroup with its aggregator.
template <class KR, class VR, class F>
struct CogroupMember {
  GroupedInner<KR, VR> group;
  F aggregator;
};

/// Members of one type, in a row; a cogroup is a std::tuple of such rows, so that groups of one type can be added in a
/// loop.
template <class Member>
using CogroupRow = std::vector<Member>;

/// The values that aggregators of records with VR see in windows W.
template <class W, class KR, class VR>
struct CogroupValue {
  using type = typename WindowKind<W, KR, VR>::Seen;
};
template <class KR, class VR>
struct CogroupValue<NoWindows, KR, VR> {
  using type = strip_optional_t<VR>;
};

/// True if no member of these rows can delete. S: what the initializer returns.
template <class S, class W, class Rows>
struct CogroupLasts;
template <class S, class W, class... KR, class... VR, class... F>
struct CogroupLasts<S, W, std::tuple<CogroupRow<CogroupMember<KR, VR, F>>...>> {
  static constexpr bool value =
      !std::is_same_v<W, SessionWindows> &&
      (true && ... &&
       always_present<S, aggregator_result_t<F, S, strip_optional_t<KR>, typename CogroupValue<W, KR, VR>::type>>);
};

/// What the nodes of a cogroup share.
template <class W, class K, class A, class View>
struct CogroupPlan {
  W windows;
  std::shared_ptr<View> view;
  std::string store;
  Serde<K> keys;
  Serde<A> values;
  std::function<std::optional<A>()> initialize{};
  std::function<void(const K&, std::optional<A>&, const std::optional<A>&)> merge{};
};

/// The step of one member's node. S: what the initializer returns.
template <class S, class KR, class VR, class F, class W, class K, class A, class View>
Step cogroup_step(const CogroupMember<KR, VR, F>& member, const CogroupPlan<W, K, A, View>& plan) {
  using V = typename CogroupValue<W, KR, VR>::type;
  Aggregation<K, V, A> aggregation{plan.initialize, boxed_aggregator<S, K, V>(member.aggregator), plan.merge};
  if constexpr (std::is_same_v<W, NoWindows>) {
    return [view = plan.view, aggregation, store = plan.store, keys = plan.keys, values = plan.values] {
      return std::make_unique<AggregateNode<KR, VR, A>>(view->settings(), aggregation, store, keys, values);
    };
  } else {
    return window_step<KR, VR>(
        plan.view, WindowAggregationPlan<K, V, A, W>{plan.windows, Emission::on_update, std::move(aggregation),
                                                     plan.store, plan.keys, plan.values});
  }
}

/// Adds the nodes of a cogroup: one for each member, and the one that they lead to. S: what the initializer returns.
template <class S, class TableKey, class W, class K, class A, class View, class... Rows>
TableInner<TableKey, A> add_cogroup(const std::tuple<Rows...>& rows, const CogroupPlan<W, K, A, View>& plan,
                                    const std::string& given_name, StoreSpec spec) {
  constexpr auto prefix = "COGROUPKSTREAM-AGGREGATE-";
  auto shared_state = std::get<0>(rows).front().group.stream.state;
  auto& state = *shared_state;
  std::vector<std::size_t> parents;
  std::set<std::string> sources;
  auto add_parents = [&](const auto& row) {
    for (const auto& member : row) {
      auto parent = behind_group(member.group, plan.store);
      parents.push_back(parent.node);
      sources.insert(parent.sources.begin(), parent.sources.end());
    }
  };
  std::apply([&](const auto&... row) { (add_parents(row), ...); }, rows);
  if (sources.size() > 1) state.copartition(sources);

  std::vector<std::size_t> aggregations;
  auto add_member = [&](const auto& member) {
    auto number = aggregations.size();
    auto name = state.name_or_next(given_name, prefix, "-cogroup-agg-" + std::to_string(number));
    auto step = cogroup_step<S>(member, plan);
    auto node = number == 0 ? processor_node(name, std::move(step), spec)
                            : processor_node(name, std::move(step), std::nullopt, {spec.name});
    node.output_versioned = spec.type == StoreSpec::Type::versioned;
    if constexpr (!std::is_same_v<W, NoWindows>) node.window_grace = window_grace(plan.windows);
    aggregations.push_back(state.add(parents[number], std::move(node)));
  };
  auto add_members = [&](const auto& row) {
    for (const auto& member : row) add_member(member);
  };
  std::apply([&](const auto&... row) { (add_members(row), ...); }, rows);

  TableInner<TableKey, A> table;
  table.state = shared_state;
  table.name = state.name_or_next(given_name, "COGROUPKSTREAM-MERGE-", "-cogroup-merge");
  table.node = state.add(aggregations,
                         processor_node(table.name, [] { return std::make_unique<PassNode<TableKey, Change<A>>>(); }));
  table.sources = std::move(sources);
  table.values = plan.values;
  table.view = plan.view;
  return table;
}

/// The members of a cogroup and how they are cut into windows W, if they are.
template <class K, class W, class Members>
class CogroupedWindows {
 public:
  CogroupedWindows(Members members, W windows) : members_(std::move(members)), windows_(std::move(windows)) {}

  /// Begins each key (and window) with what `initializer` returns. Sessions take a merger behind it, as
  /// SessionStream::aggregate. Options: Named, Materialized.
  template <class I, class... Options>
  requires(!std::is_same_v<W, SessionWindows>) auto aggregate(I initializer, Options... options) const {
    return add(std::move(initializer), nullptr, options...);
  }
  template <class I, class M, class... Options>
  requires(std::is_same_v<W, SessionWindows>) auto aggregate(I initializer, M merger, Options... options) const {
    return add(std::move(initializer), std::move(merger), options...);
  }

 protected:
  template <class I, class M, class... Options>
  auto add(I initializer, M merger, const Options&... options) const {
    using S = std::remove_cvref_t<std::invoke_result_t<const I&>>;
    using A = strip_optional_t<S>;
    const auto& first = std::get<0>(members_).front().group.stream;
    auto keys = first.keys;
    AggregationNames<K, A> names(StoreNumberOnly{}, *first.state, "COGROUPKSTREAM-AGGREGATE-", keys, options...);
    auto given_name = option<Named>(options...).name;
    auto materialized = option<Materialized>(options...);
    auto fill = [&](auto& plan) {
      plan.initialize = std::move(initializer);
      if constexpr (!std::is_null_pointer_v<M>) plan.merge = boxed_merger<S, K>(std::move(merger));
    };
    if constexpr (std::is_same_v<W, NoWindows>) {
      using View = StoredTableView<K, A>;
      CogroupPlan<W, K, A, View> plan{windows_, std::make_shared<View>(names.store, names.keys, names.values),
                                      names.store, names.keys, names.values};
      fill(plan);
      auto table = add_cogroup<S, K>(members_, plan, given_name, materialized.spec(names.store));
      table.keys = names.keys;
      table.queryable = names.queryable;
      return table_handle<CogroupLasts<S, W, Members>::value>(std::move(table));
    } else {
      using Windowing = WindowKind<W, K, K>;
      using View = WindowedTableView<typename Windowing::Store, K, A>;
      CogroupPlan<W, K, A, View> plan{windows_, std::make_shared<View>(names.store, names.keys, names.values),
                                      names.store, names.keys, names.values};
      fill(plan);
      auto table = add_cogroup<S, Windowed<K>>(members_, plan, given_name,
                                               window_store(materialized, names.store, windows_, Emission::on_update));
      table.keys = Windowing::template key_serde<K>(names.keys, windows_);
      table.queryable = names.queryable;
      return table_handle<CogroupLasts<S, W, Members>::value>(std::move(table));
    }
  }

  Members members_;
  W windows_;
};

/// Groups of equal keys that add to one table, each with an aggregator of its own (cf. GroupedStream::aggregate). Cost:
/// one store with a changelog, and a repartition topic for each group whose key may have changed: give those groups
/// names (Grouped).
template <class K, class Members>
class CogroupedStream : public CogroupedWindows<K, NoWindows, Members> {
 public:
  using Base = CogroupedWindows<K, NoWindows, Members>;
  explicit CogroupedStream(Members members) : Base(std::move(members), NoWindows{}) {}

  /// Adds a group; one that is there already gets the new aggregator. Each group has its own stream time: what is late
  /// is so by that.
  template <class KR, class VR, class F>
  auto cogroup(const GroupedStream<KR, VR>& group, F aggregator) const {
    static_assert(std::is_same_v<strip_optional_t<KR>, K>, "cryptostream: the groups of a cogroup need equal keys");
    using Row = CogroupRow<CogroupMember<KR, VR, F>>;
    using Last = std::tuple_element_t<std::tuple_size_v<Members> - 1, Members>;
    CogroupMember<KR, VR, F> member{group.inner(), std::move(aggregator)};
    if constexpr (std::is_same_v<Row, Last>) {
      auto members = this->members_;
      auto& row = std::get<std::tuple_size_v<Members> - 1>(members);
      Row next;  // built anew: an aggregator may be a lambda, which cannot be assigned
      bool replaced = false;
      for (auto& other : row) {
        bool same = other.group.shared_repartition == member.group.shared_repartition;
        next.push_back(same ? member : std::move(other));  // the later aggregator counts
        replaced = replaced || same;
      }
      if (!replaced) next.push_back(std::move(member));
      row = std::move(next);
      return CogroupedStream(std::move(members));
    } else {
      auto members = std::tuple_cat(this->members_, std::make_tuple(Row{std::move(member)}));
      return CogroupedStream<K, decltype(members)>(std::move(members));
    }
  }

  auto windowed_by(TimeWindows windows) const { return in(windows); }
  auto windowed_by(UnlimitedWindows windows) const { return in(windows); }
  auto windowed_by(SlidingWindows windows) const { return in(windows); }
  auto windowed_by(SessionWindows windows) const { return in(windows); }

 private:
  template <class W>
  auto in(W windows) const {
    return CogroupedWindows<K, W, Members>(this->members_, std::move(windows));
  }
};

template <class K, class V>
template <class F>
auto GroupedStream<K, V>::cogroup(F aggregator) const {
  using Row = CogroupRow<CogroupMember<K, V, F>>;
  auto members = std::make_tuple(Row{CogroupMember<K, V, F>{inner_, std::move(aggregator)}});
  return CogroupedStream<Key, decltype(members)>(std::move(members));
}

}  // namespace cryptostream
