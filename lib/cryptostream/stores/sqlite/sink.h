// SqliteSink: rows of T into a table of an SQLite file, exactly once.
#pragma once

#include <cryptostream/stores/table_sink.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

struct SqliteOptions {
  WriteMode mode = WriteMode::insert;
  /// Columns that tell rows apart (upsert, replace; in insert mode only if the table is to refuse doubles). Empty: the
  /// fields with FieldFlags::key, where the mode needs some. A name that is no field of T comes from the record's key.
  std::vector<std::string> key{};
  /// Whether a missing table is made, and a missing column added.
  bool create = true;
  /// How long to wait for another program's lock; then the error is temporary and the task tries again.
  std::chrono::milliseconds busy_timeout{10'000};
};

/// The erased recipe. Throws std::invalid_argument for names and options that cannot work.
std::shared_ptr<const TableSink> sqlite_table(std::string file, std::string table, SqliteOptions options,
                                              const TypeInfo& value, const TypeInfo* key);

/// Writes values of T into `table` of the database `file` (made if missing, WAL, synchronous=FULL). Integers and
/// booleans are INTEGER, doubles REAL, everything else TEXT: decimals as written, timestamps as ISO 8601 UTC, lists,
/// maps and objects as JSON. A table that the sink makes gets a view `<table>_numeric` beside it, whose decimals are
/// REAL, for sorting and sums.
///
/// Positions lie in the file's table cryptostream_positions and change in the transaction of the rows. A commit costs
/// one synced write; rows wait in memory until then.
template <class T, class K = std::string>
class SqliteSink : public TypedTableSink<T, K> {
 public:
  /// Throws std::invalid_argument, naming what is wrong.
  SqliteSink(std::string file, std::string table, SqliteOptions options = {})
      : SqliteSink(std::move(file), std::move(table), std::move(options), type_of<T>(), &type_of<K>()) {}
  /// For types whose description is made at run time; both descriptions must outlive the sink.
  SqliteSink(std::string file, std::string table, SqliteOptions options, const TypeInfo& value, const TypeInfo* key)
      : TypedTableSink<T, K>(sqlite_table(std::move(file), std::move(table), std::move(options), value, key)) {}
};

}  // namespace cryptostream
