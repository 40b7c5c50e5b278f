#include <cryptostream/stores/row_plan.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace cryptostream {
namespace {

[[noreturn]] void refuse(std::string_view table, std::string_view why) {
  throw std::invalid_argument(fmt::format("{}: {}", table, why));
}

const Field* find(const TypeInfo& type, std::string_view name) {
  auto found = std::find_if(type.fields.begin(), type.fields.end(), [&](const Field& f) { return f.name == name; });
  return found == type.fields.end() ? nullptr : &*found;
}

Column column_of(const Field& field, bool from_key) {
  return {std::string(field.name), &field.value_type(), field.optional() ? field.type : nullptr, &field, from_key};
}

std::string field_names(const TypeInfo& type) {
  std::string names;
  for (const auto& field : type.fields)
    fmt::format_to(std::back_inserter(names), "{}{}", names.empty() ? "" : ", ", field.name);
  return names;
}

/// The key column `name` as the record's key gives it; nothing if it does not. A plain key is the column if it is the
/// only one.
bool from_record_key(const TypeInfo* key, std::string_view name, bool only, Column& column) {
  if (key == nullptr) return false;
  if (key->kind != Kind::object) {
    if (!only || key->kind == Kind::optional) return false;
    column = {std::string(name), key, nullptr, nullptr, true};
    return true;
  }
  const Field* field = find(*key, name);
  if (field == nullptr) return false;
  column = column_of(*field, true);
  return true;
}

void check_name(std::string_view table, std::string_view name, std::size_t longest) {
  if (name.empty()) refuse(table, "a column without a name");
  if (name.find('\0') != name.npos) refuse(table, "a column name with a zero byte");
  if (longest != 0 && name.size() > longest)
    refuse(table, fmt::format("the column name '{}' has {} bytes, the longest is {}", name, name.size(), longest));
}

void plan_deletes(RowPlan& plan, const TypeInfo* key) {
  if (plan.keys == 0) {
    plan.why_no_deletes = "the table has no key columns";
    return;
  }
  for (std::size_t i = 0; i < plan.keys; ++i) {
    Column column;
    if (!from_record_key(key, plan.columns[i].name, plan.keys == 1, column)) {
      plan.why_no_deletes = fmt::format("the record's key does not hold the key column '{}'", plan.columns[i].name);
    } else if (column.type->kind != plan.columns[i].type->kind) {
      plan.why_no_deletes =
          fmt::format("the record's key has another type than the key column '{}'", plan.columns[i].name);
    } else {
      plan.delete_keys.push_back(std::move(column));
      continue;
    }
    plan.delete_keys.clear();
    return;
  }
}

}  // namespace

RowPlan make_row_plan(std::string_view table, const TypeInfo& value, const TypeInfo* key, const PlanOptions& options) {
  if (value.kind != Kind::object) refuse(table, "rows need a type with a schema (CRYPTOSTREAM_SCHEMA)");
  RowPlan plan;
  plan.mode = options.mode;

  auto names = options.key;
  if (names.empty() && options.mode != WriteMode::insert)
    for (const auto& field : value.fields)
      if (has(field.flags, FieldFlags::key)) names.emplace_back(field.name);
  if (names.empty() && options.mode == WriteMode::upsert)
    refuse(table,
           fmt::format("upsert needs key columns: name them in the options' `key` (there are {})", field_names(value)));

  std::vector<Column> outside;  // key columns that only the record's key has
  for (const auto& name : names) {
    Column column;
    if (const Field* field = find(value, name)) {
      column = column_of(*field, false);
    } else if (from_record_key(key, name, names.size() == 1, column)) {
      outside.push_back(column);
    } else {
      refuse(table, fmt::format("no field for the key column '{}' in {} ({})", name, value.name, field_names(value)));
    }
    if (column.optional != nullptr)
      refuse(table, fmt::format("the key column '{}' is optional: rows without it could not be told apart", name));
    plan.columns.push_back(std::move(column));
  }
  plan.keys = plan.columns.size();
  for (const auto& field : value.fields)
    if (std::find(names.begin(), names.end(), field.name) == names.end())
      plan.columns.push_back(column_of(field, false));

  std::set<std::string_view> seen;
  for (const auto& column : plan.columns) {
    check_name(table, column.name, options.longest_name);
    if (!seen.insert(column.name).second) refuse(table, fmt::format("the column '{}' is there twice", column.name));
  }
  auto declare = [&](std::string_view name) {
    auto found =
        std::find_if(plan.columns.begin(), plan.columns.end(), [&](const Column& c) { return c.name == name; });
    plan.declared.push_back(static_cast<std::size_t>(found - plan.columns.begin()));
  };
  for (const auto& column : outside) declare(column.name);
  for (const auto& field : value.fields) declare(field.name);
  plan_deletes(plan, key);
  return plan;
}

std::string node_name(std::string_view store, std::string_view name) {
  auto text = fmt::format("{}-{}", store, name);
  for (char& c : text) {
    bool kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!kept) c = '_';
  }
  return text;
}

std::string key_names(const RowPlan& plan) {
  std::string names;
  for (std::size_t i = 0; i < plan.keys; ++i) {
    if (i != 0) names += ", ";
    names += plan.columns[i].name;
  }
  return names;
}

}  // namespace cryptostream
