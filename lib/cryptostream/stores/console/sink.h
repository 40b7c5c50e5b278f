// ConsoleSink: rows of T on standard output, for people and for pipes.
#pragma once

#include <cryptostream/stores/table_sink.h>

#include <memory>

namespace cryptostream {

enum class ConsoleFormat : std::uint8_t {
  ndjson,  ///< a JSON object a line
  table,   ///< a heading, and columns as wide as the first rows need
};

struct ConsoleOptions {
  ConsoleFormat format = ConsoleFormat::ndjson;
  int file = 1;  ///< descriptor of standard output, or another one
};

/// The erased recipe. Throws std::invalid_argument for a value type that has no columns.
std::shared_ptr<const TableSink> console_table(ConsoleOptions options, const TypeInfo& value);

/// Writes values of T to standard output, those of a commit at once. A console remembers no position: each start begins
/// with the first record that the log still has. Null values are left out. When the reader of a pipe has gone, the next
/// commit is an error (failure).
template <class T, class K = std::string>
class ConsoleSink : public TypedTableSink<T, K> {
 public:
  explicit ConsoleSink(ConsoleOptions options = {}) : TypedTableSink<T, K>(console_table(options, type_of<T>())) {}
};

}  // namespace cryptostream
