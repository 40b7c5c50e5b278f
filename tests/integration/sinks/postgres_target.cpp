// The suite of sinks on PostgreSQL: one server for the program, a schema for each test.
#include "postgres_target.h"

#include <cryptostream/stores/postgres/sink.h>

#include <algorithm>

testing_servers::PostgresServer& server() {
  static testing_servers::PostgresServer running;
  return running;
}

namespace {

struct PostgresTarget final : Target {
  std::string schema;

  PostgresTarget() {
    static int count = 0;
    schema = "test" + std::to_string(++count);
    server().sql("CREATE SCHEMA " + schema);
  }

  std::shared_ptr<const cryptostream::TableSink> sink(const std::string& table, cryptostream::WriteMode mode,
                                                      std::vector<std::string> key, const cryptostream::TypeInfo& value,
                                                      const cryptostream::TypeInfo* record_key) override {
    return cryptostream::postgres_table(
        table, {.mode = mode, .key = std::move(key), .url = server().url() + " options='-csearch_path=" + schema + "'"},
        value, record_key);
  }

  std::vector<std::vector<std::string>> rows(const std::string& table,
                                             const std::vector<std::string>& columns) override {
    std::string list;
    for (auto column : columns) {
      for (auto at = column.find('"'); at != column.npos; at = column.find('"', at + 2)) column.insert(at, 1, '"');
      list += (list.empty() ? "\"" : ", \"") + column + "\"";
    }
    auto there =
        server().sql("SELECT 1 FROM pg_tables WHERE schemaname = '" + schema + "' AND tablename = '" + table + "'");
    if (there.empty()) return {};
    auto found = server().sql("SET timezone = 'UTC'; SELECT " + list + " FROM " + schema + ".\"" + table + "\"");
    std::sort(found.begin(), found.end());
    return found;
  }

  void execute(const std::string& sql) override { server().sql("SET search_path = " + schema + "; " + sql); }
  std::string decimal_type() const override { return "numeric"; }
  std::string true_text() const override { return "t"; }
  std::string time_text() const override { return "2026-03-09 03:28:00.123+00"; }
};

}  // namespace

std::unique_ptr<Target> make_target() { return std::make_unique<PostgresTarget>(); }
