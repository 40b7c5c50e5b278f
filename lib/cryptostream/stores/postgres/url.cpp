#include <cryptostream/stores/postgres/url.h>

#include <fmt/format.h>

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace cryptostream::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

Options parse(const std::string& url) {
  char* why = nullptr;  // may quote parts of the URL, the password among them
  Options options(PQconninfoParse(url.c_str(), &why));
  PQfreemem(why);
  return options;
}

std::string value_of(const Options& options, std::string_view name) {
  for (auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    if (name == option->keyword && option->val != nullptr) return option->val;
  return {};
}

}  // namespace

void check_url(const std::string& url) {
  if (url.empty()) return;
  auto options = url.find('\0') == url.npos ? parse(url) : nullptr;
  bool port_is_number =
      options != nullptr && value_of(options, "port").find_first_not_of("0123456789,") == std::string::npos;
  if (!port_is_number)
    throw std::invalid_argument(
        "PostgreSQL URL cannot be read (not shown: it may hold a password): write postgres://USER@HOST:PORT/DATABASE, "
        "with the characters "
        ": / @ ? # % of a password as %3A %2F %40 %3F %23 %25, or give the password as PGPASSWORD or in ~/.pgpass");
}

std::string describe_url(const std::string& url) {
  auto options = url.empty() ? nullptr : parse(url);
  auto host = value_of(options, "host"), port = value_of(options, "port"), database = value_of(options, "dbname");
  if (host.empty()) host = value_of(options, "hostaddr");
  if (host.empty() && port.empty() && database.empty()) return "PostgreSQL of the PG* variables";
  return fmt::format("{}{}{}{}{}", host.empty() ? "localhost" : host, port.empty() ? "" : ":", port,
                     database.empty() ? "" : "/", database);
}

}  // namespace cryptostream::postgres
