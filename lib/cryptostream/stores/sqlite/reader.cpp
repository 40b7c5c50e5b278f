#include <cryptostream/stores/sqlite/handle.h>
#include <cryptostream/stores/sqlite/reader.h>

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <vector>

namespace cryptostream::sqlite {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{10};  // for one query

class Reader final : public TableReader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)), description_("sqlite:" + file_) {}

  SqlDialect dialect() const override { return SqlDialect::sqlite; }
  const std::string& description() const override { return description_; }

  Result<void> query(const std::string& sql, std::span<const std::string> parameters,
                     const std::function<void(Fields)>& each) override {
    std::lock_guard lock(mutex_);
    auto done = run(sql, parameters, each);
    if (!done) database_.reset();  // the file may be another one by now
    return done;
  }

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  Result<void> open() {
    sqlite3* handle = nullptr;
    int code = sqlite3_open_v2(file_.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
    database_.reset(handle);
    if (code != SQLITE_OK) return failed(code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, 2'000);
    sqlite3_progress_handler(
        handle, 10'000, [](void* self) { return Steady::now() > static_cast<Reader*>(self)->deadline_ ? 1 : 0; }, this);
    return {};
  }

  Result<void> run(const std::string& sql, std::span<const std::string> parameters,
                   const std::function<void(Fields)>& each) {
    if (!database_) CRYPTOSTREAM_TRY(open());
    deadline_ = Steady::now() + patience;
    sqlite3_stmt* raw = nullptr;
    int code = sqlite3_prepare_v2(database_.get(), sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr);
    std::unique_ptr<sqlite3_stmt, Close> statement(raw);
    if (code != SQLITE_OK) return failed(code);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      int index = sqlite3_bind_parameter_index(raw, fmt::format("${}", i + 1).c_str());
      if (index > 0)
        sqlite3_bind_text64(raw, index, parameters[i].data(), parameters[i].size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    std::vector<std::optional<std::string_view>> fields(static_cast<std::size_t>(sqlite3_column_count(raw)));
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        int column = static_cast<int>(i);
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, column));
        if (text == nullptr) {
          fields[i].reset();
        } else {
          fields[i].emplace(text, static_cast<std::size_t>(sqlite3_column_bytes(raw, column)));
        }
      }
      each(fields);
    }
    return code == SQLITE_DONE ? Result<void>() : failed(code);
  }

  Result<void> failed(int code) const {
    if ((code & 0xff) == SQLITE_INTERRUPT)
      return fail(ErrorKind::unavailable,
                  fmt::format("SQLite file {}: no answer within {} s", file_, patience.count()));
    auto error = error_of(code, database_.get(), file_);
    // Whatever opens the file later makes it again: to a reader, a missing file is one that is not there yet.
    if ((code & 0xff) == SQLITE_CANTOPEN)
      return fail(ErrorKind::unavailable, fmt::format("SQLite file {} cannot be opened: is it there yet?", file_));
    return fail(std::move(error));
  }

  std::mutex mutex_;
  std::string file_;
  std::string description_;
  std::unique_ptr<sqlite3, Close> database_;
  Steady::time_point deadline_{};
};

}  // namespace

std::unique_ptr<TableReader> reader(std::string file) { return std::make_unique<Reader>(std::move(file)); }

}  // namespace cryptostream::sqlite
