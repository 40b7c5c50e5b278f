// How a joiner is called: with both values, or with the key before them.
#pragma once

#include <functional>
#include <type_traits>
#include <utility>

namespace cryptostream {

template <class F, class L, class R>
constexpr bool joins_values = std::is_invocable_v<const F&, const L&, const R&>;
template <class F, class K, class L, class R>
constexpr bool joins_with_key = std::is_invocable_v<const F&, const K&, const L&, const R&>;

template <class F, class K, class L, class R>
decltype(auto) call_joiner(const F& joiner, const K& key, const L& left, const R& right) {
  if constexpr (joins_values<F, L, R>) {
    return std::invoke(joiner, left, right);
  } else {
    return std::invoke(joiner, key, left, right);
  }
}

/// What a joiner gives; std::optional where it may give a null.
template <class F, class K, class L, class R>
using join_result_t = std::remove_cvref_t<decltype(call_joiner(std::declval<const F&>(), std::declval<const K&>(),
                                                               std::declval<const L&>(), std::declval<const R&>()))>;

template <class F, class K, class L, class R>
constexpr bool joiner_gives_value() {
  if constexpr (joins_values<F, L, R>) {
    return !std::is_void_v<std::invoke_result_t<const F&, const L&, const R&>>;
  } else if constexpr (joins_with_key<F, K, L, R>) {
    return !std::is_void_v<std::invoke_result_t<const F&, const K&, const L&, const R&>>;
  } else {
    return true;  // said otherwise already
  }
}

/// True if F can be the joiner of L and R; otherwise says what is wrong.
template <class F, class K, class L, class R>
struct JoinerCheck {
  static constexpr bool copyable = std::is_copy_constructible_v<F>;
  static constexpr bool callable = joins_values<F, L, R> || joins_with_key<F, K, L, R>;
  static_assert(copyable,
                "cryptostream: the joiner must be copyable (each task has its own copy); share what cannot be copied "
                "through a std::shared_ptr");
  static_assert(
      callable,
      "cryptostream: the joiner must take (const L&, const R&) or (const K&, const L&, const R&), as const; the "
      "side that a left or outer join may not find comes as const std::optional<...>&");
  static_assert(joiner_gives_value<F, K, L, R>(), "cryptostream: the joiner must return the joined value");
  static constexpr bool ok = copyable && callable && joiner_gives_value<F, K, L, R>();
};

template <class K, class L, class R, class F>
std::function<join_result_t<F, K, L, R>(const K&, const L&, const R&)> boxed_joiner(F joiner) {
  return [joiner = std::move(joiner)](const K& key, const L& left, const R& right) -> join_result_t<F, K, L, R> {
    return call_joiner(joiner, key, left, right);
  };
}

}  // namespace cryptostream
