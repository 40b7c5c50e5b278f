// A table in PostgreSQL: its statements, and making or checking it when a writer opens. Private to the module.
#pragma once

#include <cryptostream/stores/postgres/handle.h>
#include <cryptostream/stores/row_plan.h>
#include <cryptostream/stores/table_name.h>

#include <string>

namespace cryptostream::postgres {

/// The SQL of one sink, made once.
struct Statements {
  std::string table;         ///< quoted
  std::string create;        ///< CREATE TABLE
  std::string copy;          ///< COPY of whole rows, into the table or (upsert) the temporary one
  std::string merge;         ///< upsert: from the temporary table into the table
  std::string copy_deletes;  ///< upsert: COPY of keys into a temporary table
  std::string merge_deletes;
  std::string temporary;  ///< upsert: makes the temporary tables, empty after each commit
  std::string clear;      ///< replace: deletes all rows
};
Statements make_statements(const TableName& name, const RowPlan& plan);

/// Makes the table, adds missing columns, or checks what is there: types, unique index, rights. Errors: configuration
/// (naming column, wanted and found type), permission (with the GRANT to run), unavailable.
Result<void> prepare_table(Connection& connection, const RowPlan& plan, const Statements& statements, bool create);

/// Makes cryptostream_positions, or checks the rights to it.
Result<void> prepare_positions(Connection& connection);

}  // namespace cryptostream::postgres
