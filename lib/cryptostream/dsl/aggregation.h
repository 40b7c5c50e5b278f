// Users' aggregators, reducers and mergers: checked, and boxed as the nodes want them.
#pragma once

#include <cryptostream/dsl/table.h>
#include <cryptostream/graph/aggregate_nodes.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// Calls an aggregator with as much of the record as it takes. S: the aggregate as it sees it, optional if it may be
/// absent.
template <class F, class S, class K, class V>
decltype(auto) call_aggregator(const F& function, S& aggregate, const Record<K, V>& record) {
  if constexpr (std::is_invocable_v<const F&, S&, const V&>) {
    return std::invoke(function, aggregate, record.value);
  } else if constexpr (std::is_invocable_v<const F&, S&, const K&, const V&>) {
    return std::invoke(function, aggregate, record.key, record.value);
  } else {
    return std::invoke(function, aggregate, record);
  }
}

/// True if F can aggregate records of K and V into S; otherwise says what is wrong.
template <class F, class S, class K, class V>
struct AggregatorCheck {
  template <class G, class Value>
  struct Takes
      : std::disjunction<std::is_invocable<G, S&, const Value&>, std::is_invocable<G, S&, const K&, const Value&>,
                         std::is_invocable<G, S&, const Record<K, Value>&>> {};
  static constexpr bool fits = Takes<const F&, V>::value;
  static constexpr bool copyable = std::is_copy_constructible_v<F>;
  static constexpr bool absent_value =
      std::conjunction_v<std::bool_constant<is_optional_v<V>>, std::negation<Takes<const F&, V>>,
                         Takes<const F&, strip_optional_t<V>>>;
  static constexpr bool is_mutable = std::conjunction_v<std::negation<Takes<const F&, V>>, Takes<F&, V>>;
  static constexpr bool checked() {
    static_assert(copyable,
                  "cryptostream: the aggregator must be copyable (each task has its own copy); share what cannot be "
                  "copied through a std::shared_ptr");
    static_assert(!is_mutable, "cryptostream: the aggregator must be callable as const: no `mutable` lambda");
    static_assert(
        !absent_value,
        "cryptostream: windows hand absent values to the aggregator too: take const std::optional<V>&, or call "
        "drop_absent() before grouping");
    static_assert(fits || is_mutable || absent_value,
                  "cryptostream: the aggregator must take (A&, const V&), (A&, const K&, const V&) or (A&, const "
                  "Record<K, V>&), A being what the initializer returns");
    return copyable && fits;
  }
  static constexpr bool ok = checked();
};

/// What an aggregator returns.
template <class F, class S, class K, class V>
using aggregator_result_t =
    decltype(call_aggregator(std::declval<const F&>(), std::declval<S&>(), std::declval<const Record<K, V>&>()));

/// Takes what a function over `state` returned for the new aggregate; nothing, if it changed `state` in place.
template <class A, class Body>
void assign_result(std::optional<A>& aggregate, const void* state, const Body& body) {
  using R = decltype(body());
  if constexpr (std::is_void_v<R>) {
    body();
  } else {
    decltype(auto) result = body();
    if constexpr (std::is_lvalue_reference_v<R>)
      if (static_cast<const void*>(&result) == state) return;
    if constexpr (is_optional_v<std::remove_cvref_t<R>>) {
      aggregate = std::forward<R>(result);
    } else {
      static_assert(std::is_convertible_v<R, A>,
                    "cryptostream: the function must return the aggregate, or change it in place");
      aggregate = A(std::forward<R>(result));
    }
  }
}

/// The state that a function sees: the aggregate itself, or the optional around it. (A key or value may be absent too,
/// so S says which.)
template <class S, class A>
auto& seen_as(std::optional<A>& aggregate) {
  if constexpr (is_optional_v<S>) {
    return aggregate;
  } else {
    return *aggregate;
  }
}
template <class S, class A>
const auto& seen_as(const std::optional<A>& aggregate) {
  if constexpr (is_optional_v<S>) {
    return aggregate;
  } else {
    return *aggregate;
  }
}

