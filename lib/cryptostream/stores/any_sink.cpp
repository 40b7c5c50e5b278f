#include <cryptostream/stores/any_sink.h>
#include <cryptostream/stores/console/sink.h>
#include <cryptostream/stores/csv/sink.h>
#include <cryptostream/stores/sink_uri.h>
#include <cryptostream/stores/sqlite/sink.h>
#ifdef CRYPTOSTREAM_WITH_POSTGRES
#include <cryptostream/stores/postgres/sink.h>
#endif

#include <fmt/format.h>

#include <stdexcept>

namespace cryptostream {
namespace {

constexpr std::string_view known =
    "sqlite:FILE, postgres://USER@HOST/DATABASE (or postgres alone), csv:FILE or csv:FOLDER/, stdout";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    parts.emplace_back(part);
  }
  return parts;
}

/// What all stores have in common, taken out of the URI.
Result<AnySinkOptions> common_options(SinkUri& uri, AnySinkOptions options) {
  if (auto table = uri.take("table"); !table.empty()) options.table = std::move(table);
  if (auto key = uri.take("key"); !key.empty()) options.key = split(key);
  if (auto mode = uri.take("mode"); !mode.empty()) {
    CRYPTOSTREAM_TRY_ASSIGN(options.mode, parse_write_mode(mode));
  }
  return options;
}

Result<void> no_more(const SinkUri& uri, std::string_view there_are) {
  if (uri.parameters.empty()) return {};
  return fail(ErrorKind::usage, fmt::format("sink {}: no parameter '{}': there are {}", uri.scheme,
                                            uri.parameters.begin()->first, there_are));
}

Result<std::shared_ptr<const TableSink>> make_sqlite(SinkUri& uri, AnySinkOptions options, const TypeInfo& value,
                                                     const TypeInfo* key) {
  CRYPTOSTREAM_TRY(no_more(uri, "table, mode and key"));
  auto file = uri.rest.starts_with("//") ? uri.rest.substr(2) : uri.rest;
  if (file.empty()) return fail(ErrorKind::usage, "sink sqlite: no file: write sqlite:FILE");
  return sqlite_table(file, options.table, {.mode = options.mode, .key = std::move(options.key)}, value, key);
}

Result<std::shared_ptr<const TableSink>> make_csv(SinkUri& uri, AnySinkOptions options, const TypeInfo& value) {
  CsvOptions csv{.mode = options.mode, .key = std::move(options.key), .table = std::move(options.table)};
  auto profile = uri.take("profile"), delimiter = uri.take("delimiter");
  CRYPTOSTREAM_TRY(no_more(uri, "table, mode, key, profile and delimiter"));
  if (profile == "powerbi") csv.profile = CsvProfile::powerbi;
  if (profile != "powerbi" && profile != "plain" && !profile.empty())
    return fail(ErrorKind::usage, fmt::format("sink csv: no profile '{}': there are plain and powerbi", profile));
  if (delimiter.size() > 1)
    return fail(ErrorKind::usage, fmt::format("sink csv: the delimiter '{}' is more than one character", delimiter));
  if (!delimiter.empty()) csv.delimiter = delimiter.front();
  auto path = uri.rest.starts_with("//") ? uri.rest.substr(2) : uri.rest;
  if (path.empty()) return fail(ErrorKind::usage, "sink csv: no file or folder: write csv:FILE");
  return csv_table(path, std::move(csv), value);
}

Result<std::shared_ptr<const TableSink>> make_console(SinkUri& uri, const TypeInfo& value) {
  auto format = uri.take("format");
  CRYPTOSTREAM_TRY(no_more(uri, "format"));
  if (!uri.rest.empty())
    return fail(ErrorKind::usage, fmt::format("sink stdout: '{}' has no place there: write stdout", uri.rest));
  if (format == "table") return console_table({ConsoleFormat::table}, value);
  if (format == "ndjson" || format.empty()) return console_table({}, value);
  return fail(ErrorKind::usage, fmt::format("sink stdout: no format '{}': there are ndjson and table", format));
}

#ifdef CRYPTOSTREAM_WITH_POSTGRES
Result<std::shared_ptr<const TableSink>> make_postgres(SinkUri& uri, AnySinkOptions options, const TypeInfo& value,
                                                       const TypeInfo* key) {
  if (uri.rest.empty()) CRYPTOSTREAM_TRY(no_more(uri, "table, mode and key"));
  auto url = libpq_url(uri);
  return postgres_table(options.table, {.mode = options.mode, .key = std::move(options.key), .url = std::move(url)},
                        value, key);
}
#else
Result<std::shared_ptr<const TableSink>> make_postgres(SinkUri&, AnySinkOptions, const TypeInfo&, const TypeInfo*) {
  return fail(ErrorKind::configuration,
              "sink postgres: this program was built without PostgreSQL (meson option postgres, needs libpq)");
}
#endif

}  // namespace

Result<std::shared_ptr<const TableSink>> any_table(std::string_view text, const AnySinkOptions& given,
                                                   const TypeInfo& value, const TypeInfo* key) {
  CRYPTOSTREAM_TRY_ASSIGN(auto uri, parse_sink_uri(text));
  CRYPTOSTREAM_TRY_ASSIGN(auto options, common_options(uri, given));
  try {
    if (uri.scheme == "sqlite") return make_sqlite(uri, std::move(options), value, key);
    if (uri.scheme == "stdout") return make_console(uri, value);
    if (uri.scheme == "csv") return make_csv(uri, std::move(options), value);
    if (uri.scheme == "postgres" || uri.scheme == "postgresql")
      return make_postgres(uri, std::move(options), value, key);
  } catch (const std::invalid_argument& error) {
    return fail(ErrorKind::configuration, error.what());
  }
  return fail(ErrorKind::usage, fmt::format("no sink for '{}': there are {}", masked_sink_uri(text), known));
}

}  // namespace cryptostream
