// Table names as people give them: `quotes`, `app.quotes`, `"Crypto_asset"`, `"my.schema"."my table"`.
#pragma once

#include <string>
#include <string_view>

namespace cryptostream {

struct TableName {
  std::string schema;  ///< empty: the connection's default
  std::string table;

  /// `"schema"."table"`, safe to put into SQL whatever it holds.
  std::string quoted() const;
  /// As given, for messages.
  std::string text() const { return schema.empty() ? table : schema + "." + table; }
};

/// Splits at a dot outside double quotes, which are taken off. Upper and lower case are kept. Throws
/// std::invalid_argument: empty parts, more than two, a zero byte, an open quote, more than `longest` bytes in a part
/// (0: no limit).
TableName parse_table_name(std::string_view text, std::size_t longest);

/// `"name"`, quotes inside doubled.
std::string quote_identifier(std::string_view name);

/// `'text'`, quotes inside doubled: for SQL shown to people.
std::string quote_literal(std::string_view text);

}  // namespace cryptostream
