// The suite of sinks on SQLite.
#include "target.h"
#include "temporary_folder.h"

#include <cryptostream/stores/sqlite/sink.h>

#include <sqlite3.h>

#include <algorithm>
#include <stdexcept>

namespace {

struct SqliteTarget final : Target {
  TemporaryFolder folder;
  std::string file = folder.path() + "/prices.db";

  std::shared_ptr<const cryptostream::TableSink> sink(const std::string& table, cryptostream::WriteMode mode,
                                                      std::vector<std::string> key, const cryptostream::TypeInfo& value,
                                                      const cryptostream::TypeInfo* record_key) override {
    return cryptostream::sqlite_table(file, table, {.mode = mode, .key = std::move(key)}, value, record_key);
  }

  std::vector<std::vector<std::string>> run(const std::string& sql) {
    sqlite3* database = nullptr;
    sqlite3_open(file.c_str(), &database);
    std::vector<std::vector<std::string>> rows;
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
      code = sqlite3_step(statement);
      if (code != SQLITE_ROW) break;
      rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
        rows.back().push_back(
            text == nullptr ? "\\N"
                            : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))));
      }
    }
    std::string why = code == SQLITE_DONE ? "" : sqlite3_errmsg(database);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    if (!why.empty() && why.find("no such table") == why.npos) throw std::runtime_error(why);
    return rows;
  }

  std::vector<std::vector<std::string>> rows(const std::string& table,
                                             const std::vector<std::string>& columns) override {
    std::string list;
    for (auto column : columns) {
      for (auto at = column.find('"'); at != column.npos; at = column.find('"', at + 2)) column.insert(at, 1, '"');
      list += (list.empty() ? "\"" : ", \"") + column + "\"";
    }
    auto found = run("SELECT " + list + " FROM \"" + table + "\"");
    std::sort(found.begin(), found.end());
    return found;
  }

  void execute(const std::string& sql) override { run(sql); }
  std::string decimal_type() const override { return "TEXT"; }
  std::string true_text() const override { return "1"; }
  std::string time_text() const override { return "2026-03-09T03:28:00.123Z"; }
};

}  // namespace

std::unique_ptr<Target> make_target() { return std::make_unique<SqliteTarget>(); }
