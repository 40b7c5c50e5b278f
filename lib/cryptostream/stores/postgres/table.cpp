#include <cryptostream/stores/positions.h>
#include <cryptostream/stores/postgres/copy_text.h>
#include <cryptostream/stores/postgres/table.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace cryptostream::postgres {
namespace {

struct FoundColumn {
  std::string text;  ///< "numeric(18,8)"
  std::string type;  ///< of a domain, the type below: "numeric"
  std::string kind;  ///< 'e' for enums
  int modifier = -1;
  bool required = false;  ///< NOT NULL without a default
  bool generated = false;
};
using FoundColumns = std::map<std::string, FoundColumn, std::less<>>;

std::string column_list(const RowPlan& plan, std::size_t from, std::size_t to, std::string_view before = "") {
  std::string list;
  for (std::size_t i = from; i < to; ++i)
    fmt::format_to(std::back_inserter(list), "{}{}{}", i == from ? "" : ", ", before,
                   quote_identifier(plan.columns[i].name));
  return list;
}

/// Whether a column of type `found` gives back a value of `kind` as it was stored.
bool keeps(Kind kind, const FoundColumn& found) {
  auto any_of = [&](std::initializer_list<std::string_view> types) {
    return std::find(types.begin(), types.end(), found.type) != types.end();
  };
  bool text = any_of({"text", "varchar", "bpchar", "citext"});
  switch (kind) {
    case Kind::boolean:
      return any_of({"bool"});
    case Kind::int32:
      return any_of({"int4", "int8"}) || (any_of({"numeric"}) && found.modifier == -1);
    case Kind::int64:
      return any_of({"int8"}) || (any_of({"numeric"}) && found.modifier == -1);
    case Kind::float64:
      return any_of({"float8"});
    case Kind::decimal:
      return (any_of({"numeric"}) && found.modifier == -1) || any_of({"text"});  // bounds would round without a word
    case Kind::timestamp:
      return any_of({"timestamptz", "timestamp"}) && (found.modifier == -1 || found.modifier >= 3);
    case Kind::text:
      return text || any_of({"uuid"}) || found.kind == "e";
    case Kind::enumeration:
      return text || found.kind == "e";
    default:
      return any_of({"jsonb", "json", "text"});
  }
}

Result<FoundColumns> read_columns(Connection& connection, const std::string& table) {
  const char* parameters[] = {table.c_str()};
  CRYPTOSTREAM_TRY_ASSIGN(auto rows, connection.query(R"(
SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname), coalesce(b.typtype, t.typtype),
       CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,
       a.attnotnull AND NOT a.atthasdef AND a.attidentity = '', a.attgenerated <> ''
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype AND t.typtype = 'd'
WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped)",
                                                      parameters));
  FoundColumns columns;
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    FoundColumn column;
    column.text = text_at(rows, i, 1);
    column.type = text_at(rows, i, 2);
    column.kind = text_at(rows, i, 3);
    column.modifier = std::stoi(std::string(text_at(rows, i, 4)));
    // A timestamp's modifier is its precision; a varchar's length refuses what is too long, so it loses nothing.
    column.required = text_at(rows, i, 5) == "t";
    column.generated = text_at(rows, i, 6) == "t";
    columns.emplace(text_at(rows, i, 0), std::move(column));
  }
  return columns;
}

Result<void> check_columns(const std::string& where, const FoundColumns& found, const RowPlan& plan) {
  for (const auto& column : plan.columns) {
    auto at = found.find(column.name);
    if (at == found.end()) {
      // Unquoted names in somebody's CREATE TABLE are lower case; adding a second column would hide the mistake.
      for (const auto& [name, unused] : found)
        if (std::equal(name.begin(), name.end(), column.name.begin(), column.name.end(),
                       [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }))
          return fail(
              ErrorKind::configuration,
              fmt::format("{}: the column is named '{}', the field '{}': give both the same upper and lower case",
                          where, name, column.name));
      continue;
    }
    if (at->second.generated)
      return fail(
          ErrorKind::configuration,
          fmt::format("{}: the column '{}' is generated and cannot be written: rename the field", where, column.name));
    if (!keeps(column.type->kind, at->second))
      return fail(ErrorKind::configuration, fmt::format("{0}: the column '{1}' must be {2} to keep values as they are, "
                                                        "it is {3}: ALTER TABLE … ALTER COLUMN {4} TYPE {2}, "
                                                        "or choose another table",
                                                        where, column.name, column_type(*column.type), at->second.text,
                                                        quote_identifier(column.name)));
  }
  for (const auto& [name, column] : found) {
    bool ours = std::any_of(plan.columns.begin(), plan.columns.end(),
                            [&, &wanted = name](const Column& c) { return c.name == wanted; });
    if (!ours && column.required)
      return fail(
          ErrorKind::configuration,
          fmt::format(
              "{}: the column '{}' is NOT NULL without a default, and the rows have no such field: give it a default",
              where, name));
  }
  return {};
}

