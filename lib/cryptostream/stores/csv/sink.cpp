// A sink task at work on a CSV file: rows wait in memory; file first, position second, both synced.
#include <cryptostream/core/fail_point.h>
#include <cryptostream/data/csv.h>
#include <cryptostream/stores/csv/files.h>
#include <cryptostream/stores/csv/keyed_rows.h>
#include <cryptostream/stores/csv/position_file.h>
#include <cryptostream/stores/csv/sink.h>
#include <cryptostream/stores/positions.h>
#include <cryptostream/stores/row_plan.h>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace cryptostream {
namespace csv {
namespace {

constexpr std::chrono::milliseconds lock_timeout{10'000};

struct Recipe {
  std::string path;
  CsvOptions options;
  CsvFormat format;
  const TypeInfo* value;
  std::vector<std::size_t> key{};  ///< columns

  /// Each commit writes the whole file anew.
  bool rewrites() const { return options.mode != WriteMode::insert; }

  std::string header() const {
    std::string text(options.profile == CsvProfile::powerbi ? csv_bom : std::string_view());
    append_csv_header(*value, format, text);
    return text;
  }

  bool is_folder() const {
    std::error_code ignored;
    return path.back() == '/' || std::filesystem::is_directory(path, ignored) ||
           !std::filesystem::path(path).has_extension();
  }

  /// The file of a task; each partition has one of its own.
  std::string file_of(const SinkTask& task) const {
    std::filesystem::path file = path;
    if (is_folder()) file /= (options.table.empty() ? task.topic : options.table) + ".csv";
    if (task.partition != 0)
      file.replace_filename(fmt::format("{}-{}{}", file.stem().string(), task.partition, file.extension().string()));
    return file.string();
  }
};

class Writer final : public TableWriter {
 public:
  Writer(std::shared_ptr<const Recipe> recipe, const SinkTask& task)
      : recipe_(std::move(recipe)),
        task_(task),
        path_(recipe_->file_of(task)),
        position_path_(path_ + ".position"),
        header_(recipe_->header()),
        table_(recipe_->key, recipe_->format) {}

  Result<void> open() {
    std::error_code code;
    std::filesystem::create_directories(folder_of(path_), code);
    if (code) return fail(file_error(code.value(), folder_of(path_), "make the folder"));
    CRYPTOSTREAM_TRY_ASSIGN(auto lock, FolderLock::take(folder_of(path_), lock_timeout));
    CRYPTOSTREAM_TRY_ASSIGN(auto stored, read_position(position_path_));
    if (stored) {
      CRYPTOSTREAM_TRY(check_owner(*stored));
      state_ = *stored;
    }
    CRYPTOSTREAM_TRY(open_data(stored.has_value()));
    state_.sink = task_.sink;
    state_.topic = task_.topic;
    state_.partition = task_.partition;
    state_.log_id = task_.log_id;
    ++state_.epoch;
    return write_position(position_path_, state_);
  }

  std::optional<std::int64_t> position() const override { return state_.next; }

  Result<void> write(const void*, const void* value, std::int64_t) override {
    if (value == nullptr) return fail(ErrorKind::bad_record, "a null value deletes by key, which a CSV file cannot");
    try {
      append_csv_row(*recipe_->value, value, recipe_->format, rows_);
    } catch (const std::domain_error& error) {
      return fail(ErrorKind::bad_record, error.what());
    }
    return {};
  }

  Result<void> commit(std::int64_t next, Rejections&) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto lock, FolderLock::take(folder_of(path_), lock_timeout));
    CRYPTOSTREAM_TRY_ASSIGN(auto stored, read_position(position_path_));
    if (!stored)
      return fail(ErrorKind::failure,
                  fmt::format("{} was removed while {} was being written: restore it, or remove both to start over",
                              position_path_, path_));
    if (stored->epoch != state_.epoch) return fail(fenced_error("CSV file " + path_, task_));
    CRYPTOSTREAM_TRY(fail_point("sink.begin"));
    auto length = state_.length;
    if (!rows_.empty()) {
      CRYPTOSTREAM_TRY_ASSIGN(length, recipe_->rewrites() ? replace() : append());
    }
    CRYPTOSTREAM_TRY(fail_point("sink.commit.before"));
    auto state = state_;
    state.next = next;
    state.length = length;
    CRYPTOSTREAM_TRY(write_position(position_path_, state));
    state_ = std::move(state);
    CRYPTOSTREAM_TRY(fail_point("sink.commit.after"));
    rows_.clear();
    return {};
  }

