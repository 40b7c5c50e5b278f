// PostgresSink: rows of T into a PostgreSQL table, exactly once, by COPY.
#pragma once

#include <cryptostream/stores/table_sink.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

struct PostgresOptions {
  WriteMode mode = WriteMode::insert;
  /// Columns that tell rows apart (upsert, replace; in insert mode only if the table is to refuse doubles). Empty: the
  /// fields with FieldFlags::key, where the mode needs some. A name that is no field of T comes from the record's key.
  std::vector<std::string> key{};
  /// `postgres://user@host:port/database?sslmode=…` or libpq's `host=… dbname=…`. What it leaves out, and all of it if
  /// empty, comes from the PG* environment variables and libpq's files (~/.pgpass, pg_service.conf).
  std::string url{};
  /// Whether a missing table is made, and a missing column added.
  bool create = true;
  /// For the whole of connecting, all hosts together.
  std::chrono::milliseconds connect_timeout{10'000};
  /// For one statement, a batch's COPY included; the server's statement_timeout is set to the same.
  std::chrono::milliseconds statement_timeout{60'000};
};

/// The erased recipe. Throws std::invalid_argument for names, URLs and options that cannot work.
std::shared_ptr<const TableSink> postgres_table(std::string table, PostgresOptions options, const TypeInfo& value,
                                                const TypeInfo* key);

/// Writes values of T into `table` (`quotes`, `app.quotes`, `"Crypto_asset"`). Decimals are NUMERIC, timestamps
/// TIMESTAMPTZ, integers INTEGER and BIGINT, doubles DOUBLE PRECISION, texts and enums TEXT, booleans BOOLEAN, lists,
/// maps and objects JSONB.
///
/// Positions lie in the database's table cryptostream_positions and change in the transaction of the rows. Each writer
/// has one connection, in which it keeps temporary tables: behind a pooler it needs session pooling. Rows wait in
/// memory, as COPY text, until the commit: two round trips. When the server refuses a batch for a row's sake, the batch
/// is halved until the row is found.
template <class T, class K = std::string>
class PostgresSink : public TypedTableSink<T, K> {
 public:
  /// Throws std::invalid_argument, naming what is wrong.
  explicit PostgresSink(std::string table, PostgresOptions options = {})
      : PostgresSink(std::move(table), std::move(options), type_of<T>(), &type_of<K>()) {}
  /// For types whose description is made at run time; both descriptions must outlive the sink.
  PostgresSink(std::string table, PostgresOptions options, const TypeInfo& value, const TypeInfo* key)
      : TypedTableSink<T, K>(postgres_table(std::move(table), std::move(options), value, key)) {}
};

}  // namespace cryptostream
