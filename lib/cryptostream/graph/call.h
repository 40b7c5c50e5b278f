// How a user's function is called: with the value if it takes that, else with key and value, else with the record.
#pragma once

#include <cryptostream/data/record.h>
#include <cryptostream/data/topic.h>

#include <functional>
#include <type_traits>
#include <utility>

namespace cryptostream {

template <class F, class K, class V>
constexpr bool takes_value = std::is_invocable_v<F, const V&>;
template <class F, class K, class V>
constexpr bool takes_key_value = std::is_invocable_v<F, const K&, const V&>;
template <class F, class K, class V>
constexpr bool takes_record = std::is_invocable_v<F, const Record<K, V>&>;
/// Asks one after the other and stops at the first yes: a generic lambda's body must not be tried with what it will not
/// get.
template <class F, class K, class V>
struct Callable : std::disjunction<std::is_invocable<F, const V&>, std::is_invocable<F, const K&, const V&>,
                                   std::is_invocable<F, const Record<K, V>&>> {};
template <class F, class K, class V>
constexpr bool callable = Callable<F, K, V>::value;

/// Calls `function` with as much of the record as it takes.
template <class F, class K, class V>
decltype(auto) call(const F& function, const Record<K, V>& record) {
  if constexpr (takes_value<const F&, K, V>) {
    return std::invoke(function, record.value);
  } else if constexpr (takes_key_value<const F&, K, V>) {
    return std::invoke(function, record.key, record.value);
  } else {
    return std::invoke(function, record);
  }
}

/// What call() returns.
template <class F, class K, class V>
using call_result_t = decltype(call(std::declval<const F&>(), std::declval<const Record<K, V>&>()));

/// True if F can be a user's function over records of K and V; otherwise says, in one sentence each, what is wrong.
template <class F, class K, class V>
struct FunctionCheck {
  static constexpr bool absent_value =
      std::conjunction_v<std::bool_constant<is_optional_v<V>>, std::negation<Callable<const F&, K, V>>,
                         Callable<const F&, K, strip_optional_t<V>>>;
  static constexpr bool absent_key =
      std::conjunction_v<std::bool_constant<is_optional_v<K>>, std::negation<Callable<const F&, K, V>>,
                         Callable<const F&, strip_optional_t<K>, V>>;
  static constexpr bool is_mutable = std::conjunction_v<std::negation<Callable<const F&, K, V>>, Callable<F&, K, V>>;
  static constexpr bool member_of_absent = std::is_member_pointer_v<F> && is_optional_v<V>;
  static constexpr bool copyable = std::is_copy_constructible_v<F>;

  static constexpr bool fits = copyable && !member_of_absent && callable<const F&, K, V>;
  // Within a function: a class with a broken assertion would be an incomplete one, which is a second error.
  static constexpr bool checked() {
    static_assert(
        copyable,
        "cryptostream: the function must be copyable (each task has its own copy); share what cannot be copied "
        "through a std::shared_ptr");
    static_assert(!is_mutable,
                  "cryptostream: the function must be callable as const: no `mutable` lambda; keep state in a store");
    static_assert(
        !absent_value,
        "cryptostream: the value may be absent here: take const std::optional<V>&, or call drop_absent() first");
    static_assert(
        !absent_key,
        "cryptostream: the key may be absent here: take const std::optional<K>&, or call drop_absent() first");
    static_assert(!member_of_absent,
                  "cryptostream: a pointer to a member cannot be applied to a value that may be absent: call "
                  "drop_absent() first");
    static_assert(callable<const F&, K, V> || is_mutable || absent_value || absent_key,
                  "cryptostream: the function must take (const V&), (const K&, const V&) or (const Record<K, V>&) of "
                  "this stream's K and V");
    return fits;
  }
  static constexpr bool ok = checked();
};

/// The same for predicates.
template <class F, class K, class V>
struct PredicateCheck {
  static constexpr bool checked() {
    if constexpr (FunctionCheck<F, K, V>::ok) {
      constexpr bool fits = std::is_convertible_v<call_result_t<F, K, V>, bool>;
      static_assert(fits, "cryptostream: a predicate must return bool");
      return fits;
    }
    return false;
  }
  static constexpr bool ok = checked();
};

}  // namespace cryptostream
