// Values of a row as SQLite takes them, packed in a RowBuffer until the commit binds them. Private to the module.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/stores/row_plan.h>
#include <cryptostream/stores/sqlite/handle.h>

#include <string>
#include <string_view>

namespace cryptostream::sqlite {

/// Appends one value: a tag, then 8 bytes (integer, real) or a length and bytes (text). `at` may be null for an absent
/// value. Error: bad_record, naming the column, for values SQLite cannot keep (NaN, which it turns into NULL; years it
/// has no text for).
Result<void> append_value(const Column& column, const void* at, std::string& out);

/// Binds all values of `packed` to parameters 1, 2, …; `packed` must stay until the statement is reset.
void bind_row(Statement& statement, std::string_view packed);

}  // namespace cryptostream::sqlite
