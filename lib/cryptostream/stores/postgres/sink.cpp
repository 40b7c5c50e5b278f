// A sink task at work on PostgreSQL: rows wait as COPY text, one transaction a commit, halves when the server refuses a
// row.
#include <cryptostream/core/fail_point.h>
#include <cryptostream/stores/positions.h>
#include <cryptostream/stores/postgres/copy_text.h>
#include <cryptostream/stores/postgres/handle.h>
#include <cryptostream/stores/postgres/sink.h>
#include <cryptostream/stores/postgres/table.h>
#include <cryptostream/stores/postgres/url.h>
#include <cryptostream/stores/row_buffer.h>
#include <cryptostream/stores/table_rows.h>

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

namespace cryptostream {
namespace postgres {
namespace {

constexpr std::size_t longest_name = 63;
constexpr std::size_t early_bytes = 1 << 16;  // how much of a batch waits before the server gets it

struct Recipe {
  TableName name;
  PostgresOptions options;
  RowPlan plan;
  Statements sql;

  std::string description() const {
    return fmt::format("PostgreSQL table {} at {}", sql.table, describe_url(options.url));
  }
};

class Writer final : public TableWriter {
 public:
  Writer(std::shared_ptr<const Recipe> recipe, SinkTask task) : recipe_(std::move(recipe)), task_(std::move(task)) {}

  Result<void> open() {
    CRYPTOSTREAM_TRY_ASSIGN(connection_, Connection::open(recipe_->options));
    CRYPTOSTREAM_TRY(prepare_positions(*connection_));
    CRYPTOSTREAM_TRY(prepare_table(*connection_, recipe_->plan, recipe_->sql, recipe_->options.create));
    return take_over();
  }

  std::optional<std::int64_t> position() const override { return position_; }

  Result<void> write(const void* key, const void* value, std::int64_t offset) override {
    CRYPTOSTREAM_TRY(add_row(recipe_->plan, key, value, offset, rows_, append_value, "\t", "\n"));
    if (recipe_->plan.mode == WriteMode::insert && rows_.bytes().size() - early_sent_ >= early_bytes) send_early();
    return {};
  }

  Result<void> commit(std::int64_t next, Rejections& rejections) override {
    if (connection_ == nullptr) return fail(ErrorKind::internal, "a PostgreSQL sink was used after an error");
    auto done = try_commit(next, rejections);
    if (!done) connection_.reset();  // the server rolls back, and the next writer need not wait for this one's end
    return done;
  }

 private:
  Result<void> try_commit(std::int64_t next, Rejections& rejections) {
    bool committed = false;
    if (early_ != Early::no) {
      CRYPTOSTREAM_TRY_ASSIGN(committed, commit_early(next));
    }
    if (!committed) CRYPTOSTREAM_TRY(commit_whole(next, rejections));
    CRYPTOSTREAM_TRY(fail_point("sink.commit.after"));
    rows_.clear();
    early_ = Early::no;
    early_sent_ = 0;
    return {};
  }

  /// Sends the whole batch with the position.
  Result<void> commit_whole(std::int64_t next, Rejections& rejections) {
    auto move = move_statement(std::to_string(next));
    bool replaces = recipe_->plan.mode == WriteMode::replace && !rows_.empty();
    if (replaces && recipe_->plan.keys != 0) rows_.keep_last_of_each_key();
    if (gather(0, rows_.rows().size()) == 0) return commit_in_steps(move, replaces, rejections);
    // All in one request, so that it costs two round trips however far the server is.
    auto done = run("BEGIN; " + move + "; " + body() + "; COMMIT", true);
    if (done || done.error().kind() != ErrorKind::bad_record) return done;
    CRYPTOSTREAM_TRY(connection_->execute("ROLLBACK"));
    return commit_in_steps(move, replaces, rejections);
  }

