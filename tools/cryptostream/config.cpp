// config show: what holds. config validate: whether it can.
#include "commands.h"
#include "targets.h"

#include <cryptostream/core/log.h>

#include <unistd.h>

namespace cryptostream::tool {
namespace {

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

Result<void> config_show(const cli::Settings& settings) {
  for (const auto& setting : settings.all()) {
    if (setting.option->name == "origin" || setting.option->name == "json") continue;
    auto line = setting.values.empty() ? fmt::format("# {} =", setting.option->name)
                                       : fmt::format("{} = {}", setting.option->name, toml_text(setting.shown()));
    if (settings.toggle("origin")) line = fmt::format("{:<48} # {}", line, setting.where);
    fmt::print("{}\n", line);
  }
  return {};
}

Result<void> config_validate(const cli::Settings& settings) {
  // Reading the settings has checked names and values; what is left is what a job would only find out later.
  CRYPTOSTREAM_TRY(settings.log_file());
  CRYPTOSTREAM_TRY(settings.state_folder());
  CRYPTOSTREAM_TRY(settings.api_key("coincap"));
  for (const auto& uri : settings.list("to")) CRYPTOSTREAM_TRY(check_target(settings, uri));
  std::vector<std::string> names;
  for (char** variable = environ; *variable; ++variable) {
    std::string_view text = *variable;
    names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const auto& strange : cli::Settings::strange_variables(names))
    log(LogLevel::warning, "config", "environment variable {} means nothing to this program", strange);
  fmt::print("settings are valid\n");
  return {};
}

}  // namespace cryptostream::tool
