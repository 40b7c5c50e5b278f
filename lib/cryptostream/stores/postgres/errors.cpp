#include <cryptostream/stores/postgres/errors.h>

#include <fmt/format.h>

#include <libpq-fe.h>

#include <algorithm>
#include <cctype>

namespace cryptostream::postgres {
namespace {

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : text;
}

/// What to do, for the states that have an answer.
std::string_view advice(std::string_view state) {
  if (state == "53100") return "free some space on the server's disk; it is tried again, nothing is lost";
  if (state == "53300") return "raise max_connections, or run fewer tasks; it is tried again";
  if (state.starts_with("57P")) return "the server stops or starts; it is tried again";
  if (state == "25006") return "the server is a standby or read-only; it is tried again";
  if (state == "3D000") return "make the database, or name another in the URL or PGDATABASE";
  if (state == "3F000") return "make the schema, or name another";
  if (state == "57014") return "a statement took longer than its timeout; it is tried again";
  if (state == "42P01" || state == "42703") return "the table was changed while it was being written; start again";
  return {};
}

/// The text without libpq's verbose parts ("28P01: ", "LOCATION: …") and line ends.
std::string plain(std::string_view text, std::string_view state) {
  std::string out;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.empty() || line.starts_with("LOCATION:")) continue;
    if (!out.empty()) out += "; ";
    out += line;
  }
  if (!state.empty())
    if (auto at = out.find(fmt::format("{}: ", state)); at != std::string::npos) out.erase(at, state.size() + 2);
  return out;
}

/// The SQLSTATE in a verbose connection error: "FATAL:  28P01: password authentication failed".
std::string_view state_in(std::string_view text) {
  for (auto at = text.find(":  "); at != text.npos; at = text.find(":  ", at + 1)) {
    auto state = text.substr(at + 3, 5);
    bool looks = state.size() == 5 && text.substr(at + 8, 2) == ": " &&
                 std::all_of(state.begin(), state.end(),
                             [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
    if (looks) return state;
  }
  return {};
}

}  // namespace

ErrorKind kind_of(std::string_view state) {
  auto is = [&](std::initializer_list<std::string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return state.starts_with(prefix); });
  };
  if (is({"22", "23", "21000", "44", "54", "P0001"})) return ErrorKind::bad_record;
  if (is({"40001", "40P01", "55P03", "57014", "55006"})) return ErrorKind::temporary;
  if (is({"08", "53", "57P01", "57P02", "57P03", "57P05", "25P03", "25006", "58"})) return ErrorKind::unavailable;
  if (is({"28", "42501"})) return ErrorKind::permission;
  if (is({"3D", "3F", "42", "0A", "26"})) return ErrorKind::configuration;
  return ErrorKind::failure;
}

Error error_of(const PGresult* result, std::string_view where) {
  auto state = field(result, PG_DIAG_SQLSTATE);
  auto message = field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = PQresultErrorMessage(result);
  auto text = fmt::format("{}: {}", where, message);
  if (auto detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty())
    fmt::format_to(std::back_inserter(text), " ({})", detail);
  if (!state.empty()) fmt::format_to(std::back_inserter(text), " [SQLSTATE {}]", state);
  if (auto column = field(result, PG_DIAG_COLUMN_NAME); !column.empty())
    fmt::format_to(std::back_inserter(text), ", column '{}'", column);
  if (auto todo = advice(state); !todo.empty()) fmt::format_to(std::back_inserter(text), ": {}", todo);
  return {kind_of(state), std::move(text)};
}

Error connect_error(PGconn* connection, std::string_view where) {
  std::string_view raw = PQerrorMessage(connection);
  auto state = std::string(state_in(raw));
  auto text = plain(raw, state);
  if (PQconnectionNeedsPassword(connection) != 0)
    return {ErrorKind::permission,
            fmt::format("{}: the server wants a password for user {}: set PGPASSWORD, or add a line to ~/.pgpass",
                        where, PQuser(connection))};
  if (state == "28P01" || (state == "28000" && PQconnectionUsedPassword(connection) != 0))
    return {ErrorKind::permission, fmt::format("{}: wrong password for user {}: check PGPASSWORD, ~/.pgpass or the URL",
                                               where, PQuser(connection))};
  if (!state.empty()) {
    auto todo = advice(state);
    if (state == "28000") todo = "check the user's name, and the server's pg_hba.conf";
    return {kind_of(state),
            fmt::format("{}: {} [SQLSTATE {}]{}{}", where, text, state, todo.empty() ? "" : ": ", todo)};
  }
  if (text.find("certificate") != text.npos)
    return {ErrorKind::configuration,
            fmt::format("{}: the TLS certificate was not accepted: {}: check sslmode and sslrootcert", where, text)};
  if (text.find("does not support SSL") != text.npos)
    return {ErrorKind::configuration, fmt::format("{}: {}: check sslmode", where, text)};
  return {ErrorKind::unavailable,
          fmt::format("{}: cannot connect: {}: is the server running, are PGHOST and PGPORT right?", where, text)};
}

Error lost_error(PGconn* connection, std::string_view where) {
  auto text = plain(PQerrorMessage(connection), "");
  return {ErrorKind::unavailable, fmt::format("{}: the connection was lost{}{}; it is made again, nothing is lost",
                                              where, text.empty() ? "" : ": ", text)};
}

}  // namespace cryptostream::postgres