  /// Begins the COPY before the commit, so that the server takes rows while this process still makes others. An
  /// insert's rows need no collapsing, so what is sent stays right; they also stay in the buffer, and whatever goes
  /// wrong here the commit does over.
  void send_early() {
    if (early_ == Early::failed) return;
    if (early_ == Early::no) {
      auto begun = connection_->begin("BEGIN; " + recipe_->sql.copy);
      while (begun) {
        auto result = connection_->next();
        if (!result || *result == nullptr) begun = fail(ErrorKind::failure, "no COPY");
        if (result && PQresultStatus(result->get()) == PGRES_COPY_IN) break;
      }
      early_ = begun ? Early::sending : Early::failed;
    }
    if (early_ == Early::sending &&
        !connection_->put_without_waiting(std::string_view(rows_.bytes()).substr(early_sent_)))
      early_ = Early::failed;
    early_sent_ = rows_.bytes().size();
  }

  /// Ends an early COPY and commits it with the position; false if that did not work and the connection is ready for
  /// another way.
  Result<bool> commit_early(std::int64_t next) {
    Result<void> done = fail(ErrorKind::failure, "no COPY");
    if (early_ == Early::sending) {
      CRYPTOSTREAM_TRY(fail_point("sink.begin"));
      CRYPTOSTREAM_TRY(connection_->put(std::string_view(rows_.bytes()).substr(early_sent_)));
      CRYPTOSTREAM_TRY(fail_point("sink.write"));
      CRYPTOSTREAM_TRY(connection_->end_copy());
      done = connection_->finish();
      CRYPTOSTREAM_TRY(fail_point("sink.commit.before"));
      if (done)
        done = connection_->execute(fmt::format("EXECUTE cryptostream_move({}); COMMIT", next)).map([](auto&&) {});
    }
    if (done) return true;
    if (done.error().kind() == ErrorKind::unavailable) return fail(std::move(done).error());
    (void)connection_->finish();
    CRYPTOSTREAM_TRY(connection_->execute("ROLLBACK"));
    return false;
  }

  /// Raises the epoch, so that former writers are fenced, and reads the position. Waits for a commit of a former writer
  /// that is under way.
  Result<void> take_over() {
    auto part = std::to_string(task_.partition);
    const char* parameters[] = {task_.sink.c_str(), task_.topic.c_str(), part.c_str(), task_.log_id.c_str()};
    CRYPTOSTREAM_TRY(connection_->execute("BEGIN"));
    CRYPTOSTREAM_TRY_ASSIGN(
        auto row, connection_->query(fmt::format("INSERT INTO {} AS p (sink, topic, part, log_id, epoch, updated) "
                                                 "VALUES ($1, $2, $3, $4, 1, now()) ON CONFLICT (sink, topic, part) "
                                                 "DO UPDATE SET epoch = p.epoch + 1, updated = now(), log_id = CASE "
                                                 "WHEN p.position IS NULL THEN EXCLUDED.log_id ELSE p.log_id END "
                                                 "RETURNING epoch, position, log_id",
                                                 positions_table),
                                     parameters));
    epoch_ = text_at(row, 0, 0);
    if (!null_at(row, 0, 1)) position_ = std::stoll(std::string(text_at(row, 0, 1)));
    auto log_id = std::string(text_at(row, 0, 2));
    if (log_id != task_.log_id)
      return fail(
          other_log_error(description(), task_, log_id, position_.value_or(0), "run " + forget_statement(task_)));
    CRYPTOSTREAM_TRY(connection_->execute("COMMIT"));
    // For commits whose rows are sent before the position is known. The division fails, and with it the transaction, if
    // this writer was fenced.
    return connection_
        ->execute(fmt::format("PREPARE cryptostream_move (bigint) AS WITH moved AS ({} RETURNING 1) "
                              "SELECT 1 / count(*) FROM moved",
                              move_statement("$1")))
        .map([](auto&&) {});
  }

