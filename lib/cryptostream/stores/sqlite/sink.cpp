// A sink task at work on an SQLite file: rows wait in memory, one transaction a commit.
#include <cryptostream/core/fail_point.h>
#include <cryptostream/core/log.h>
#include <cryptostream/stores/positions.h>
#include <cryptostream/stores/row_buffer.h>
#include <cryptostream/stores/sqlite/row_codec.h>
#include <cryptostream/stores/sqlite/sink.h>
#include <cryptostream/stores/sqlite/table.h>
#include <cryptostream/stores/table_name.h>
#include <cryptostream/stores/table_rows.h>

#include <fmt/format.h>

#include <stdexcept>

namespace cryptostream {
namespace sqlite {
namespace {

constexpr const char* now_text = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

struct Recipe {
  std::string file;
  std::string table;
  SqliteOptions options;
  RowPlan plan;

  std::string description() const { return fmt::format("SQLite table {} in {}", quote_identifier(table), file); }
};

class Writer final : public TableWriter {
 public:
  Writer(std::shared_ptr<const Recipe> recipe, SinkTask task) : recipe_(std::move(recipe)), task_(std::move(task)) {}

  Result<void> open() {
    CRYPTOSTREAM_TRY_ASSIGN(database_, Database::open(recipe_->file, recipe_->options.busy_timeout));
    CRYPTOSTREAM_TRY(database_->execute("BEGIN IMMEDIATE"));
    CRYPTOSTREAM_TRY(prepare_table(*database_, recipe_->file, recipe_->table, recipe_->plan, recipe_->options.create));
    CRYPTOSTREAM_TRY(take_over());
    CRYPTOSTREAM_TRY(database_->execute("COMMIT"));
    CRYPTOSTREAM_TRY_ASSIGN(
        move_, database_->prepare(fmt::format(
                   "UPDATE {} SET position = ?, updated = {} WHERE sink = ? AND topic = ? AND part = ? AND epoch = ?",
                   positions_table, now_text)));
    CRYPTOSTREAM_TRY_ASSIGN(insert_, database_->prepare(insert_statement(recipe_->table, recipe_->plan)));
    if (!recipe_->plan.delete_keys.empty() && recipe_->plan.mode == WriteMode::upsert) {
      CRYPTOSTREAM_TRY_ASSIGN(delete_, database_->prepare(delete_statement(recipe_->table, recipe_->plan)));
    }
    return {};
  }

  std::optional<std::int64_t> position() const override { return position_; }

  Result<void> write(const void* key, const void* value, std::int64_t offset) override {
    return add_row(recipe_->plan, key, value, offset, rows_, append_value);
  }

  Result<void> commit(std::int64_t next, Rejections& rejections) override {
    auto done = try_commit(next, rejections);
    if (!done) (void)database_->execute("ROLLBACK");  // the next writer need not wait for this one's end
    return done;
  }

 private:
  Result<void> try_commit(std::int64_t next, Rejections& rejections) {
    CRYPTOSTREAM_TRY(database_->execute("BEGIN IMMEDIATE"));
    move_.bind(1, next);
    bind_task(move_, 2);
    move_.bind(5, epoch_);
    CRYPTOSTREAM_TRY(move_.run());
    if (database_->changes() == 0) return fail(fenced_error(recipe_->description(), task_));
    CRYPTOSTREAM_TRY(fail_point("sink.begin"));
    CRYPTOSTREAM_TRY(write_rows(rejections));
    CRYPTOSTREAM_TRY(fail_point("sink.write"));
    CRYPTOSTREAM_TRY(fail_point("sink.commit.before"));
    CRYPTOSTREAM_TRY(database_->execute("COMMIT"));
    CRYPTOSTREAM_TRY(fail_point("sink.commit.after"));
    rows_.clear();
    return {};
  }

  void bind_task(Statement& statement, int first) {
    statement.bind(first, std::string_view(task_.sink));
    statement.bind(first + 1, std::string_view(task_.topic));
    statement.bind(first + 2, std::int64_t{task_.partition});
  }

