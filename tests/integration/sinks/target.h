// What the suite of sinks needs of a store: a sink for it, and a look at its rows that does not go through the library.
#pragma once

#include <cryptostream/stores/table_sink.h>

#include <memory>
#include <string>
#include <vector>

struct Target {
  virtual ~Target() = default;

  virtual std::shared_ptr<const cryptostream::TableSink> sink(const std::string& table, cryptostream::WriteMode mode,
                                                              std::vector<std::string> key,
                                                              const cryptostream::TypeInfo& value,
                                                              const cryptostream::TypeInfo* record_key) = 0;

  /// The texts of these columns in every row, sorted; "\N" for null. Empty if there is no such table.
  virtual std::vector<std::vector<std::string>> rows(const std::string& table,
                                                     const std::vector<std::string>& columns) = 0;

  /// How the store writes true, and 2026-03-09T03:28:00.123Z.
  virtual std::string true_text() const = 0;
  virtual std::string time_text() const = 0;
  virtual std::string decimal_type() const { return ""; }

  /// False: a file, which only appends and replaces.
  virtual bool sql() const { return true; }
  virtual void execute(const std::string&) {}
};

/// Empty, for one test case. Each test program defines its own.
std::unique_ptr<Target> make_target();