  /// Takes the row lock before any data, and finds no row when a newer writer has raised the epoch.
  std::string move_statement(std::string_view next) const {
    return fmt::format(
        "UPDATE {} SET position = {}, updated = now() WHERE sink = {} AND topic = {} AND part = {} AND epoch = {}",
        positions_table, next, quote_literal(task_.sink), quote_literal(task_.topic), task_.partition, epoch_);
  }

  /// Collects rows [from, to) as the mode wants them and says how many there are to be sent.
  std::size_t gather(std::size_t from, std::size_t to) {
    sent_rows_.clear();
    sent_deletes_.clear();
    const auto& rows = rows_.rows();
    auto add = [&](std::vector<std::string_view>& views, std::string_view text) {
      if (!views.empty() && views.back().data() + views.back().size() == text.data()) {
        views.back() = {views.back().data(), views.back().size() + text.size()};
      } else {
        views.push_back(text);
      }
    };
    if (recipe_->plan.mode != WriteMode::upsert) {
      for (auto row = from; row < to; ++row) add(sent_rows_, rows_.text(rows[row]));
    } else if (from < to) {
      for (auto index : rows_.last_of_each_key(from, to))
        add(rows[index].deletes ? sent_deletes_ : sent_rows_, rows_.text(rows[index]));
    }
    return sent_rows_.size() + sent_deletes_.size();
  }

  /// The statements that write what was gathered.
  std::string body() const {
    const auto& sql = recipe_->sql;
    std::string text;
    auto add = [&](std::string_view statement) {
      if (!text.empty()) text += "; ";
      text += statement;
    };
    if (recipe_->plan.mode == WriteMode::replace && !in_steps_) add(sql.clear);
    if (!sent_rows_.empty()) add(sql.copy);
    if (!sent_rows_.empty() && !sql.merge.empty()) add(sql.merge);
    if (!sent_deletes_.empty()) {
      add(sql.copy_deletes);
      add(sql.merge_deletes);
    }
    return text;
  }

  /// Runs statements whose COPYs take what was gathered. `fenced_by_update`: the first UPDATE among them must find its
  /// row.
  Result<void> run(const std::string& sql, bool fenced_by_update) {
    CRYPTOSTREAM_TRY(connection_->begin(sql));
    bool fenced = false;
    int copies_left = (sent_rows_.empty() ? 0 : 1) + (sent_deletes_.empty() ? 0 : 1);
    const auto* views = sent_rows_.empty() ? &sent_deletes_ : &sent_rows_;
    for (;;) {
      auto result = connection_->next();
      if (!result) {
        auto rest = result.error().kind() == ErrorKind::unavailable ? Result<void>() : connection_->finish();
        if (fenced) return fail(fenced_error(description(), task_));
        CRYPTOSTREAM_TRY(rest);
        return fail(std::move(result).error());
      }
      if (*result == nullptr) return {};
      if (fenced_by_update && std::string_view(PQcmdStatus(result->get())) == "UPDATE 0") fenced = true;
      fenced_by_update = fenced_by_update && !std::string_view(PQcmdStatus(result->get())).starts_with("UPDATE");
      if (PQresultStatus(result->get()) != PGRES_COPY_IN) continue;
      if (fenced) {
        CRYPTOSTREAM_TRY(connection_->fail_copy("fenced"));
        continue;
      }
      CRYPTOSTREAM_TRY(fail_point("sink.begin"));
      for (auto view : *views) CRYPTOSTREAM_TRY(connection_->put(view));
      CRYPTOSTREAM_TRY(fail_point("sink.write"));
      if (--copies_left == 0) CRYPTOSTREAM_TRY(fail_point("sink.commit.before"));
      CRYPTOSTREAM_TRY(connection_->end_copy());
      views = &sent_deletes_;
    }
  }

