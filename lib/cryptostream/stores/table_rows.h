// From a record to an encoded row: what all table sinks do alike, over the encoding of each.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/graph/sink.h>
#include <cryptostream/stores/row_buffer.h>
#include <cryptostream/stores/row_plan.h>

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace cryptostream {

namespace detail {

template <class Append>
Result<void> append_cell(const Column& column, const void* at, std::string& out, Append append) {
  if (at == nullptr && column.optional == nullptr)
    return fail(ErrorKind::bad_record,
                fmt::format("column '{}' comes from the record's key, and the record has none", column.name));
  try {
    return append(column, at, out);
  } catch (const std::domain_error& error) {  // a value that has no text
    return fail(ErrorKind::bad_record, fmt::format("column '{}': {}", column.name, error.what()));
  }
}

}  // namespace detail

/// Appends the record as one row, or as a delete if `value` is null: its values, `between` between them and `after`
/// after the last. `append` is `Result<void>(const Column&, const void* at, std::string& out)`. Errors: bad_record; the
/// buffer is then as before.
template <class Append>
Result<void> add_row(const RowPlan& plan, const void* key, const void* value, std::int64_t offset, RowBuffer& rows,
                     Append append, std::string_view between = {}, std::string_view after = {}) {
  bool deletes = value == nullptr;
  if (deletes && (plan.mode == WriteMode::insert || key == nullptr || plan.delete_keys.empty())) {
    std::string_view why = plan.mode == WriteMode::insert ? "insert mode only adds rows: use upsert"
                           : key == nullptr               ? "the record has no key"
                                                          : std::string_view(plan.why_no_deletes);
    return fail(ErrorKind::bad_record, fmt::format("a null value deletes by key, but {}", why));
  }
  const auto& columns = deletes ? plan.delete_keys : plan.columns;
  rows.begin_row();
  std::size_t key_end = rows.bytes().size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& column = columns[i];
    const void* at = column.read(key, value);
    if (i != 0) rows.bytes() += between;
    auto appended = detail::append_cell(column, at, rows.bytes(), append);
    if (!appended) {
      rows.drop_row();
      return appended;
    }
    if (i + 1 == plan.keys) key_end = rows.bytes().size();
  }
  rows.bytes() += after;
  rows.end_row(key_end, offset, deletes);
  return {};
}

/// Refuses tasks that a mode cannot serve (configuration): replacing a table from several partitions.
inline Result<void> check_task(const RowPlan& plan, std::string_view target, const SinkTask& task) {
  if (plan.mode == WriteMode::replace && task.partition != 0)
    return fail(
        ErrorKind::configuration,
        fmt::format(
            "{}: replace mode needs a topic of one partition, {} has more: they would replace each other's rows",
            target, task.topic));
  return {};
}

}  // namespace cryptostream
