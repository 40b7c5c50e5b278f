// Which columns a table has, where each value comes from, and which columns are its key: worked out once, at
// construction.
#pragma once

#include <cryptostream/data/type_info.h>
#include <cryptostream/stores/write_mode.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// One column and the way to its value.
struct Column {
  std::string name;
  const TypeInfo* type = nullptr;      ///< without the optional around it
  const TypeInfo* optional = nullptr;  ///< the optional around it, or null
  const Field* field = nullptr;        ///< of the value, or of the record's key if `from_key`; null: the whole key
  bool from_key = false;

  /// The value, or null if it is absent (or the record has no key to take it from).
  const void* read(const void* key, const void* value) const {
    const void* at = from_key ? key : value;
    if (at == nullptr) return nullptr;
    if (field != nullptr) at = field->get(at);
    return optional != nullptr ? optional->optional_get(at) : at;
  }
};

/// The shape of a sink's rows.
struct RowPlan {
  WriteMode mode = WriteMode::insert;
  std::vector<Column> columns;        ///< key columns first, in the order they were named
  std::size_t keys = 0;               ///< how many of `columns` are the key
  std::vector<std::size_t> declared;  ///< indices of `columns` in the order in which a table is created
  std::vector<Column> delete_keys;    ///< the key columns as a record with a null value gives them; empty: it cannot
  std::string why_no_deletes;         ///< says why, for messages

  bool is_key(std::size_t column) const { return column < keys; }
};

struct PlanOptions {
  WriteMode mode = WriteMode::insert;
  std::vector<std::string> key;
  std::size_t longest_name = 0;  ///< in bytes; 0: no limit
};

/// Works the plan out. `key` may be null (records have none worth storing). Throws std::invalid_argument, naming
/// `table` and what is wrong: a value type that is no object, a key column there is no field for, an optional key
/// column, a name too long, none or doubled.
RowPlan make_row_plan(std::string_view table, const TypeInfo& value, const TypeInfo* key, const PlanOptions& options);

/// `name` as a node's name: letters, digits, '-', '_' and '.' kept, '_' for the rest.
std::string node_name(std::string_view store, std::string_view name);

/// "a, b, c" of the columns' names.
std::string key_names(const RowPlan& plan);

}  // namespace cryptostream
