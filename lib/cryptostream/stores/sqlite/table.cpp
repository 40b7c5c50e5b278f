#include <cryptostream/stores/sqlite/table.h>
#include <cryptostream/stores/table_name.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace cryptostream::sqlite {
namespace {

constexpr std::string_view view_mark = "/* cryptostream: decimals as numbers */";

struct IgnoreCase {  // SQLite's names
  bool operator()(const std::string& a, const std::string& b) const {
    return sqlite3_stricmp(a.c_str(), b.c_str()) < 0;
  }
};

struct FoundColumn {
  std::string type;
  bool required = false;  ///< NOT NULL without a default
  bool generated = false;
};
using FoundColumns = std::map<std::string, FoundColumn, IgnoreCase>;

std::string_view wanted_type(const TypeInfo& type) {
  switch (type.kind) {
    case Kind::boolean:
    case Kind::int32:
    case Kind::int64:
      return "INTEGER";
    case Kind::float64:
      return "REAL";
    default:
      return "TEXT";
  }
}

/// The affinity of a declared type (https://www.sqlite.org/datatype3.html, section 3.1).
std::string_view affinity(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  auto has = [&](const char* part) { return type.find(part) != type.npos; };
  if (has("INT")) return "INTEGER";
  if (has("CHAR") || has("CLOB") || has("TEXT")) return "TEXT";
  if (type.empty() || has("BLOB")) return "BLOB";
  if (has("REAL") || has("FLOA") || has("DOUB")) return "REAL";
  return "NUMERIC";
}

/// Whether values of the wanted type come back from such a column as they were stored.
bool keeps(std::string_view wanted, std::string_view found) {
  return found == wanted || found == "BLOB" || (wanted == "INTEGER" && found == "NUMERIC");
}

Result<FoundColumns> read_columns(Database& database, const std::string& table) {
  FoundColumns columns;
  CRYPTOSTREAM_TRY_ASSIGN(
      auto info, database.prepare("SELECT name, type, \"notnull\", dflt_value, hidden, pk FROM pragma_table_xinfo(?)"));
  info.bind(1, std::string_view(table));
  for (;;) {
    CRYPTOSTREAM_TRY_ASSIGN(bool more, info.step());
    if (!more) return columns;
    bool row_id = info.integer(5) == 1 && affinity(info.text(1)) == "INTEGER";  // INTEGER PRIMARY KEY numbers itself
    columns[info.text(0)] = {info.text(1), info.integer(2) != 0 && info.null(3) && !row_id, info.integer(4) >= 2};
  }
}

std::string definition(const Column& column, bool required) {
  return fmt::format("{} {}{}", quote_identifier(column.name), wanted_type(*column.type), required ? " NOT NULL" : "");
}

std::string key_list(const RowPlan& plan) {
  std::string list;
  for (std::size_t i = 0; i < plan.keys; ++i) list += (i != 0 ? ", " : "") + quote_identifier(plan.columns[i].name);
  return list;
}

std::string create_statement(const std::string& table, const RowPlan& plan) {
  auto sql = fmt::format("CREATE TABLE {} (", quote_identifier(table));
  for (auto index : plan.declared) {
    const auto& column = plan.columns[index];
    fmt::format_to(std::back_inserter(sql), "{}{}", index == plan.declared.front() ? "" : ", ",
                   definition(column, column.optional == nullptr));
  }
  if (plan.keys != 0) fmt::format_to(std::back_inserter(sql), ", PRIMARY KEY ({})", key_list(plan));
  return sql + ")";
}

/// Makes the view that shows decimals as numbers, replacing an older one of ours; somebody else's of that name is left
/// alone.
Result<void> make_view(Database& database, const std::string& table, const RowPlan& plan) {
  bool any = std::any_of(plan.columns.begin(), plan.columns.end(),
                         [](const Column& c) { return c.type->kind == Kind::decimal; });
  if (!any) return {};
  auto name = table + "_numeric";
  CRYPTOSTREAM_TRY_ASSIGN(auto find,
                          database.prepare("SELECT coalesce(sql, '') FROM sqlite_master WHERE lower(name) = lower(?)"));
  find.bind(1, std::string_view(name));
  CRYPTOSTREAM_TRY_ASSIGN(bool there, find.step());
  if (there && find.text(0).find(view_mark) == std::string::npos) return {};
  find.reset();
  if (there) CRYPTOSTREAM_TRY(database.execute("DROP VIEW " + quote_identifier(name)));
  auto sql = fmt::format("CREATE VIEW {} AS {} SELECT ", quote_identifier(name), view_mark);
  for (auto index : plan.declared) {
    const auto& column = plan.columns[index];
    auto quoted = quote_identifier(column.name);
    if (index != plan.declared.front()) sql += ", ";
    sql += column.type->kind == Kind::decimal ? fmt::format("CAST({0} AS REAL) AS {0}", quoted) : quoted;
  }
  return database.execute(sql + " FROM " + quote_identifier(table));
}

/// True if a unique index covers exactly the key columns.
Result<bool> has_unique_index(Database& database, const std::string& table, const RowPlan& plan) {
  std::set<std::string, IgnoreCase> wanted;
  for (std::size_t i = 0; i < plan.keys; ++i) wanted.insert(plan.columns[i].name);
  std::map<std::string, std::set<std::string, IgnoreCase>> indices;
  // An INTEGER PRIMARY KEY has no index of its own; pk numbers the columns of the primary key.
  CRYPTOSTREAM_TRY_ASSIGN(auto rows,
                          database.prepare("SELECT '', name FROM pragma_table_xinfo(?1) WHERE pk > 0 UNION ALL "
                                           "SELECT 'index ' || l.name, i.name FROM pragma_index_list(?1) l, "
                                           "pragma_index_info(l.name) i WHERE l.\"unique\" AND NOT l.partial"));
  rows.bind(1, std::string_view(table));
  for (;;) {
    CRYPTOSTREAM_TRY_ASSIGN(bool more, rows.step());
    if (!more) break;
    indices[rows.text(0)].insert(rows.text(1));  // an expression has no name: ""
  }
  auto same = [&](const auto& a) {
    return a.size() == wanted.size() &&
           std::equal(a.begin(), a.end(), wanted.begin(),
                      [](const auto& x, const auto& y) { return sqlite3_stricmp(x.c_str(), y.c_str()) == 0; });
  };
  return std::any_of(indices.begin(), indices.end(), [&](const auto& index) { return same(index.second); });
}

Result<void> check_columns(const std::string& where, const FoundColumns& found, const RowPlan& plan) {
  for (const auto& column : plan.columns) {
    auto at = found.find(column.name);
    if (at == found.end()) continue;
    auto wanted = wanted_type(*column.type);
    if (at->second.generated)
      return fail(
          ErrorKind::configuration,
          fmt::format("{}: the column '{}' is generated and cannot be written: rename the field", where, column.name));
    if (!keeps(wanted, affinity(at->second.type)))
      return fail(ErrorKind::configuration, fmt::format("{}: the column '{}' must be {} to keep values as they are, it "
                                                        "is {}: change the table, or choose another",
                                                        where, column.name, wanted, at->second.type));
  }
  for (const auto& [name, column] : found) {
    bool ours = std::any_of(plan.columns.begin(), plan.columns.end(), [&, &text = name](const Column& c) {
      return sqlite3_stricmp(c.name.c_str(), text.c_str()) == 0;
    });
    if (!ours && column.required)
      return fail(
          ErrorKind::configuration,
          fmt::format(
              "{}: the column '{}' is NOT NULL without a default, and the rows have no such field: give it a default",
              where, name));
  }
  return {};
}

}  // namespace