  /// Raises the epoch, so that former writers are fenced, and reads the position.
  Result<void> take_over() {
    CRYPTOSTREAM_TRY(database_->execute(
        fmt::format("CREATE TABLE IF NOT EXISTS {} (sink TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, "
                    "log_id TEXT NOT NULL, "
                    "position INTEGER, epoch INTEGER NOT NULL, updated TEXT NOT NULL, PRIMARY KEY (sink, topic, part))",
                    positions_table)));
    CRYPTOSTREAM_TRY_ASSIGN(
        auto take, database_->prepare(fmt::format("INSERT INTO {0} AS p (sink, topic, part, log_id, epoch, updated) "
                                                  "VALUES (?, ?, ?, ?, 1, {1}) ON CONFLICT (sink, topic, part) DO "
                                                  "UPDATE SET epoch = p.epoch + 1, updated = excluded.updated, log_id "
                                                  "= iif(p.position IS NULL, excluded.log_id, p.log_id) "
                                                  "RETURNING epoch, position, log_id",
                                                  positions_table, now_text)));
    bind_task(take, 1);
    take.bind(4, std::string_view(task_.log_id));
    CRYPTOSTREAM_TRY(take.step());
    epoch_ = take.integer(0);
    if (!take.null(1)) position_ = take.integer(1);
    auto log_id = take.text(2);
    CRYPTOSTREAM_TRY(take.run());
    if (log_id != task_.log_id)
      return fail(other_log_error(recipe_->description(), task_, log_id, *position_, "run " + forget_statement(task_)));
    return {};
  }

  Result<void> write_rows(Rejections& rejections) {
    if (recipe_->plan.mode == WriteMode::replace && !rows_.empty()) {
      CRYPTOSTREAM_TRY(database_->execute("DELETE FROM " + quote_identifier(recipe_->table)));
      if (recipe_->plan.keys != 0) rows_.keep_last_of_each_key();
    }
    for (const auto& row : rows_.rows()) CRYPTOSTREAM_TRY(write_row(row, rejections));
    return {};
  }

  Result<void> write_row(const RowBuffer::Row& row, Rejections& rejections) {
    auto& statement = row.deletes ? delete_ : insert_;
    bind_row(statement, rows_.text(row));
    auto done = statement.run();
    if (done || done.error().kind() != ErrorKind::bad_record) return done;
    return rejections.reject(row.offset, done.error());  // SQLite undid this statement alone
  }

  std::shared_ptr<const Recipe> recipe_;
  SinkTask task_;
  std::unique_ptr<Database> database_;
  Statement move_, insert_, delete_;
  std::int64_t epoch_ = 0;
  std::optional<std::int64_t> position_;
  RowBuffer rows_;
};

class Table final : public TableSink {
 public:
  explicit Table(std::shared_ptr<const Recipe> recipe) : recipe_(std::move(recipe)) {}
  std::string name() const override { return node_name("sqlite", recipe_->table); }
  std::string description() const override { return recipe_->description(); }
  Result<std::unique_ptr<TableWriter>> open(const SinkTask& task) const override {
    CRYPTOSTREAM_TRY(check_task(recipe_->plan, recipe_->description(), task));
    auto writer = std::make_unique<Writer>(recipe_, task);
    CRYPTOSTREAM_TRY(writer->open());
    return writer;
  }

 private:
  std::shared_ptr<const Recipe> recipe_;
};

}  // namespace
}  // namespace sqlite

std::shared_ptr<const TableSink> sqlite_table(std::string file, std::string table, SqliteOptions options,
                                              const TypeInfo& value, const TypeInfo* key) {
  auto name = parse_table_name(table, 0);
  if (!name.schema.empty() && name.schema != "main")
    throw std::invalid_argument(fmt::format(
        "table name '{}': an SQLite file has one schema, main; put double quotes around a name with a dot", table));
  if (file.empty() || file == ":memory:" || file.find('\0') != file.npos)
    throw std::invalid_argument(fmt::format("SQLite sink: '{}' is no file name", file));
  if (name.table == positions_table || name.table.starts_with("sqlite_"))
    throw std::invalid_argument(fmt::format("table name '{}' is taken", table));
  auto where = fmt::format("SQLite table {} in {}", quote_identifier(name.table), file);
  auto plan = make_row_plan(where, value, key, {options.mode, options.key, 0});
  return std::make_shared<sqlite::Table>(std::make_shared<const sqlite::Recipe>(
      sqlite::Recipe{std::move(file), std::move(name.table), std::move(options), std::move(plan)}));
}

}  // namespace cryptostream
