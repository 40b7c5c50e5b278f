// The rows of a CSV file by their key, for files that hold one row a key. Private to the module.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/csv.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cryptostream::csv {

/// Holds whole lines, in the order in which their keys first came.
class KeyedRows {
 public:
  /// `key`: the numbers of the key's columns.
  KeyedRows(std::vector<std::size_t> key, CsvFormat format) : key_(std::move(key)), format_(format) {
    format_.guard_formulas = false;  // what has to be guarded was, when it was written first
  }

  /// Takes lines (without a header); the last one of a key stays. Errors (bad_record): text that is no CSV, a line with
  /// fewer cells than the key needs.
  Result<void> put(std::string_view lines);

  /// All lines.
  std::string text() const;

 private:
  std::vector<std::size_t> key_;
  CsvFormat format_;
  std::vector<std::string> lines_;
  std::unordered_map<std::string, std::size_t> by_key_;
};

}  // namespace cryptostream::csv
