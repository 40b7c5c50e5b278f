#include "targets.h"

#include <cryptostream/market/quote.h>

#include <filesystem>
#include <set>

namespace cryptostream::tool {

Result<AnySinkOptions> sink_options(const cli::Settings& settings) {
  AnySinkOptions options;
  options.table = settings.given("table") ? settings.text("table") : settings.text("topic");
  if (auto mode = settings.text("mode"); !mode.empty()) {
    CRYPTOSTREAM_TRY_ASSIGN(options.mode, parse_write_mode(mode));
  }
  options.key = settings.list("key");
  return options;
}

std::string target_uri(const cli::Settings& settings, const std::string& uri) {
  auto url = settings.text("postgres-url");
  return uri == "postgres" && !url.empty() ? url : uri;
}

std::string scheme_of(const std::string& uri) {
  auto scheme = uri.substr(0, uri.find(':'));
  return scheme == "postgresql" ? "postgres" : scheme;
}

Result<void> expect_kinds_to_differ(const std::vector<std::string>& uris) {
  std::set<std::string> kinds;
  for (const auto& uri : uris)
    if (!kinds.insert(scheme_of(uri)).second)
      return fail(
          ErrorKind::usage,
          fmt::format(
              "two targets of kind {} would share one progress: give the second a `cryptostream sink` of its own, with "
              "another --application-id",
              scheme_of(uri)));
  return {};
}

Result<void> check_target(const cli::Settings& settings, const std::string& uri) {
  CRYPTOSTREAM_TRY_ASSIGN(auto options, sink_options(settings));
  CRYPTOSTREAM_TRY(AnySink<Quote>::make(target_uri(settings, uri), options));
  return {};
}

void warn_of_passwords(const cli::Settings& settings) {
  const auto& to = settings.get("to");
  if (to.origin != cli::Origin::flag) return;
  for (const auto& uri : to.values)
    if (has_password(uri)) {
      log(LogLevel::warning, "target",
          "the password in `{}` can be seen by everybody on this machine; better: PGPASSFILE, PGPASSWORD or "
          "CRYPTOSTREAM_POSTGRES_URL",
          masked_sink_uri(uri));
      return;
    }
}

std::string simulated_twin(const std::string& uri) {
  auto query = uri.find('?');
  auto path = std::filesystem::path(uri.substr(0, query));
  auto twin = path.parent_path() / (path.stem().string() + "-simulated" + path.extension().string());
  return twin.string() + (query == std::string::npos ? "" : uri.substr(query));
}

}  // namespace cryptostream::tool
