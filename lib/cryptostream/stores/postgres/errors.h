// PostgreSQL's SQLSTATEs as Errors: whose business each is. Private to the module.
#pragma once

#include <cryptostream/core/error.h>

#include <string>
#include <string_view>

struct pg_conn;    // PGconn
struct pg_result;  // PGresult

namespace cryptostream::postgres {

/// The class of an error by its SQLSTATE (https://www.postgresql.org/docs/15/errcodes-appendix.html). bad_record: the
/// rows are to blame, a part of them may pass.
ErrorKind kind_of(std::string_view sqlstate);

/// What the server said in `result`, after `where`, with advice where there is some.
Error error_of(const pg_result* result, std::string_view where);

/// Why `connection` could not be made or was lost. The connection must have been made with PQERRORS_VERBOSE, which puts
/// the SQLSTATE into the text of a refusal.
Error connect_error(pg_conn* connection, std::string_view where);
Error lost_error(pg_conn* connection, std::string_view where);

}  // namespace cryptostream::postgres