/// What one must be allowed to do, as has_any_column_privilege and has_table_privilege name it.
Result<void> check_rights(Connection& connection, const std::string& where, const std::string& table,
                          std::initializer_list<const char*> rights) {
  std::string missing;
  for (const char* right : rights) {
    bool whole_table = std::string_view(right) == "DELETE";  // the others may be granted column by column
    const char* parameters[] = {table.c_str(), right};
    CRYPTOSTREAM_TRY_ASSIGN(auto has,
                            connection.query(whole_table ? "SELECT has_table_privilege(to_regclass($1)::oid, $2)"
                                                         : "SELECT has_any_column_privilege(to_regclass($1)::oid, $2)",
                                             parameters));
    if (text_at(has, 0, 0) != "t") missing += (missing.empty() ? "" : ", ") + std::string(right);
  }
  if (missing.empty()) return {};
  return fail(ErrorKind::permission,
              fmt::format("{}: user {} lacks rights to it: GRANT {} ON {} TO {};", where, connection.user(), missing,
                          table, quote_identifier(connection.user())));
}

Result<bool> has_unique_index(Connection& connection, const std::string& table, const RowPlan& plan) {
  std::string array = "{";
  for (std::size_t i = 0; i < plan.keys; ++i) {
    array += i == 0 ? "\"" : ",\"";
    for (char c : plan.columns[i].name) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  array += "}";
  const char* parameters[] = {table.c_str(), array.c_str()};
  CRYPTOSTREAM_TRY_ASSIGN(auto rows, connection.query(R"(
SELECT 1 FROM pg_index i
WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indimmediate
AND i.indpred IS NULL AND i.indexprs IS NULL
AND (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_attribute a
     WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
  = (SELECT array_agg(k ORDER BY k) FROM unnest($2::text[]) k) LIMIT 1)",
                                                      parameters));
  return PQntuples(rows.get()) == 1;
}

/// Runs statements that make something, one process at a time; adds what to do if that is not allowed.
Result<void> define(Connection& connection, const std::string& where, const std::string& sql) {
  // The number is arbitrary; all our tasks use the same.
  auto done = connection.execute("BEGIN; SELECT pg_advisory_xact_lock(6003112754013651); " + sql + "; COMMIT");
  if (done) return {};
  if (done.error().kind() != ErrorKind::permission) return fail(std::move(done).error().with_context(where));
  return fail(ErrorKind::permission,
              fmt::format("{}: {}. Let user {} make tables (GRANT CREATE ON SCHEMA … TO {};), or run as the owner: {};",
                          where, done.error().message(), connection.user(), quote_identifier(connection.user()), sql));
}

Result<void> check_kind(Connection& connection, const std::string& where, const std::string& table) {
  const char* parameters[] = {table.c_str()};
  CRYPTOSTREAM_TRY_ASSIGN(auto kind,
                          connection.query("SELECT relkind FROM pg_class WHERE oid = to_regclass($1)", parameters));
  if (PQntuples(kind.get()) == 0 || text_at(kind, 0, 0) == "r" || text_at(kind, 0, 0) == "p") return {};
  return fail(ErrorKind::configuration, fmt::format("{} is a view, sequence or foreign table: name a table", where));
}

}  // namespace

Statements make_statements(const TableName& name, const RowPlan& plan) {
  Statements sql;
  sql.table = name.quoted();
  auto all = column_list(plan, 0, plan.columns.size()), keys = column_list(plan, 0, plan.keys);
  sql.create = fmt::format("CREATE TABLE IF NOT EXISTS {} (", sql.table);
  for (auto index : plan.declared) {
    const auto& column = plan.columns[index];
    fmt::format_to(std::back_inserter(sql.create), "{}{} {}{}", index == plan.declared.front() ? "" : ", ",
                   quote_identifier(column.name), column_type(*column.type),
                   column.optional == nullptr ? " NOT NULL" : "");
  }
  if (plan.keys != 0) fmt::format_to(std::back_inserter(sql.create), ", PRIMARY KEY ({})", keys);
  sql.create += ")";
  sql.clear = fmt::format("DELETE FROM {}", sql.table);
  sql.copy = fmt::format("COPY {} ({}) FROM STDIN", sql.table, all);
  if (plan.mode != WriteMode::upsert) return sql;

  sql.temporary = fmt::format(
      "CREATE TEMPORARY TABLE cryptostream_batch ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA; "
      "CREATE TEMPORARY TABLE cryptostream_deletes ON COMMIT DELETE ROWS AS SELECT {} FROM {} WITH NO DATA",
      all, sql.table, keys, sql.table);
  sql.copy = fmt::format("COPY pg_temp.cryptostream_batch ({}) FROM STDIN", all);
  sql.merge = fmt::format("INSERT INTO {} ({}) SELECT {} FROM pg_temp.cryptostream_batch ON CONFLICT ({}) DO ",
                          sql.table, all, all, keys);
  if (plan.keys == plan.columns.size()) {
    sql.merge += "NOTHING";
  } else {
    sql.merge += "UPDATE SET ";
    for (std::size_t i = plan.keys; i < plan.columns.size(); ++i)
      fmt::format_to(std::back_inserter(sql.merge), "{}{} = EXCLUDED.{}", i == plan.keys ? "" : ", ",
                     quote_identifier(plan.columns[i].name), quote_identifier(plan.columns[i].name));
  }
  sql.copy_deletes = fmt::format("COPY pg_temp.cryptostream_deletes ({}) FROM STDIN", keys);
  sql.merge_deletes = fmt::format("DELETE FROM {} t USING pg_temp.cryptostream_deletes d WHERE ", sql.table);
  for (std::size_t i = 0; i < plan.keys; ++i)
    fmt::format_to(std::back_inserter(sql.merge_deletes), "{}t.{} = d.{}", i == 0 ? "" : " AND ",
                   quote_identifier(plan.columns[i].name), quote_identifier(plan.columns[i].name));
  return sql;
}