 private:
  Result<void> check_owner(const Position& stored) const {
    if (!stored.same_task(task_))
      return fail(ErrorKind::configuration,
                  fmt::format("CSV file {} belongs to sink {} for topic {} partition {}: give this one another file, "
                              "or remove the file and {} to start over",
                              path_, stored.sink, stored.topic, stored.partition, position_path_));
    if (stored.next && stored.log_id != task_.log_id)
      return fail(other_log_error("CSV file " + path_, task_, stored.log_id, *stored.next,
                                  "remove " + position_path_ + " and move the CSV file away"));
    return {};
  }

  /// Opens the file and brings it to its committed length.
  Result<void> open_data(bool known) {
    if (recipe_->rewrites()) {
      std::error_code code;
      if (!known && std::filesystem::file_size(path_, code) > 0 && !code) return fail(foreign());
      return recipe_->options.mode == WriteMode::upsert ? load_table() : Result<void>();
    }
    CRYPTOSTREAM_TRY_ASSIGN(data_, open_file(path_));
    CRYPTOSTREAM_TRY_ASSIGN(auto length, length_of(data_, path_));
    if (!known && length > 0) return fail(foreign());
    if (length < state_.length)
      return fail(ErrorKind::configuration,
                  fmt::format("CSV file {} has {} bytes, but {} were committed: somebody shortened or removed it. "
                              "Restore it, or remove it and {} to start over "
                              "at the group's position",
                              path_, length, state_.length, position_path_));
    if (length > state_.length) CRYPTOSTREAM_TRY(cut(data_, path_, state_.length));
    return check_header();
  }

  /// Rows that are in the file already, also those whose position was lost: they will come again.
  Result<void> load_table() {
    CRYPTOSTREAM_TRY_ASSIGN(auto text, read_file(path_));
    if (!text) return {};
    if (!text->starts_with(header_)) return fail(other_columns(*text));
    auto taken = table_.put(std::string_view(*text).substr(header_.size()));
    if (!taken) return fail(ErrorKind::configuration, fmt::format("CSV file {}: {}", path_, taken.error().message()));
    return {};
  }

  Error foreign() const {
    return {ErrorKind::configuration,
            fmt::format("CSV file {} was not written by this sink: move it away, or name another file", path_)};
  }

  Result<void> check_header() const {
    if (state_.length == 0) return {};
    CRYPTOSTREAM_TRY_ASSIGN(auto found, read_start(data_, path_, header_.size()));
    if (found == header_) return {};
    return fail(other_columns(found));
  }

  Error other_columns(const std::string& found) const {
    auto line = [](const std::string& text) { return text.substr(0, text.find_first_of("\r\n")); };
    return {ErrorKind::configuration,
            fmt::format("CSV file {} begins with other columns ({}) than the rows have ({}): CSV files cannot be "
                        "extended, name another file",
                        path_, line(found), line(header_))};
  }

  /// Writes behind the committed length; gives the new one.
  Result<std::int64_t> append() {
    CRYPTOSTREAM_TRY_ASSIGN(auto found, length_of(data_, path_));
    if (found < state_.length)
      return fail(ErrorKind::configuration,
                  fmt::format("CSV file {} was shortened while it was being written: restore it", path_));
    if (state_.length == 0) rows_.insert(0, header_);
    auto written = write_at(data_, path_, state_.length, rows_);
    if (written) written = sync(data_, path_);
    if (!written) {
      (void)cut(data_, path_, state_.length);  // opening does it again; until then readers see no half row
      return fail(std::move(written).error());
    }
    CRYPTOSTREAM_TRY(fail_point("sink.write"));
    return state_.length + static_cast<std::int64_t>(rows_.size());
  }

