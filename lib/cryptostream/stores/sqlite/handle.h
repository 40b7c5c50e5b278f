// SQLite's handles as owners, and its result codes as Errors. Private to the module.
#pragma once

#include <cryptostream/core/result.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace cryptostream::sqlite {

/// A prepared statement. Parameters and columns count as SQLite counts them: from 1 and from 0.
class Statement {
 public:
  Statement() = default;

  void bind(int index, std::int64_t value) { sqlite3_bind_int64(statement_.get(), index, value); }
  void bind(int index, double value) { sqlite3_bind_double(statement_.get(), index, value); }
  void bind_null(int index) { sqlite3_bind_null(statement_.get(), index); }
  /// The text must stay until the statement is reset.
  void bind(int index, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
  }

  /// True while there is a row.
  Result<bool> step();
  /// Runs to the end and resets.
  Result<void> run();
  void reset() { sqlite3_reset(statement_.get()); }

  std::int64_t integer(int column) { return sqlite3_column_int64(statement_.get(), column); }
  std::string text(int column);
  bool null(int column) { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  const std::string* file_ = nullptr;
};

/// An open database. Closing rolls back what is not committed.
class Database {
 public:
  /// Opens or makes `file`. Errors: permission, configuration (no such folder), unavailable (disk full), failure (no
  /// database).
  static Result<std::unique_ptr<Database>> open(const std::string& file, std::chrono::milliseconds busy_timeout);

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  /// Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const { return sqlite3_changes64(database_.get()); }

 private:
  explicit Database(std::string file) : file_(std::move(file)) {}
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  std::string file_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// The error that `database` reports for `code`. Rows it refuses are bad_record.
Error error_of(int code, sqlite3* database, std::string_view file);

}  // namespace cryptostream::sqlite