Result<void> prepare_table(Connection& connection, const RowPlan& plan, const Statements& sql, bool create) {
  auto where = fmt::format("PostgreSQL table {} at {}", sql.table, connection.where());
  CRYPTOSTREAM_TRY_ASSIGN(auto found, read_columns(connection, sql.table));
  if (found.empty()) {
    if (!create)
      return fail(ErrorKind::configuration, fmt::format("{} does not exist: make it with {};", where, sql.create));
    CRYPTOSTREAM_TRY(define(connection, where, sql.create));
    CRYPTOSTREAM_TRY_ASSIGN(found, read_columns(connection, sql.table));  // another task may have made it first
  }
  CRYPTOSTREAM_TRY(check_kind(connection, where, sql.table));
  CRYPTOSTREAM_TRY(check_columns(where, found, plan));
  std::string add;
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const auto& column = plan.columns[i];
    if (found.count(column.name) != 0) continue;
    auto statement = fmt::format("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}", sql.table,
                                 quote_identifier(column.name), column_type(*column.type));
    if (!create || plan.is_key(i))
      return fail(ErrorKind::configuration,
                  fmt::format("{} has no column '{}': add it with {};", where, column.name, statement));
    add += (add.empty() ? "" : "; ") + statement;
  }
  if (!add.empty()) CRYPTOSTREAM_TRY(define(connection, where, add));
  if (plan.mode == WriteMode::insert) return check_rights(connection, where, sql.table, {"INSERT"});
  if (plan.mode == WriteMode::replace) return check_rights(connection, where, sql.table, {"INSERT", "DELETE"});
  CRYPTOSTREAM_TRY(plan.delete_keys.empty()
                       ? check_rights(connection, where, sql.table, {"SELECT", "INSERT", "UPDATE"})
                       : check_rights(connection, where, sql.table, {"SELECT", "INSERT", "UPDATE", "DELETE"}));
  CRYPTOSTREAM_TRY_ASSIGN(bool unique, has_unique_index(connection, sql.table, plan));
  if (!unique)
    return fail(ErrorKind::configuration,
                fmt::format("{}: upsert needs a unique index on exactly ({}): CREATE UNIQUE INDEX ON {} ({});", where,
                            key_names(plan), sql.table, column_list(plan, 0, plan.keys)));
  auto made = connection.execute(sql.temporary);
  if (!made && made.error().kind() == ErrorKind::permission)
    return fail(ErrorKind::permission,
                fmt::format("{}: upsert needs temporary tables: {}: GRANT TEMPORARY ON DATABASE … TO {};", where,
                            made.error().message(), quote_identifier(connection.user())));
  return made.map([](auto&&) {});
}

Result<void> prepare_positions(Connection& connection) {
  auto where = fmt::format("PostgreSQL table {} at {}", positions_table, connection.where());
  CRYPTOSTREAM_TRY_ASSIGN(auto found, read_columns(connection, std::string(positions_table)));
  if (found.empty())
    CRYPTOSTREAM_TRY(define(
        connection, where,
        fmt::format(
            "CREATE TABLE IF NOT EXISTS {} (sink text NOT NULL, topic text NOT NULL, part integer NOT NULL, log_id "
            "text NOT NULL, "
            "position bigint, epoch bigint NOT NULL, updated timestamptz NOT NULL, PRIMARY KEY (sink, topic, part))",
            positions_table)));
  return check_rights(connection, where, std::string(positions_table), {"SELECT", "INSERT", "UPDATE"});
}

}  // namespace cryptostream::postgres
