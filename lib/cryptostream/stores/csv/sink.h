// CsvSink: rows of T as lines of a CSV file, exactly once.
#pragma once

#include <cryptostream/stores/table_sink.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

/// Whom the file is for.
enum class CsvProfile : std::uint8_t {
  plain,    ///< RFC 4180 with LF line ends
  powerbi,  ///< for Power BI and Excel: byte order mark, CRLF, an apostrophe before texts that begin with = + - or @
};

struct CsvOptions {
  /// insert appends; replace and upsert write the file anew with each commit, upsert with the last row of each key: for
  /// tables that fit in memory.
  WriteMode mode = WriteMode::insert;
  std::vector<std::string> key{};  ///< upsert: the columns that tell rows apart; empty: fields with FieldFlags::key
  CsvProfile profile = CsvProfile::plain;
  char delimiter = ',';
  std::string table{};  ///< file name (without .csv) in a folder; empty: the topic
};

/// The erased recipe. Throws std::invalid_argument for paths and options that cannot work.
std::shared_ptr<const TableSink> csv_table(std::string path, CsvOptions options, const TypeInfo& value);

/// Writes values of T into `path`: a file, or a folder (an existing one, or a name without extension or with '/' at its
/// end) which gets
/// `<table>.csv`. Each partition has a file of its own: prices.csv, prices-1.csv, prices-2.csv. A header line first;
/// absent is nothing, empty text is `""`; timestamps are ISO 8601 UTC.
///
/// Length and position lie beside it in `<file>.position`; on opening, what is behind the committed length is cut off.
/// A commit syncs the file before the position and costs three synced writes; rows wait in memory until then. Readers
/// may see rows of a commit in progress; in replace mode a new file takes the place of the old one at once. Not for
/// network file systems.
template <class T, class K = std::string>
class CsvSink : public TypedTableSink<T, K> {
 public:
  /// Throws std::invalid_argument, naming what is wrong.
  explicit CsvSink(std::string path, CsvOptions options = {})
      : CsvSink(std::move(path), std::move(options), type_of<T>()) {}
  /// For types whose description is made at run time; it must outlive the sink.
  CsvSink(std::string path, CsvOptions options, const TypeInfo& value)
      : TypedTableSink<T, K>(csv_table(std::move(path), std::move(options), value)) {}
};

}  // namespace cryptostream
