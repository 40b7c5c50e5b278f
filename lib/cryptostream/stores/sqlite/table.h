// A table in an SQLite file: its statements, made or checked when a writer opens. Private to the module.
#pragma once

#include <cryptostream/stores/row_plan.h>
#include <cryptostream/stores/sqlite/handle.h>

#include <string>

namespace cryptostream::sqlite {

/// Makes the table and its `_numeric` view, adds missing columns, or checks what is there. Runs inside the caller's
/// transaction. Errors: configuration, naming column, wanted and found type.
Result<void> prepare_table(Database& database, const std::string& file, const std::string& table, const RowPlan& plan,
                           bool create);

std::string insert_statement(const std::string& table, const RowPlan& plan);
std::string delete_statement(const std::string& table, const RowPlan& plan);

}  // namespace cryptostream::sqlite