/// S: what the initializer returns.
template <class S, class K, class V, class F>
AggregateFunction<K, V, strip_optional_t<S>> boxed_aggregator(F function) {
  using A = strip_optional_t<S>;
  return [function = std::move(function)](const Record<K, V>& record, std::optional<A>& aggregate) {
    auto& state = seen_as<S>(aggregate);
    assign_result(aggregate, &state, [&]() -> decltype(auto) { return call_aggregator(function, state, record); });
  };
}

template <class S, class K, class F>
auto boxed_merger(F function) {
  using A = strip_optional_t<S>;
  return [function = std::move(function)](const K& key, std::optional<A>& into, const std::optional<A>& other) {
    auto& state = seen_as<S>(into);
    const auto& added = seen_as<S>(other);
    assign_result(into, &state, [&]() -> decltype(auto) {
      if constexpr (std::is_invocable_v<const F&, decltype(state), decltype(added)>) {
        return std::invoke(function, state, added);
      } else {
        static_assert(std::is_invocable_v<const F&, const K&, decltype(state), decltype(added)>,
                      "cryptostream: the merger must take (A&, const A&) or (const K&, A&, const A&), A being what the "
                      "initializer returns");
        return std::invoke(function, key, state, added);
      }
    });
  };
}

/// count: the number of records.
template <class K, class V>
Aggregation<K, V, std::int64_t> counting() {
  Aggregation<K, V, std::int64_t> counts;
  counts.initialize = [] { return std::optional<std::int64_t>(0); };
  counts.add = [](const Record<K, V>&, std::optional<std::int64_t>& count) { ++*count; };
  counts.merge = [](const K&, std::optional<std::int64_t>& into, const std::optional<std::int64_t>& other) {
    *into += *other;
  };
  return counts;
}

/// reduce: the first value, then what the function makes of it and each further one.
template <class K, class V, class F>
Aggregation<K, V, strip_optional_t<V>> reducing(const F& function) {
  using A = strip_optional_t<V>;
  auto add = [function](const V& value, std::optional<A>& reduced) {
    if (!reduced) {
      reduced = value;
    } else {
      assign_result(reduced, &*reduced, [&]() -> decltype(auto) { return std::invoke(function, *reduced, value); });
    }
  };
  Aggregation<K, V, A> reduction;
  reduction.add = [add](const Record<K, V>& record, std::optional<A>& reduced) { add(record.value, reduced); };
  reduction.merge = [add](const K&, std::optional<A>& into, const std::optional<A>& other) {
    if constexpr (is_optional_v<V>) {
      add(other, into);
    } else {
      add(*other, into);
    }
  };
  return reduction;
}

/// True if F can reduce values of V; otherwise says what is wrong.
template <class F, class V>
struct ReducerCheck {
  static constexpr bool fits =
      std::is_copy_constructible_v<F> && std::is_invocable_v<const F&, strip_optional_t<V>&, const V&>;
  static constexpr bool checked() {
    static_assert(fits,
                  "cryptostream: the reducer must be callable as const, copyable, and take (const V& reduced, const V& "
                  "value); in windows the value is a const std::optional<V>& where it may be absent");
    return fits;
  }
  static constexpr bool ok = checked();
};

/// True if the aggregate can never become absent. S: what the initializer returns; R: what the function returns.
template <class S, class R>
constexpr bool always_present = !is_optional_v<S> && !is_optional_v<std::remove_cvref_t<R>>;

/// A table of K and V, lasting if it never deletes.
template <bool lasting, class K, class V>
auto table_handle(TableInner<K, V> inner) {
  if constexpr (lasting) {
    return LastingTable<K, V>(std::move(inner));
  } else {
    return Table<K, V>(std::move(inner));
  }
}

}  // namespace cryptostream
