// The erased description of a C++ type that codecs (JSON, SQL, CSV) walk. Users never see it: CRYPTOSTREAM_SCHEMA makes
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cryptostream {

/// What a value is, and so what a `void*` to it may be cast to.
enum class Kind : std::uint8_t {
  boolean,      ///< bool
  int32,        ///< std::int32_t
  int64,        ///< std::int64_t
  float64,      ///< double
  text,         ///< std::string, UTF-8
  decimal,      ///< Decimal
  timestamp,    ///< Timestamp
  enumeration,  ///< an enum with texts: read and write through `enum_index` and `enum_assign`
  optional,     ///< std::optional<inner>
  list,         ///< std::vector<inner>
  map,          ///< std::map<std::string, inner>
  object,       ///< a type with a schema: `fields`
};

struct Field;

/// One C++ type. Constant, one object a type, lives for ever. Function pointers that a kind does not need are null.
struct TypeInfo {
  Kind kind;
  std::string_view name;            ///< objects: the C++ name as written in the schema ("Trade"); for messages
  const TypeInfo* inner = nullptr;  ///< optional, list, map: the type inside

  // object
  std::span<const Field> fields{};

  // enumeration: texts in declaration order
  std::span<const std::string_view> texts{};
  std::size_t (*enum_index)(const void* value) = nullptr;  ///< index into texts; texts.size() if the value has none
  void (*enum_assign)(void* value, std::size_t index) = nullptr;  ///< index < texts.size()

  // optional
  const void* (*optional_get)(const void* value) = nullptr;  ///< the value inside, or null
  void* (*optional_emplace)(void* value) = nullptr;          ///< makes it present (keeping an existing one), returns it
  void (*optional_reset)(void* value) = nullptr;

  // list
  std::size_t (*list_size)(const void* value) = nullptr;
  const void* (*list_at)(const void* value, std::size_t index) = nullptr;
  void* (*list_reuse)(void* value,
                      std::size_t index) = nullptr;  ///< element `index` for overwriting; index == size appends one
  void (*list_truncate)(void* value, std::size_t size) = nullptr;  ///< drops the elements from `size` on

  // map
  void* (*map_emplace)(void* value, std::string_view key) = nullptr;  ///< null if the key was there already
  void (*map_each)(const void* value, void* context,
                   void (*visit)(void* context, std::string_view key, const void* element)) = nullptr;

  void (*map_clear)(void* value) = nullptr;
};

/// How a field takes part. Combine with |.
enum class FieldFlags : std::uint8_t {
  none = 0,
  key = 1,  ///< part of the table key that sinks use when their options name none
};
constexpr FieldFlags operator|(FieldFlags a, FieldFlags b) {
  return static_cast<FieldFlags>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool has(FieldFlags flags, FieldFlags flag) {
  return (static_cast<std::uint8_t>(flags) & static_cast<std::uint8_t>(flag)) != 0;
}

/// The first eight bytes of `name` and a quote behind it, as a little-endian number: what a JSON reader compares first.
constexpr std::uint64_t name_head(std::string_view name) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8 && i <= name.size(); ++i)
    head |= std::uint64_t{static_cast<unsigned char>(i < name.size() ? name[i] : '"')} << (8 * i);
  return head;
}

/// One member of an object: its name outside (JSON member, column) and how to reach it.
struct Field {
  std::string_view name;
  const TypeInfo* type;
  FieldFlags flags;
  const void* (*get)(const void* object);
  std::uint64_t head = name_head(name);

  /// The member of an object that may be written.
  void* get_mutable(void* object) const { return const_cast<void*>(get(object)); }
  bool optional() const { return type->kind == Kind::optional; }
  /// The type without the optional around it.
  const TypeInfo& value_type() const { return optional() ? *type->inner : *type; }
};

}  // namespace cryptostream
