#include <cryptostream/stores/sqlite/handle.h>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace cryptostream::sqlite {
namespace {

bool no_space(int system_error) { return system_error == ENOSPC || system_error == EDQUOT; }

Error cannot_open(int system_error, std::string_view file) {
  auto why = std::generic_category().message(system_error);
  if (system_error == ENOENT || system_error == ENOTDIR)
    return {ErrorKind::configuration,
            fmt::format("SQLite file {}: its folder does not exist ({}): make it, or name another file", file, why)};
  if (system_error == EACCES || system_error == EPERM || system_error == EROFS)
    return {
        ErrorKind::permission,
        fmt::format("SQLite file {}: may not be opened for writing ({}): check the rights of the file and its folder",
                    file, why)};
  if (system_error == EISDIR)
    return {ErrorKind::configuration, fmt::format("SQLite file {}: is a folder: name a file", file)};
  if (no_space(system_error))
    return {ErrorKind::unavailable, fmt::format("SQLite file {}: the disk is full: free some space", file)};
  return {ErrorKind::failure, fmt::format("SQLite file {}: cannot be opened{}{}", file, system_error != 0 ? ": " : "",
                                          system_error != 0 ? why : std::string())};
}

}  // namespace

Error error_of(int code, sqlite3* database, std::string_view file) {
  std::string_view text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  int system_error = database != nullptr ? sqlite3_system_errno(database) : 0;
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::temporary,
              fmt::format("SQLite file {}: another program holds its lock ({}): it is tried again", file, text)};
    case SQLITE_FULL:
      return {ErrorKind::unavailable,
              fmt::format("SQLite file {}: the disk is full: free some space, nothing is lost", file)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorKind::permission,
              fmt::format("SQLite file {}: may not be written ({}): check the rights of the file and its folder", file,
                          text)};
    case SQLITE_CANTOPEN:
      return cannot_open(system_error, file);
    case SQLITE_NOTADB:
      return {ErrorKind::configuration, fmt::format("{} is not an SQLite database: name another file", file)};
    case SQLITE_CORRUPT:
      return {ErrorKind::failure,
              fmt::format("SQLite file {}: damaged ({}): restore it from a copy, or move it away", file, text)};
    case SQLITE_IOERR:
      if (no_space(system_error))
        return {ErrorKind::unavailable,
                fmt::format("SQLite file {}: the disk is full: free some space, nothing is lost", file)};
      return {ErrorKind::failure,
              fmt::format("SQLite file {}: {}{}{}", file, text, system_error != 0 ? ": " : "",
                          system_error != 0 ? std::generic_category().message(system_error) : std::string())};
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return {ErrorKind::bad_record, fmt::format("SQLite file {} refused the row: {}", file, text)};
    default:
      return {ErrorKind::failure, fmt::format("SQLite file {}: {} (code {})", file, text, code)};
  }
}

Result<bool> Statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto error = error_of(code, sqlite3_db_handle(statement_.get()), *file_);
  sqlite3_reset(statement_.get());
  return fail(std::move(error));
}

Result<void> Statement::run() {
  for (;;) {
    CRYPTOSTREAM_TRY_ASSIGN(bool more, step());
    if (!more) break;
  }
  reset();
  return {};
}

std::string Statement::text(int column) {
  auto* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& file, std::chrono::milliseconds busy_timeout) {
  std::unique_ptr<Database> opened(new Database(file));
  sqlite3* handle = nullptr;
  int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  opened->database_.reset(handle);
  if (code != SQLITE_OK) return fail(error_of(code, handle, file));
  sqlite3_extended_result_codes(handle, 1);
  // SQLite then opens for reading, and fails later with less to say.
  if (sqlite3_db_readonly(handle, "main") == 1) return fail(error_of(SQLITE_READONLY, nullptr, file));
  sqlite3_busy_timeout(handle, static_cast<int>(busy_timeout.count()));
  CRYPTOSTREAM_TRY(opened->execute("PRAGMA journal_mode = WAL"));
  CRYPTOSTREAM_TRY(opened->execute("PRAGMA synchronous = FULL"));
  return opened;
}

Result<void> Database::execute(const std::string& sql) {
  int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error_of(code, database_.get(), file_));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement prepared;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                &statement, nullptr);
  prepared.statement_.reset(statement);
  prepared.file_ = &file_;
  if (code != SQLITE_OK) return fail(error_of(code, database_.get(), file_));
  return prepared;
}

}  // namespace cryptostream::sqlite
