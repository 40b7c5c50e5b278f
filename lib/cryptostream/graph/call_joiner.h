// How a user's joiner is called: with the two values, or with the key and the two values. A side that may be absent
// comes as std::optional.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace cryptostream {

template <class F, class K, class L, class R>
constexpr bool joins =
    std::is_invocable_v<F, const L&, const R&> || std::is_invocable_v<F, const K&, const L&, const R&>;

/// True if F can join L and R (std::optional where that side may be absent); otherwise says in one sentence what is
/// wrong.
template <class F, class K, class L, class R>
struct JoinerCheck {
  static constexpr bool copyable = std::is_copy_constructible_v<F>;
  static constexpr bool fits = joins<const F&, K, L, R>;
  static constexpr bool is_mutable = !fits && joins<F&, K, L, R>;

  static constexpr bool checked() {
    static_assert(copyable,
                  "cryptostream: the joiner must be copyable (each task has its own copy); share what cannot be copied "
                  "through a std::shared_ptr");
    static_assert(!is_mutable, "cryptostream: the joiner must be callable as const: no `mutable` lambda");
    static_assert(
        fits || is_mutable,
        "cryptostream: the joiner must take (const L&, const R&) or (const K&, const L&, const R&), of the two "
        "sides' values: const std::optional<…>& for the right side of a left join, and for both of an outer one");
    return copyable && fits;
  }
  static constexpr bool ok = checked();
};

template <class F, class K, class L, class R>
decltype(auto) call_joiner(const F& function, const K& key, const L& left, const R& right) {
  if constexpr (std::is_invocable_v<const F&, const L&, const R&>) {
    return std::invoke(function, left, right);
  } else {
    return std::invoke(function, key, left, right);
  }
}

/// What a joiner gives; std::optional where it may give a null.
template <class F, class K, class L, class R>
using join_result_t = std::remove_cvref_t<decltype(call_joiner(std::declval<const F&>(), std::declval<const K&>(),
                                                               std::declval<const L&>(), std::declval<const R&>()))>;

/// A joiner of any shape as a function of key and both values.
template <class K, class L, class R, class F>
std::function<join_result_t<F, K, L, R>(const K&, const L&, const R&)> boxed_joiner(F joiner) {
  return [joiner = std::move(joiner)](const K& key, const L& left, const R& right) -> join_result_t<F, K, L, R> {
    return call_joiner(joiner, key, left, right);
  };
}

}  // namespace cryptostream
