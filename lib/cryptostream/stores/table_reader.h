// Reading what sinks wrote: queries over a store, for programs that show it.
#pragma once

#include <cryptostream/core/result.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cryptostream {

enum class SqlDialect : unsigned char { sqlite, postgres };

/// A connection for reading only, made at the first query and again after it was lost. Thread-safe: one query at a
/// time.
class TableReader {
 public:
  using Fields = std::span<const std::optional<std::string_view>>;  ///< texts as the store has them; valid in the call
  virtual ~TableReader() = default;

  virtual SqlDialect dialect() const = 0;
  /// Calls `each` with every row of `sql`, whose parameters are $1, $2, … (texts; cast them where that matters).
  /// Errors: unavailable (the store is away, or has not answered in time), permission, configuration, failure.
  virtual Result<void> query(const std::string& sql, std::span<const std::string> parameters,
                             const std::function<void(Fields)>& each) = 0;
  /// Names the store, without secrets: "sqlite:prices.db".
  virtual const std::string& description() const = 0;
};

/// A reader of what `uri` names: sqlite:FILE, postgres://…, or postgres alone (the PG* variables). Contacts nothing.
/// Errors: usage (another store), configuration (a URL that cannot be read).
Result<std::unique_ptr<TableReader>> any_reader(std::string_view uri);

}  // namespace cryptostream
