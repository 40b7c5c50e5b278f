// Schema: which members of a type take part outside (JSON, SQL columns, CSV), and under which names.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/schema_macros.h>
#include <cryptostream/data/type_info.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptostream {

/// Names a type in a call without making one, so that argument-dependent lookup finds what its namespace says about it.
template <class T>
struct TypeTag {};

/// True for a class whose members are listed by CRYPTOSTREAM_SCHEMA or schema().
template <class T>
concept HasSchema = requires {
  cryptostream_schema(TypeTag<T>{});
};

/// True for an enum whose texts are listed by CRYPTOSTREAM_ENUM.
template <class T>
concept HasEnumTexts = requires {
  cryptostream_enum(TypeTag<T>{});
};

/// The most fields a schema may list; members of nested types count for themselves.
constexpr std::size_t max_fields = 64;

namespace detail {

/// The name of T as its source says it, without namespaces and enclosing classes.
template <class T>
constexpr std::string_view short_type_name() {
  std::string_view name = __PRETTY_FUNCTION__;
  name = name.substr(name.find("T = ") + 4);
  name = name.substr(0, name.find_first_of(";]"));
  auto last = name.substr(0, name.find('<')).rfind("::");
  return last == std::string_view::npos ? name : name.substr(last + 2);
}

template <class P>
concept DataMember = std::is_member_object_pointer_v<P>;

/// What an entry of a schema says besides the member.
struct EntryOptions {
  std::string_view name;
  FieldFlags flags = FieldFlags::none;
};
constexpr EntryOptions entry(std::string_view member) { return {member}; }
constexpr EntryOptions entry(std::string_view, std::string_view name, FieldFlags flags = FieldFlags::none) {
  return {name, flags};
}
constexpr EntryOptions entry(std::string_view member, FieldFlags flags) { return {member, flags}; }

template <std::size_t N>
constexpr bool distinct(const std::array<EntryOptions, N>& entries) {
  for (std::size_t i = 0; i < N; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (entries[i].name == entries[j].name) return false;
  return true;
}

template <class T, auto Member>
const void* get_member(const void* object) {
  return std::addressof(static_cast<const T*>(object)->*Member);
}

template <class T>
constexpr TypeInfo make_type_info();

/// The one object that describes T.
template <class T>
inline constexpr TypeInfo type_info = make_type_info<T>();

template <class T, auto Member>
constexpr Field make_field(const EntryOptions& options) {
  using M = std::remove_cvref_t<decltype(std::declval<T&>().*Member)>;
  return {options.name, &type_info<M>, options.flags, &get_member<T, Member>};
}

/// What CRYPTOSTREAM_SCHEMA makes: `table` builds the fields when a codec first asks, so that types may contain
/// themselves.
template <class Table>
struct MacroSchema {
  Table table;
  template <class T>
  constexpr auto fields() const {
    return table(TypeTag<T>{});
  }
};

/// What a schema with a mistake in it makes, so that the mistake is reported once.
struct BrokenSchema {
  template <class T>
  constexpr std::array<Field, 0> fields() const {
    return {};
  }
};

template <class T, std::size_t... I>
constexpr std::array<Field, sizeof...(I)> listed_fields(std::index_sequence<I...>) {
  constexpr auto entries = cryptostream_schema(TypeTag<T>{}).entries;
  return {make_field<T, std::get<I>(entries).member>(std::get<I>(entries).options)...};
}

/// What schema() makes.
template <class... Entries>
struct ListedSchema {
  std::tuple<Entries...> entries;
  template <class T>
  constexpr auto fields() const {
    constexpr auto made = cryptostream_schema(TypeTag<T>{}).entries;
    constexpr bool fits = sizeof...(Entries) >= 1 && sizeof...(Entries) <= max_fields;
    constexpr bool names_differ = std::apply(
        [](const auto&... e) { return distinct(std::array<EntryOptions, sizeof...(e)>{e.options...}); }, made);
    static_assert(fits, "schema(): 1 to 64 fields");
    static_assert(names_differ, "schema(): two fields have the same name");
    return listed_fields<T>(std::make_index_sequence<sizeof...(Entries)>());
  }
};

template <class M>
struct ListedField {
  EntryOptions options;
  M member;
};

}  // namespace detail

/// One field of schema(): its name outside and its member, which may be private or inherited.
template <detail::DataMember M>
constexpr detail::ListedField<M> field(std::string_view name, M member, FieldFlags flags = FieldFlags::none) {
  return {{name, flags}, member};
}

/// A schema without a macro, also for private members: a friend (or a function in the type's namespace) of this form.
/// `friend constexpr auto cryptostream_schema(cs::TypeTag<Quote>) { return cs::schema(cs::field("priceUsd",
/// &Quote::price_)); }`
template <class... M>
constexpr auto schema(detail::ListedField<M>... fields) {
  return detail::ListedSchema<detail::ListedField<M>...>{{fields...}};
}

/// The description of T that codecs walk: bool, int32, int64, double, std::string, Decimal, Timestamp, enums with
/// texts, types with a schema, and optional, vector and map<std::string, …> of them. A constant.
template <class T>
constexpr const TypeInfo& type_of() {
  return detail::type_info<std::remove_cv_t<T>>;
}

/// The name of T as a domain type ("quote/1"), which its records carry in header `cryptostream.type`; "" for types
/// without one. A type has one if its namespace (or a friend) says `constexpr std::string_view
/// cryptostream_type(cs::TypeTag<Quote>)`.
template <class T>
constexpr std::string_view domain_type() {
  if constexpr (requires { cryptostream_type(TypeTag<T>{}); }) {
    return cryptostream_type(TypeTag<T>{});
  } else {
    return {};
  }
}

}  // namespace cryptostream

