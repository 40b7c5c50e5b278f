#include <cryptostream/stores/console/sink.h>

#include <cryptostream/data/csv.h>
#include <cryptostream/data/json.h>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace cryptostream {
namespace {

using Cells = std::vector<std::optional<std::string>>;

bool is_number(const TypeInfo& type) {
  switch (type.kind == Kind::optional ? type.inner->kind : type.kind) {
    case Kind::decimal:
    case Kind::int32:
    case Kind::int64:
    case Kind::float64:
      return true;
    default:
      return false;
  }
}

/// Columns on a terminal have the width of their letters, not of their bytes.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// Rows as aligned columns.
class Columns {
 public:
  explicit Columns(const TypeInfo& type) : type_(type) {}

  /// Numbers stand on the right of their columns, all else on the left.
  std::string text(const std::vector<Cells>& rows) {
    std::string out;
    if (widths_.empty() && !rows.empty()) {
      Cells names;
      for (const auto& field : type_.fields) names.emplace_back(field.name);
      measure(names);
      for (const auto& row : rows) measure(row);
      append(names, out);
    }
    for (const auto& row : rows) append(row, out);
    return out;
  }

 private:
  void measure(const Cells& cells) {
    widths_.resize(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], width_of(cells[i].value_or("")));
  }
  void append(const Cells& cells, std::string& out) const {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      auto cell = cells[i].value_or("");
      std::string space(widths_[i] - std::min(widths_[i], width_of(cell)), ' ');
      if (i > 0) line += "  ";
      line += is_number(*type_.fields[i].type) ? space + cell : cell + space;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }

  const TypeInfo& type_;
  std::vector<std::size_t> widths_;
};

class Writer final : public TableWriter {
 public:
  Writer(ConsoleOptions options, const TypeInfo& type) : options_(options), type_(type), columns_(type) {}

  std::optional<std::int64_t> position() const override { return std::nullopt; }

  Result<void> write(const void*, const void* value, std::int64_t) override {
    if (value == nullptr) return {};
    try {
      if (options_.format == ConsoleFormat::ndjson) {
        encode_json(type_, value, lines_);
        lines_ += '\n';
        return {};
      }
      std::string line;
      append_csv_row(type_, value, {}, line);
      CRYPTOSTREAM_TRY(CsvReader(line).next(rows_.emplace_back()));
    } catch (const std::domain_error& error) {
      return fail(ErrorKind::bad_record, error.what());
    }
    return {};
  }

  Result<void> commit(std::int64_t, Rejections&) override {
    lines_ += columns_.text(rows_);
    rows_.clear();
    for (std::string_view left = lines_; !left.empty();) {
      auto done = ::write(options_.file, left.data(), left.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0)
        return fail(ErrorKind::failure, fmt::format("standard output cannot be written to: {}", std::strerror(errno)));
      left.remove_prefix(static_cast<std::size_t>(done));
    }
    lines_.clear();
    return {};
  }

 private:
  ConsoleOptions options_;
  const TypeInfo& type_;
  Columns columns_;
  std::string lines_;
  std::vector<Cells> rows_;
};

class Table final : public TableSink {
 public:
  Table(ConsoleOptions options, const TypeInfo& type) : options_(options), type_(type) {}
  std::string name() const override { return "stdout"; }
  std::string description() const override { return "standard output"; }
  Result<std::unique_ptr<TableWriter>> open(const SinkTask&) const override {
    return std::make_unique<Writer>(options_, type_);
  }

 private:
  ConsoleOptions options_;
  const TypeInfo& type_;
};

}  // namespace

std::shared_ptr<const TableSink> console_table(ConsoleOptions options, const TypeInfo& value) {
  if (value.kind != Kind::object)
    throw std::invalid_argument("standard output: rows need a type with a schema (CRYPTOSTREAM_SCHEMA)");
  return std::make_shared<Table>(options, value);
}

}  // namespace cryptostream
