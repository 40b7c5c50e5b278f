#include <cryptostream/local/handle.h>

#include <cerrno>
#include <cstring>

namespace cryptostream::local {
namespace {

constexpr std::int64_t checkpoint_pages = 4'000;

Error full(const std::string& file) {
  return {
      ErrorKind::unavailable,
      fmt::format("no room left on the disk for local log {}: nothing is lost, it goes on when there is space", file)};
}

}  // namespace

Error sqlite_error(sqlite3* db, int code, const std::string& file) {
  const char* words = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  int cause = db != nullptr ? sqlite3_system_errno(db) : errno;
  if (cause == 0) cause = errno;  // a failing COMMIT leaves it only there
  auto error = [&](ErrorKind kind, std::string_view what) {
    return Error(kind, fmt::format("local log {}: {} ({})", file, what, words));
  };
  switch (code & 0xff) {
    case SQLITE_FULL:
      return full(file);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return error(ErrorKind::temporary, "locked by another process, waiting for it took too long");
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
      return error(ErrorKind::permission, "no right to write; make the file and its folder writable for this user");
    case SQLITE_CANTOPEN:
      if (cause == EACCES || cause == EPERM || cause == EROFS)
        return error(ErrorKind::permission, "no right to open it; make the file and its folder writable for this user");
      if (cause == ENOSPC || cause == EDQUOT) return full(file);
      return error(ErrorKind::unavailable, "cannot be opened");
    case SQLITE_NOTADB:
      return error(ErrorKind::configuration, "the file is no SQLite database, so no log; name another file");
    case SQLITE_CORRUPT:
      return error(ErrorKind::failure,
                   "the file is damaged; restore it from a copy, or move it away to begin a new log");
    case SQLITE_IOERR:
      if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG) return full(file);
      return error(ErrorKind::unavailable, fmt::format("the disk failed: {}", std::strerror(cause)));
    case SQLITE_NOMEM:
      return error(ErrorKind::unavailable, "out of memory");
    case SQLITE_TOOBIG:
      return error(ErrorKind::bad_record, "a record is larger than SQLite takes");
    default:
      return error(ErrorKind::internal, fmt::format("unexpected answer {} of SQLite", code));
  }
}

Connection::Connection(sqlite3* handle, std::string file) : file_(std::move(file)), handle_(handle) {
  auto note_pages = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<Connection*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
  };
  if (handle != nullptr) sqlite3_wal_hook(handle, note_pages, this);
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                &statement, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(handle(), code, file_));
  return Statement(statement, &file_);
}

Result<void> Connection::execute(const char* sql) {
  errno = 0;
  int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected<Error>(sqlite_error(handle(), code, file_));
  return {};
}

Result<std::int64_t> Connection::integer(std::string_view sql) {
  CRYPTOSTREAM_TRY_ASSIGN(auto statement, prepare(sql));
  CRYPTOSTREAM_TRY_ASSIGN(bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<void> Connection::check_in_place() {
  int moved = 0;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return {};
  return fail(ErrorKind::failure,
              fmt::format("local log {}: the file was moved or deleted while in use; start again to go on with "
                          "what is there now",
                          file_));
}

void Connection::rollback() {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::checkpoint_if_long() {
  if (wal_pages_ < checkpoint_pages) {
    cut_tried_at_ = 0;
    return;
  }
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (wal_pages_ * page_bytes_ < longest_wal_bytes || wal_pages_ - cut_tried_at_ < checkpoint_pages) return;
  // Readers that stand in the old part keep a passive checkpoint from starting over; wait for them, but shortly.
  int old_timeout = 0;
  auto statement = prepare("PRAGMA busy_timeout");
  if (statement && statement->step().value_or(false)) old_timeout = static_cast<int>(statement->integer(0));
  sqlite3_busy_timeout(handle(), 50);
  sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle(), old_timeout);
  cut_tried_at_ = wal_pages_;
}

}  // namespace cryptostream::local