#include <cryptostream/data/schema_kinds.h>  // IWYU pragma: keep

/// Lists the members of `Type` that take part outside, in order: `member`, `(member, "name")`, `(member, flags)` or
/// `(member, "name", flags)`. Members may be inherited, but not private (see schema()). Write it right after the type,
/// in the type's own namespace; 1 to 64 entries.
#define CRYPTOSTREAM_SCHEMA(Type, ...)                                                                       \
  [[maybe_unused]] constexpr auto cryptostream_schema(::cryptostream::TypeTag<Type>) {                       \
    constexpr bool members_exist = []<class CryptostreamT>(::cryptostream::TypeTag<CryptostreamT>) {         \
      bool all = true;                                                                                       \
      CRYPTOSTREAM_EACH_(CRYPTOSTREAM_SCHEMA_CHECK_, Type, __VA_ARGS__)                                      \
      return all;                                                                                            \
    }(::cryptostream::TypeTag<Type>{});                                                                      \
    constexpr auto entries = ::std::array{CRYPTOSTREAM_EACH_(CRYPTOSTREAM_SCHEMA_NAME_, Type, __VA_ARGS__)}; \
    constexpr bool names_differ = ::cryptostream::detail::distinct(entries);                                 \
    constexpr bool fits = entries.size() <= ::cryptostream::max_fields;                                      \
    static_assert(names_differ, "CRYPTOSTREAM_SCHEMA(" #Type "): two fields have the same name");            \
    static_assert(fits, "CRYPTOSTREAM_SCHEMA(" #Type "): at most 64 fields");                                \
    if constexpr (members_exist && names_differ && fits) {                                                   \
      auto table = []<class CryptostreamT>(::cryptostream::TypeTag<CryptostreamT>) {                         \
        return ::std::array{CRYPTOSTREAM_EACH_(CRYPTOSTREAM_SCHEMA_FIELD_, Type, __VA_ARGS__)};              \
      };                                                                                                     \
      return ::cryptostream::detail::MacroSchema<decltype(table)>{table};                                    \
    } else {                                                                                                 \
      return ::cryptostream::detail::BrokenSchema{};                                                         \
    }                                                                                                        \
  }

/// Gives the enumerators of `Type` their texts: `name`, or `(name, "text")`. Write it right after the enum, in its own
/// namespace.
#define CRYPTOSTREAM_ENUM(Type, ...)                                                                     \
  [[maybe_unused]] constexpr auto cryptostream_enum(::cryptostream::TypeTag<Type>) {                     \
    constexpr bool enumerators_exist = []<class CryptostreamT>(::cryptostream::TypeTag<CryptostreamT>) { \
      bool all = true;                                                                                   \
      CRYPTOSTREAM_EACH_(CRYPTOSTREAM_ENUM_CHECK_, Type, __VA_ARGS__)                                    \
      return all;                                                                                        \
    }(::cryptostream::TypeTag<Type>{});                                                                  \
    if constexpr (enumerators_exist) {                                                                   \
      return []<class CryptostreamT>(::cryptostream::TypeTag<CryptostreamT>) {                           \
        return ::std::array{CRYPTOSTREAM_EACH_(CRYPTOSTREAM_ENUM_TEXT_, Type, __VA_ARGS__)};             \
      };                                                                                                 \
    } else {                                                                                             \
      return ::cryptostream::detail::BrokenEnum{};                                                       \
    }                                                                                                    \
  }
