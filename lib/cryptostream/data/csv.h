// CSV (RFC 4180) of types with a schema: rows written, and read back for replay and tests.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/scalar_text.h>
#include <cryptostream/data/type_info.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// How CSV is written. Absent is an empty cell, empty text is `""`.
struct CsvFormat {
  char delimiter = ',';
  std::string_view line_end = "\n";
  TimeText times = TimeText::iso8601;
  /// Puts an apostrophe before text cells that a spreadsheet would take for a formula: those that begin with = + - or
  /// @.
  bool guard_formulas = false;

  /// What Power BI and Excel read without questions: CRLF, ISO times, guarded formulas. They also want the file to
  /// begin with csv_bom.
  static constexpr CsvFormat powerbi() { return {.line_end = "\r\n", .guard_formulas = true}; }
};

/// The mark that tells Power BI and Excel that a file is UTF-8. CsvReader skips it.
constexpr std::string_view csv_bom = "\xEF\xBB\xBF";

/// Appends one cell, quoted where it must be; nothing at all for null. For rows put together by hand: delimiters are
/// the caller's.
void append_csv_cell(std::optional<std::string_view> text, const CsvFormat& format, std::string& out);

/// Appends the names of an object's fields as a line.
void append_csv_header(const TypeInfo& object, const CsvFormat& format, std::string& out);

/// Appends an object as a line: nested objects, lists and maps as JSON. Throws std::domain_error as append_text does;
/// `out` is then as before.
void append_csv_row(const TypeInfo& object, const void* value, const CsvFormat& format, std::string& out);

/// Takes CSV apart. Lines may end in LF or CRLF, the last one in nothing.
class CsvReader {
 public:
  /// `text` must outlive the reader; a byte order mark is skipped.
  explicit CsvReader(std::string_view text, char delimiter = ',');

  /// The next line's cells: null where nothing stands, "" where `""` does. False at the end.
  /// Errors (bad_record, naming the line): an unclosed quote, text after a closing quote, a quote or bare CR within
  /// unquoted text.
  Result<bool> next(std::vector<std::optional<std::string>>& cells);

  /// The line of the last cells, counted from 1; line breaks within quotes count too.
  std::size_t line() const { return line_; }

 private:
  Result<std::optional<std::string>> cell();
  Result<std::string> quoted_cell();
  bool at_line_end() const;
  tl::unexpected<Error> refuse(std::string_view what) const;

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  std::size_t lines_read_ = 1;
  char delimiter_;
};

/// Reads CSV with a header line back into objects: columns are found by name, in any order; others are passed over.
class CsvRows {
 public:
  /// Errors (bad_record): no header, a column twice, a field that is not optional without a column.
  static Result<CsvRows> open(const TypeInfo& object, std::string_view text, char delimiter = ',');

  /// Fills `into` from the next line; false at the end. Errors (bad_record): line and column are named.
  Result<bool> next(void* into);

 private:
  CsvRows(const TypeInfo& object, CsvReader reader) : object_(&object), reader_(reader) {}

  const TypeInfo* object_;
  CsvReader reader_;
  std::vector<std::optional<std::size_t>> columns_;  // of each field
  std::size_t width_ = 0;
  std::vector<std::optional<std::string>> cells_;
};

}  // namespace cryptostream
