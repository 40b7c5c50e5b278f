// The suite of sinks on CSV files.
#include "target.h"
#include "temporary_folder.h"

#include <cryptostream/data/csv.h>
#include <cryptostream/stores/csv/sink.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace {

struct CsvTarget final : Target {
  TemporaryFolder folder;

  std::shared_ptr<const cryptostream::TableSink> sink(const std::string& table, cryptostream::WriteMode mode,
                                                      std::vector<std::string>, const cryptostream::TypeInfo& value,
                                                      const cryptostream::TypeInfo*) override {
    return cryptostream::csv_table(folder.path() + "/", {.mode = mode, .table = table}, value);
  }

  std::vector<std::vector<std::string>> rows(const std::string& table,
                                             const std::vector<std::string>& columns) override {
    std::ostringstream content;
    content << std::ifstream(folder.path() + "/" + table + ".csv").rdbuf();
    auto text = content.str();
    cryptostream::CsvReader reader(text);
    std::vector<std::optional<std::string>> header, cells;
    std::vector<std::vector<std::string>> found;
    if (!reader.next(header).value()) return found;
    while (reader.next(cells).value()) {
      found.emplace_back();
      for (const auto& column : columns) {
        auto at = std::find(header.begin(), header.end(), column) - header.begin();
        found.back().push_back(cells.at(static_cast<std::size_t>(at)).value_or("\\N"));
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string true_text() const override { return "true"; }
  std::string time_text() const override { return "2026-03-09T03:28:00.123Z"; }
  bool sql() const override { return false; }
};

}  // namespace

std::unique_ptr<Target> make_target() { return std::make_unique<CsvTarget>(); }
