// A sink from a URI, as people name one on a command line: sqlite:prices.db, postgres://host/db, csv:prices.csv.
#pragma once

#include <cryptostream/stores/table_sink.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// What the URI may leave open. What its `?table=…&mode=…&key=a,b` says comes first.
struct AnySinkOptions {
  std::string table{};  ///< needed for SQL stores; names the file in a folder of CSV
  WriteMode mode = WriteMode::insert;
  std::vector<std::string> key{};
};

/// A sink for what `uri` names:
/// - `sqlite:FILE` (or `sqlite://FILE`)
/// - `postgres://USER@HOST:PORT/DATABASE?…`, `postgresql://…`; `postgres` alone: CRYPTOSTREAM_POSTGRES_URL, else the
/// PG* variables
/// - `csv:FILE_OR_FOLDER`, with `?profile=powerbi` and `?delimiter=;`
/// - `stdout`, with `?format=ndjson` or `table` behind `stdout:`
/// Contacts nothing. Both descriptions must outlive the sink. Errors: usage (unknown store or parameter; names those
/// there are), configuration (names, keys, modes and URLs that cannot work). Messages hold no password.
Result<std::shared_ptr<const TableSink>> any_table(std::string_view uri, const AnySinkOptions& options,
                                                   const TypeInfo& value, const TypeInfo* key);

/// `uri` with every password in it as ***; for messages.
std::string masked_sink_uri(std::string_view uri);

/// True if masking changes it: the caller may warn that other users can read command lines.
bool has_password(std::string_view uri);

/// A Sink of T's from a URI; copyable, as every sink.
template <class T, class K = std::string>
class AnySink : public TypedTableSink<T, K> {
 public:
  /// Errors: as any_table.
  static Result<AnySink> make(std::string_view uri, const AnySinkOptions& options) {
    return make(uri, options, type_of<T>(), &type_of<K>());
  }
  static Result<AnySink> make(std::string_view uri, const AnySinkOptions& options, const TypeInfo& value,
                              const TypeInfo* key) {
    CRYPTOSTREAM_TRY_ASSIGN(auto table, any_table(uri, options, value, key));
    return AnySink(std::move(table));
  }

 private:
  using TypedTableSink<T, K>::TypedTableSink;
};

}  // namespace cryptostream
