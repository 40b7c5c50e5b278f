// SQLite's handles with owners, and its result codes as Errors. Private to this module.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace cryptostream::local {

/// The write-ahead log is cut down to this size.
constexpr std::int64_t longest_wal_bytes = 64 << 20;

/// `code` as an Error; `file` and the connection's own words go into its message. `db` may be null.
Error sqlite_error(sqlite3* db, int code, const std::string& file);

/// A prepared statement, used again and again. Must not outlive its Connection.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* handle, const std::string* file) : handle_(handle), file_(file) {}

  void bind(int index, std::int64_t value) { sqlite3_bind_int64(handle_.get(), index, value); }
  /// The bytes must stay until the statement is reset.
  void bind(int index, OptionalBytesView bytes) {
    if (bytes) {
      sqlite3_bind_blob64(handle_.get(), index, bytes->data() ? bytes->data() : "", bytes->size(), SQLITE_STATIC);
    } else {
      sqlite3_bind_null(handle_.get(), index);
    }
  }
  void bind_text(int index, std::string_view text) {
    sqlite3_bind_text64(handle_.get(), index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

  /// True: a row is there. After false or an error the statement is reset.
  Result<bool> step() {
    int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    reset();
    if (code == SQLITE_DONE) return false;
    return tl::unexpected<Error>(sqlite_error(sqlite3_db_handle(handle_.get()), code, *file_));
  }
  /// Runs to the end, ignoring rows.
  Result<void> run() {
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(bool row, step());
      if (!row) return {};
    }
  }
  void reset() { sqlite3_reset(handle_.get()); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  bool null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  /// Valid until the next step or reset.
  std::string_view bytes(int column) const {
    auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  }
  std::string text(int column) const { return std::string(bytes(column)); }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  const std::string* file_ = nullptr;
};

/// Resets a statement at the end of a scope: an unfinished SELECT would hold its read transaction open.
class Reset {
 public:
  explicit Reset(Statement& statement) : statement_(statement) {}
  ~Reset() { statement_.reset(); }
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;

 private:
  Statement& statement_;
};

/// One connection. One thread at a time; does not move, since statements point to it.
class Connection {
 public:
  Connection(sqlite3* handle, std::string file);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return handle_.get(); }
  const std::string& file() const { return file_; }

  Result<Statement> prepare(std::string_view sql);
  /// Runs statements without parameters.
  Result<void> execute(const char* sql);
  /// The first column of the first row; 0 if there is none.
  Result<std::int64_t> integer(std::string_view sql);
  /// Fails if the file's name no longer leads to this file: others would write to another one unseen.
  Result<void> check_in_place();
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  void rollback();

  /// Moves the write-ahead log into the file once it is long, and cuts it off once it is very long. Failing only means
  /// later.
  void checkpoint_if_long();

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::string file_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::int64_t wal_pages_ = 0;  // after the last commit of this connection
  std::int64_t page_bytes_ = 4096;
  std::int64_t cut_tried_at_ = 0;  // wal_pages_ at the last attempt to cut
};

}  // namespace cryptostream::local
