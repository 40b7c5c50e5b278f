#include <cryptostream/core/log.h>
#include <cryptostream/stores/postgres/handle.h>
#include <cryptostream/stores/postgres/url.h>

#include <fmt/format.h>

#include <poll.h>
#include <array>
#include <cerrno>
#include <vector>

namespace cryptostream::postgres {
namespace {

using Clock = std::chrono::steady_clock;

/// Waits for `events` on the connection's socket; false at the deadline.
bool wait_until(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{socket, events, 0};
    int ready = ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) return true;  // the next call on the socket says what is wrong
  }
}

void log_notice(void* where, const PGresult* notice) {
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (text != nullptr) log(LogLevel::debug, "postgres", "{}: {}", *static_cast<const std::string*>(where), text);
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const PostgresOptions& options) {
  std::unique_ptr<Connection> opened(new Connection(options));
  CRYPTOSTREAM_TRY(opened->connect());
  return opened;
}

Result<void> Connection::connect() {
  where_ = describe_url(options_.url);
  // What stands before the URL are defaults, what stands after it is ours to say.
  std::vector<const char*> names{"fallback_application_name", "keepalives_idle", "keepalives_interval",
                                 "keepalives_count", "tcp_user_timeout"};
  std::vector<const char*> values{"cryptostream", "30", "10", "3", "60000"};
  if (!options_.url.empty()) {
    names.push_back("dbname");
    values.push_back(options_.url.c_str());
  }
  names.insert(names.end(), {"client_encoding", nullptr});
  values.insert(values.end(), {"UTF8", nullptr});
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 1));
  if (connection_ == nullptr) return fail(ErrorKind::failure, fmt::format("{}: no memory for a connection", where_));
  auto* raw = connection_.get();
  PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);
  PQsetNoticeReceiver(raw, log_notice, &where_);
  auto deadline = Clock::now() + options_.connect_timeout;
  auto state = PQstatus(raw) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) return fail(connect_error(raw, where_));
    if (!wait_until(PQsocket(raw), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
      return fail(ErrorKind::unavailable,
                  fmt::format("{}: no connection within {} ms: is the server reachable, are PGHOST and PGPORT right?",
                              where_, options_.connect_timeout.count()));
    state = PQconnectPoll(raw);
  }
  const char *host = PQhost(raw), *port = PQport(raw), *database = PQdb(raw);
  where_ = fmt::format("{}:{}/{}", host, port, database);
  PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
  if (PQsetnonblocking(raw, 1) != 0) return fail(lost_error(raw, where_));
  auto timeout = options_.statement_timeout.count();
  // A stalled writer must not keep its locks for ever: the next one waits for them.
  return execute(
             fmt::format(
                 "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {0}; "
                 "SET datestyle = 'ISO'; SET standard_conforming_strings = on; SET client_min_messages = warning",
                 timeout))
      .map([](auto&&) {});
}

Result<void> Connection::wait(bool for_writing) {
  auto events = static_cast<short>(for_writing ? POLLIN | POLLOUT : POLLIN);
  if (wait_until(PQsocket(connection_.get()), events, deadline_)) return {};
  return fail(ErrorKind::unavailable,
              fmt::format("{}: no answer within {} ms; the connection is made again, nothing is lost", where_,
                          options_.statement_timeout.count()));
}

Result<void> Connection::flush() {
  for (;;) {
    int left = PQflush(connection_.get());
    if (left == 0) return {};
    if (left < 0) return fail(lost_error(connection_.get(), where_));
    CRYPTOSTREAM_TRY(wait(true));
    // The server may have something to say before it takes more.
    if (PQconsumeInput(connection_.get()) == 0) return fail(lost_error(connection_.get(), where_));
  }
}

Result<void> Connection::begin(const std::string& sql) {
  start_deadline();
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) return fail(lost_error(connection_.get(), where_));
  return flush();
}

Result<QueryResult> Connection::next() {
  while (PQisBusy(connection_.get()) != 0) {
    CRYPTOSTREAM_TRY(wait(false));
    if (PQconsumeInput(connection_.get()) == 0) return fail(lost_error(connection_.get(), where_));
  }
  QueryResult result(PQgetResult(connection_.get()));
  if (result != nullptr && PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
    if (PQstatus(connection_.get()) == CONNECTION_BAD && PQresultErrorField(result.get(), PG_DIAG_SQLSTATE) == nullptr)
      return fail(lost_error(connection_.get(), where_));
    return fail(error_of(result.get(), where_));
  }
  return result;
}

Result<void> Connection::finish() {
  Result<void> first;
  for (;;) {
    auto result = next();
    if (!result) {
      if (first) first = fail(std::move(result).error());
      if (PQstatus(connection_.get()) == CONNECTION_BAD || first.error().kind() == ErrorKind::unavailable) return first;
    } else if (*result == nullptr) {
      return first;
    }
  }
}

Result<QueryResult> Connection::last_result() {
  QueryResult last;
  for (;;) {
    auto result = next();
    if (!result) {
      if (result.error().kind() != ErrorKind::unavailable)
        (void)finish();  // leaves the connection ready for the next statement
      return result;
    }
    if (*result == nullptr) return last;
    last = std::move(*result);
  }
}

Result<QueryResult> Connection::execute(const std::string& sql) {
  CRYPTOSTREAM_TRY(begin(sql));
  return last_result();
}

Result<QueryResult> Connection::query(const std::string& sql, std::span<const char* const> parameters) {
  start_deadline();
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(parameters.size()), nullptr, parameters.data(),
                        nullptr, nullptr, 0) == 0)
    return fail(lost_error(connection_.get(), where_));
  CRYPTOSTREAM_TRY(flush());
  return last_result();
}

Result<void> Connection::put(std::string_view bytes) {
  start_deadline();
  constexpr std::size_t most = 1 << 16;  // what libpq buffers at a time
  while (!bytes.empty()) {
    auto part = bytes.substr(0, most);
    if (PQputCopyData(connection_.get(), part.data(), static_cast<int>(part.size())) < 0)
      return fail(lost_error(connection_.get(), where_));
    CRYPTOSTREAM_TRY(flush());
    bytes.remove_prefix(part.size());
  }
  return {};
}

Result<void> Connection::put_without_waiting(std::string_view bytes) {
  bool sent = PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0 &&
              PQflush(connection_.get()) >= 0;
  if (!sent) return fail(lost_error(connection_.get(), where_));
  return {};
}

Result<void> Connection::end_copy() {
  start_deadline();
  if (PQputCopyEnd(connection_.get(), nullptr) < 0) return fail(lost_error(connection_.get(), where_));
  return flush();
}

Result<void> Connection::fail_copy(const char* why) {
  if (PQputCopyEnd(connection_.get(), why) < 0) return fail(lost_error(connection_.get(), where_));
  return flush();
}

}  // namespace cryptostream::postgres
