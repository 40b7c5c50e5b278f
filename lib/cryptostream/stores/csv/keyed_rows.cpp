#include <cryptostream/stores/csv/keyed_rows.h>

#include <fmt/format.h>

namespace cryptostream::csv {

Result<void> KeyedRows::put(std::string_view lines) {
  CsvReader reader(lines, format_.delimiter);
  std::vector<std::optional<std::string>> cells;
  auto append = [this](const std::optional<std::string>& cell, std::string& out) {
    append_csv_cell(cell ? std::optional<std::string_view>(*cell) : std::nullopt, format_, out);
  };
  while (true) {
    CRYPTOSTREAM_TRY_ASSIGN(bool more, reader.next(cells));
    if (!more) return {};
    std::string key, line;
    for (auto column : key_) {
      if (column >= cells.size())
        return fail(ErrorKind::bad_record, fmt::format("line {} has no column {}", reader.line(), column + 1));
      append(cells[column], key);
      key += '\n';  // a cell that has one is in quotes
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) line += format_.delimiter;
      append(cells[i], line);
    }
    line += format_.line_end;
    auto [known, added] = by_key_.try_emplace(std::move(key), lines_.size());
    if (added) {
      lines_.push_back(std::move(line));
    } else {
      lines_[known->second] = std::move(line);
    }
  }
}

std::string KeyedRows::text() const {
  std::string all;
  for (const auto& line : lines_) all += line;
  return all;
}

}  // namespace cryptostream::csv
