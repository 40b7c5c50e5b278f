// One connection to PostgreSQL, never waiting without a deadline. Private to the module.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/stores/postgres/errors.h>
#include <cryptostream/stores/postgres/sink.h>

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cryptostream::postgres {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using QueryResult = std::unique_ptr<PGresult, ClearResult>;

/// Text of a field; empty if null.
inline std::string_view text_at(const QueryResult& result, int row, int column) {
  return {PQgetvalue(result.get(), row, column), static_cast<std::size_t>(PQgetlength(result.get(), row, column))};
}
inline bool null_at(const QueryResult& result, int row, int column) {
  return PQgetisnull(result.get(), row, column) != 0;
}

/// Not thread-safe. After an error of kind unavailable, or one in the middle of a COPY, only destroying it makes sense;
/// the server rolls back.
class Connection {
 public:
  /// Connects with TLS, passwords and defaults as libpq has them. Errors: permission, configuration, unavailable.
  static Result<std::unique_ptr<Connection>> open(const PostgresOptions& options);

  /// "host:port/database", for messages.
  const std::string& where() const { return where_; }
  std::string user() const { return PQuser(connection_.get()); }

  /// One statement with text parameters (null pointers: NULL); its rows.
  Result<QueryResult> query(const std::string& sql, std::span<const char* const> parameters = {});
  /// Statements without parameters, divided by semicolons; the result of the last.
  Result<QueryResult> execute(const std::string& sql);

  // The steps of a COPY among other statements. begin() sends the statements; next() gives their results one by one,
  // none at the end; a result of status PGRES_COPY_IN asks for put() and then end_copy() or fail_copy().
  Result<void> begin(const std::string& sql);
  Result<QueryResult> next();
  Result<void> put(std::string_view bytes);
  /// As put(), but leaves in libpq's buffer what the server does not take at once.
  Result<void> put_without_waiting(std::string_view bytes);
  Result<void> end_copy();
  Result<void> fail_copy(const char* why);
  /// Reads results until there is none; the first error among them, if any.
  Result<void> finish();

 private:
  struct Close {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  explicit Connection(const PostgresOptions& options) : options_(options) {}
  Result<void> connect();
  /// Waits until the socket can be read (or written, if wanted).
  Result<void> wait(bool for_writing);
  Result<void> flush();
  Result<QueryResult> last_result();
  void start_deadline() {
    deadline_ = std::chrono::steady_clock::now() + options_.statement_timeout + std::chrono::seconds(5);
  }

  PostgresOptions options_;
  std::string where_;
  std::unique_ptr<PGconn, Close> connection_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace cryptostream::postgres
