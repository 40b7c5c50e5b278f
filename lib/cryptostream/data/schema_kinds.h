// How each kind of C++ type becomes a TypeInfo. Included by schema.h only.
#pragma once

#include <cryptostream/data/schema.h>

namespace cryptostream::detail {

/// One enumerator and its text.
template <class E>
struct EnumText {
  E value;
  std::string_view text;
};

/// What a CRYPTOSTREAM_ENUM with a mistake in it makes, so that the mistake is reported once.
struct BrokenEnum {
  template <class E>
  constexpr std::array<EnumText<E>, 0> operator()(TypeTag<E>) const {
    return {};
  }
};

template <class T>
struct KindOf {  // everything without a kind of its own: enums, and types with a schema
  static constexpr bool known = HasSchema<T> || HasEnumTexts<T>;
};

/// The table of a type with a schema.
template <class T>
inline constexpr auto fields_of = cryptostream_schema(TypeTag<T>{}).template fields<T>();

template <class E>
inline constexpr auto enum_texts_of = cryptostream_enum(TypeTag<E>{})(TypeTag<E>{});

template <class E>
inline constexpr auto texts_of = [] {
  std::array<std::string_view, enum_texts_of<E>.size()> texts{};
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = enum_texts_of<E>[i].text;
  return texts;
}();

template <class E>
std::size_t enum_index(const void* value) {
  constexpr auto& texts = enum_texts_of<E>;
  const E e = *static_cast<const E*>(value);
  auto guess = static_cast<std::size_t>(e);  // most enums count from 0
  if (guess < texts.size() && texts[guess].value == e) return guess;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (texts[i].value == e) return i;
  return texts.size();
}
template <class E>
void enum_assign(void* value, std::size_t index) {
  *static_cast<E*>(value) = enum_texts_of<E>[index].value;
}

template <>
inline constexpr TypeInfo type_info<bool>{Kind::boolean, "bool"};
template <>
inline constexpr TypeInfo type_info<std::int32_t>{Kind::int32, "int32"};
template <>
inline constexpr TypeInfo type_info<std::int64_t>{Kind::int64, "int64"};
template <>
inline constexpr TypeInfo type_info<double>{Kind::float64, "double"};
template <>
inline constexpr TypeInfo type_info<std::string>{Kind::text, "string"};
template <>
inline constexpr TypeInfo type_info<Decimal>{Kind::decimal, "Decimal"};
template <>
inline constexpr TypeInfo type_info<Timestamp>{Kind::timestamp, "Timestamp"};

template <class T>
concept Scalar = std::same_as<T, bool> || std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t> ||
    std::same_as<T, double> || std::same_as<T, std::string> || std::same_as<T, Decimal> || std::same_as<T, Timestamp>;
template <Scalar T>
struct KindOf<T> {
  static constexpr bool known = true;
};

template <class T>
struct KindOf<std::optional<T>> {
  static constexpr bool known = true;
  static constexpr void describe(TypeInfo& info) {
    using Optional = std::optional<T>;
    info.kind = Kind::optional;
    info.inner = &type_info<T>;
    info.optional_get = [](const void* value) -> const void* {
      auto& optional = *static_cast<const Optional*>(value);
      return optional ? &*optional : nullptr;
    };
    info.optional_emplace = [](void* value) -> void* {
      auto& optional = *static_cast<Optional*>(value);
      return optional ? &*optional : &optional.emplace();
    };
    info.optional_reset = [](void* value) { static_cast<Optional*>(value)->reset(); };
  }
};

template <class T>
struct KindOf<std::vector<T>> {
  static constexpr bool known = !std::same_as<T, bool>;  // a vector<bool> has no elements to point at
  static constexpr void describe(TypeInfo& info) {
    using List = std::vector<T>;
    info.kind = Kind::list;
    info.inner = &type_info<T>;
    info.list_size = [](const void* value) { return static_cast<const List*>(value)->size(); };
    info.list_at = [](const void* value, std::size_t index) -> const void* {
      return static_cast<const List*>(value)->data() + index;
    };
    info.list_reuse = [](void* value, std::size_t index) -> void* {
      auto& list = *static_cast<List*>(value);
      return index < list.size() ? &list[index] : &list.emplace_back();
    };
    info.list_truncate = [](void* value, std::size_t size) { static_cast<List*>(value)->resize(size); };
  }
};

template <class T>
struct KindOf<std::map<std::string, T>> {
  static constexpr bool known = true;
  static constexpr void describe(TypeInfo& info) {
    using Map = std::map<std::string, T>;
    info.kind = Kind::map;
    info.inner = &type_info<T>;
    info.map_emplace = [](void* value, std::string_view key) -> void* {
      auto [at, inserted] = static_cast<Map*>(value)->try_emplace(std::string(key));
      return inserted ? &at->second : nullptr;
    };
    info.map_each = [](const void* value, void* context, void (*visit)(void*, std::string_view, const void*)) {
      for (const auto& [key, element] : *static_cast<const Map*>(value)) visit(context, key, &element);
    };
    info.map_clear = [](void* value) { static_cast<Map*>(value)->clear(); };
  }
};

template <class T>
constexpr TypeInfo make_type_info() {
  static_assert(
      KindOf<T>::known,
      "cryptostream: a field may be bool, int32_t, int64_t, double, std::string, Decimal, Timestamp, an enum with "
      "CRYPTOSTREAM_ENUM, a type with CRYPTOSTREAM_SCHEMA, or an optional, vector or map<std::string, ...> of these");
  TypeInfo info{};
  if constexpr (HasSchema<T>) {
    info.kind = Kind::object;
    info.name = short_type_name<T>();
    info.fields = fields_of<T>;
  } else if constexpr (HasEnumTexts<T>) {
    info.kind = Kind::enumeration;
    info.name = short_type_name<T>();
    info.texts = texts_of<T>;
    info.enum_index = &enum_index<T>;
    info.enum_assign = &enum_assign<T>;
  } else if constexpr (KindOf<T>::known) {
    KindOf<T>::describe(info);
  }
  return info;
}

}  // namespace cryptostream::detail