Result<void> prepare_table(Database& database, const std::string& file, const std::string& table, const RowPlan& plan,
                           bool create) {
  auto where = fmt::format("SQLite table {} in {}", quote_identifier(table), file);
  CRYPTOSTREAM_TRY_ASSIGN(auto found, read_columns(database, table));
  if (found.empty()) {
    if (!create)
      return fail(ErrorKind::configuration,
                  fmt::format("{} does not exist: make it with {};", where, create_statement(table, plan)));
    CRYPTOSTREAM_TRY(database.execute(create_statement(table, plan)));
    return make_view(database, table, plan);
  }
  CRYPTOSTREAM_TRY(check_columns(where, found, plan));
  bool added = false;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const auto& column = plan.columns[i];
    if (found.count(column.name) != 0) continue;
    auto add = fmt::format("ALTER TABLE {} ADD COLUMN {}", quote_identifier(table), definition(column, false));
    if (!create || plan.is_key(i))
      return fail(ErrorKind::configuration,
                  fmt::format("{} has no column '{}': add it with {};", where, column.name, add));
    CRYPTOSTREAM_TRY(database.execute(add));
    added = true;
  }
  if (added) CRYPTOSTREAM_TRY(make_view(database, table, plan));
  if (plan.mode == WriteMode::upsert) {
    CRYPTOSTREAM_TRY_ASSIGN(bool unique, has_unique_index(database, table, plan));
    if (!unique)
      return fail(
          ErrorKind::configuration,
          fmt::format(
              "{}: upsert needs a unique index on exactly ({}): make one with CREATE UNIQUE INDEX {} ON {} ({});",
              where, key_names(plan), quote_identifier(table + "_key"), quote_identifier(table), key_list(plan)));
  }
  return {};
}

std::string insert_statement(const std::string& table, const RowPlan& plan) {
  std::string names, marks, updates;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    auto quoted = quote_identifier(plan.columns[i].name);
    names += (i != 0 ? ", " : "") + quoted;
    marks += i != 0 ? ", ?" : "?";
    if (!plan.is_key(i)) updates += fmt::format("{}{} = excluded.{}", updates.empty() ? "" : ", ", quoted, quoted);
  }
  auto sql = fmt::format("INSERT INTO {} ({}) VALUES ({})", quote_identifier(table), names, marks);
  if (plan.mode != WriteMode::upsert) return sql;
  sql += fmt::format(" ON CONFLICT ({}) DO ", key_list(plan));
  return sql + (updates.empty() ? "NOTHING" : "UPDATE SET " + updates);
}

std::string delete_statement(const std::string& table, const RowPlan& plan) {
  auto sql = fmt::format("DELETE FROM {} WHERE ", quote_identifier(table));
  for (std::size_t i = 0; i < plan.keys; ++i)
    sql += fmt::format("{}{} = ?", i != 0 ? " AND " : "", quote_identifier(plan.columns[i].name));
  return sql;
}

}  // namespace cryptostream::sqlite
