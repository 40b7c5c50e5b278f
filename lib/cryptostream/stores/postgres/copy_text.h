// Values as COPY's text format has them (https://www.postgresql.org/docs/15/sql-copy.html, "Text Format"). Private to
// the module.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/stores/row_plan.h>

#include <string>

namespace cryptostream::postgres {

/// Appends one value; `at` may be null for an absent value. Error: bad_record, naming the column, for values PostgreSQL
/// has not (a zero byte in a text, years outside 0001 to 9999).
Result<void> append_value(const Column& column, const void* at, std::string& out);

/// The type of the column that keeps such values: "numeric", "timestamp with time zone", …, as format_type() writes it.
const char* column_type(const TypeInfo& type);

}  // namespace cryptostream::postgres
