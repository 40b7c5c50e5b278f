#include <cryptostream/stores/postgres/handle.h>
#include <cryptostream/stores/postgres/reader.h>
#include <cryptostream/stores/postgres/url.h>

#include <mutex>
#include <vector>

namespace cryptostream::postgres {
namespace {

class Reader final : public TableReader {
 public:
  explicit Reader(const std::string& url) : description_("postgres:" + describe_url(url)) {
    check_url(url);
    options_.url = url;
    options_.connect_timeout = std::chrono::seconds(3);
    options_.statement_timeout = std::chrono::seconds(10);
  }

  SqlDialect dialect() const override { return SqlDialect::postgres; }
  const std::string& description() const override { return description_; }

  Result<void> query(const std::string& sql, std::span<const std::string> parameters,
                     const std::function<void(Fields)>& each) override {
    std::lock_guard lock(mutex_);
    if (!connection_) {
      CRYPTOSTREAM_TRY_ASSIGN(connection_, Connection::open(options_));
      auto read_only = connection_->execute("SET default_transaction_read_only = on; SET timezone = 'UTC'");
      if (!read_only) return lose(std::move(read_only).error());
    }
    std::vector<const char*> texts;
    texts.reserve(parameters.size());
    for (const auto& parameter : parameters) texts.push_back(parameter.c_str());
    auto rows = connection_->query(sql, texts);
    if (!rows) return lose(std::move(rows).error());
    std::vector<std::optional<std::string_view>> fields(static_cast<std::size_t>(PQnfields(rows->get())));
    for (int row = 0; row < PQntuples(rows->get()); ++row) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        int column = static_cast<int>(i);
        fields[i] = null_at(*rows, row, column) ? std::nullopt : std::optional(text_at(*rows, row, column));
      }
      each(fields);
    }
    return {};
  }

 private:
  Result<void> lose(Error error) {
    connection_.reset();  // made again by the next query
    return fail(std::move(error));
  }

  std::mutex mutex_;
  std::string description_;
  PostgresOptions options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<TableReader> reader(const std::string& url) { return std::make_unique<Reader>(url); }

}  // namespace cryptostream::postgres
