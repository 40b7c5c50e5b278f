// From a domain type's name, as a record's header has it, to the C++ type.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/schema.h>
#include <cryptostream/market/candle.h>
#include <cryptostream/market/coin.h>
#include <cryptostream/market/fx_rate.h>
#include <cryptostream/market/indicator.h>
#include <cryptostream/market/quote.h>
#include <cryptostream/market/selected_coin.h>
#include <cryptostream/market/tracked_coin.h>

#include <string_view>
#include <type_traits>
#include <vector>

namespace cryptostream {

template <class... T>
struct TypeList {};

/// Every domain type there is.
using DomainTypes = TypeList<  //
    Quote, Coin, FxRate, SelectedCoin, TrackedCoin, Candle, Indicator>;

/// The names of all domain types, in the order of DomainTypes.
std::vector<std::string_view> domain_type_names();

/// The error of a name that is none (configuration); lists those that are.
Error unknown_domain_type(std::string_view name);

namespace detail {

template <class T>
struct AsResult {
  using type = Result<T>;
};
template <class T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};

template <class R, class Visitor>
R visit_domain_type(std::string_view name, Visitor&, TypeList<>) {
  return fail(unknown_domain_type(name));
}
template <class R, class Visitor, class First, class... Rest>
R visit_domain_type(std::string_view name, Visitor& visitor, TypeList<First, Rest...>) {
  if (name != domain_type<First>()) return visit_domain_type<R>(name, visitor, TypeList<Rest...>());
  if constexpr (std::is_void_v<std::invoke_result_t<Visitor&, TypeTag<First>>>) {
    visitor(TypeTag<First>());
    return {};
  } else {
    return visitor(TypeTag<First>());
  }
}

}  // namespace detail

/// Calls `visitor(TypeTag<T>{})` for the type T of that name and returns what it returns, as a Result if it is none;
/// every T must give the same type: `visit_domain_type("quote/1", [&]<class T>(TypeTag<T>) { return sink<T>(uri); })`.
/// Errors: the visitor's own, or configuration if there is no such type.
template <class Visitor>
auto visit_domain_type(std::string_view name, Visitor&& visitor) {
  using R = typename detail::AsResult<std::invoke_result_t<Visitor&, TypeTag<Quote>>>::type;
  return detail::visit_domain_type<R>(name, visitor, DomainTypes());
}

}  // namespace cryptostream
