#include <cryptostream/stores/any_sink.h>
#include <cryptostream/stores/sink_uri.h>
#include <cryptostream/stores/sqlite/reader.h>
#include <cryptostream/stores/table_reader.h>
#ifdef CRYPTOSTREAM_WITH_POSTGRES
#include <cryptostream/stores/postgres/reader.h>
#endif

#include <fmt/format.h>

#include <stdexcept>

namespace cryptostream {

Result<std::unique_ptr<TableReader>> any_reader(std::string_view text) {
  CRYPTOSTREAM_TRY_ASSIGN(auto uri, parse_sink_uri(text));
  for (const char* of_sinks : {"table", "mode", "key"}) uri.take(of_sinks);
  if (uri.scheme == "sqlite") {
    auto file = uri.rest.starts_with("//") ? uri.rest.substr(2) : uri.rest;
    if (file.empty()) return fail(ErrorKind::usage, "sqlite: no file: write sqlite:FILE");
    return sqlite::reader(std::move(file));
  }
#ifdef CRYPTOSTREAM_WITH_POSTGRES
  if (uri.scheme == "postgres" || uri.scheme == "postgresql") {
    try {
      return postgres::reader(libpq_url(uri));
    } catch (const std::invalid_argument& error) {
      return fail(ErrorKind::configuration, error.what());
    }
  }
#endif
  return fail(ErrorKind::usage, fmt::format("'{}' cannot be read from: there are sqlite:FILE, postgres://HOST/DATABASE "
                                            "and postgres alone",
                                            masked_sink_uri(text)));
}

}  // namespace cryptostream