  /// A new file in place of the old one. When the position is lost after it, the same rows replace it once more.
  Result<std::int64_t> replace() {
    if (recipe_->options.mode == WriteMode::upsert) {
      CRYPTOSTREAM_TRY(table_.put(rows_));
      rows_ = table_.text();
    }
    rows_.insert(0, header_);
    CRYPTOSTREAM_TRY(replace_file(path_, rows_));
    CRYPTOSTREAM_TRY(fail_point("sink.write"));
    return static_cast<std::int64_t>(rows_.size());
  }

  std::shared_ptr<const Recipe> recipe_;
  SinkTask task_;
  std::string path_, position_path_, header_;
  File data_;
  Position state_;
  std::string rows_;
  KeyedRows table_;  // upsert
};

class Table final : public TableSink {
 public:
  explicit Table(std::shared_ptr<const Recipe> recipe) : recipe_(std::move(recipe)) {}
  std::string name() const override {
    std::filesystem::path path = recipe_->path;
    if (path.filename().empty()) path = path.parent_path();
    return node_name("csv", recipe_->options.table.empty() ? path.stem().string() : recipe_->options.table);
  }
  std::string description() const override {
    if (!recipe_->is_folder() || recipe_->options.table.empty()) return "CSV " + recipe_->path;
    return "CSV " + (std::filesystem::path(recipe_->path) / (recipe_->options.table + ".csv")).string();
  }
  Result<std::unique_ptr<TableWriter>> open(const SinkTask& task) const override {
    auto writer = std::make_unique<Writer>(recipe_, task);
    CRYPTOSTREAM_TRY(writer->open());
    return writer;
  }

 private:
  std::shared_ptr<const Recipe> recipe_;
};

/// The numbers of the columns that tell rows apart.
std::vector<std::size_t> key_columns(const std::string& path, const CsvOptions& options, const TypeInfo& value) {
  if (options.mode != WriteMode::upsert) {
    if (options.key.empty()) return {};
    throw std::invalid_argument(fmt::format("CSV {}: a key is for upsert alone", path));
  }
  auto names = options.key;
  if (names.empty())
    for (const auto& field : value.fields)
      if (has(field.flags, FieldFlags::key)) names.emplace_back(field.name);
  if (names.empty())
    throw std::invalid_argument(fmt::format("CSV {}: upsert needs a key: name the columns that tell rows apart", path));
  std::vector<std::size_t> columns;
  for (const auto& name : names) {
    auto found =
        std::find_if(value.fields.begin(), value.fields.end(), [&](const Field& field) { return field.name == name; });
    if (found == value.fields.end())
      throw std::invalid_argument(fmt::format("CSV {}: there is no column {} for the key", path, name));
    columns.push_back(static_cast<std::size_t>(found - value.fields.begin()));
  }
  return columns;
}

}  // namespace
}  // namespace csv

std::shared_ptr<const TableSink> csv_table(std::string path, CsvOptions options, const TypeInfo& value) {
  if (path.empty() || path.find('\0') != path.npos) throw std::invalid_argument("CSV sink: the path is empty");
  if (value.kind != Kind::object)
    throw std::invalid_argument(fmt::format("CSV {}: rows need a type with a schema (CRYPTOSTREAM_SCHEMA)", path));
  auto key = csv::key_columns(path, options, value);
  if (options.table.find('/') != options.table.npos)
    throw std::invalid_argument(fmt::format("CSV {}: '{}' is no file name", path, options.table));
  auto format = options.profile == CsvProfile::powerbi ? CsvFormat::powerbi() : CsvFormat{};
  format.delimiter = options.delimiter;
  if (format.delimiter == '"' || format.delimiter == '\n' || format.delimiter == '\r' || format.delimiter == '.')
    throw std::invalid_argument(fmt::format("CSV {}: the delimiter cannot be a quote, a line end or a point", path));
  return std::make_shared<csv::Table>(std::make_shared<const csv::Recipe>(
      csv::Recipe{std::move(path), std::move(options), format, &value, std::move(key)}));
}

}  // namespace cryptostream