  /// The way for batches of which the server refused a part (or which send no rows): one transaction, a savepoint for
  /// each part.
  Result<void> commit_in_steps(const std::string& move, bool replaces, Rejections& rejections) {
    CRYPTOSTREAM_TRY_ASSIGN(auto moved, connection_->execute("BEGIN; " + move));
    if (std::string_view(PQcmdTuples(moved.get())) == "0") return fail(fenced_error(description(), task_));
    // Deferred constraints would speak only at COMMIT, too late to find the row.
    if (!rows_.empty()) CRYPTOSTREAM_TRY(connection_->execute("SET CONSTRAINTS ALL IMMEDIATE"));
    if (replaces) CRYPTOSTREAM_TRY(connection_->execute(recipe_->sql.clear));
    in_steps_ = true;
    auto done = write_part(0, rows_.rows().size(), rejections);
    in_steps_ = false;
    CRYPTOSTREAM_TRY(done);
    CRYPTOSTREAM_TRY(fail_point("sink.commit.before"));
    return connection_->execute("COMMIT").map([](auto&&) {});
  }

  Result<void> write_part(std::size_t from, std::size_t to, Rejections& rejections) {
    if (gather(from, to) == 0) return {};
    auto sql = "SAVEPOINT cryptostream; " + body();
    if (recipe_->plan.mode == WriteMode::upsert)
      sql += "; TRUNCATE pg_temp.cryptostream_batch, pg_temp.cryptostream_deletes";
    auto done = run(sql + "; RELEASE SAVEPOINT cryptostream", false);
    if (done || done.error().kind() != ErrorKind::bad_record) return done;
    CRYPTOSTREAM_TRY(connection_->execute("ROLLBACK TO SAVEPOINT cryptostream; RELEASE SAVEPOINT cryptostream"));
    if (to - from == 1) return rejections.reject(rows_.rows()[from].offset, done.error());
    auto middle = from + (to - from) / 2;
    CRYPTOSTREAM_TRY(write_part(from, middle, rejections));
    return write_part(middle, to, rejections);
  }

  std::string description() const {
    return fmt::format("PostgreSQL table {} at {}", recipe_->sql.table, connection_->where());
  }

  std::shared_ptr<const Recipe> recipe_;
  SinkTask task_;
  std::unique_ptr<Connection> connection_;
  std::string epoch_;
  std::optional<std::int64_t> position_;
  RowBuffer rows_;
  std::vector<std::string_view> sent_rows_, sent_deletes_;  // what was gathered, as runs of rows_
  bool in_steps_ = false;
  enum class Early { no, sending, failed } early_ = Early::no;
  std::size_t early_sent_ = 0;  // how much of rows_
};

class Table final : public TableSink {
 public:
  explicit Table(std::shared_ptr<const Recipe> recipe) : recipe_(std::move(recipe)) {}
  std::string name() const override { return node_name("postgres", recipe_->name.text()); }
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
}  // namespace postgres

std::shared_ptr<const TableSink> postgres_table(std::string table, PostgresOptions options, const TypeInfo& value,
                                                const TypeInfo* key) {
  auto name = parse_table_name(table, postgres::longest_name);
  if (name.table == positions_table || name.table == "cryptostream_batch" || name.table == "cryptostream_deletes")
    throw std::invalid_argument(fmt::format("table name '{}' is taken", table));
  postgres::check_url(options.url);
  if (options.connect_timeout.count() <= 0 || options.statement_timeout.count() <= 0)
    throw std::invalid_argument(fmt::format("PostgreSQL table {}: timeouts must be positive", name.quoted()));
  auto plan = make_row_plan(fmt::format("PostgreSQL table {}", name.quoted()), value, key,
                            {options.mode, options.key, postgres::longest_name});
  auto sql = postgres::make_statements(name, plan);
  return std::make_shared<postgres::Table>(std::make_shared<const postgres::Recipe>(
      postgres::Recipe{std::move(name), std::move(options), std::move(plan), std::move(sql)}));
}

}  // namespace cryptostream
