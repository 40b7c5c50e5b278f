#include <cryptostream/cli/settings.h>

#include <cryptostream/cli/duration.h>
#include <cryptostream/cli/secrets.h>
#include <cryptostream/cli/suggest.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace cryptostream::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto end = std::min(text.find(separator), text.size());
    auto part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<bool> truth(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// What is wrong with this value, or nothing.
std::optional<std::string> complaint(const Option& option, const std::string& value) {
  if (!option.choices.empty()) {
    auto choices = split(option.choices, '|');
    if (std::find(choices.begin(), choices.end(), value) == choices.end())
      return fmt::format("`{}` is none of {}{}", value, fmt::join(choices, ", "), did_you_mean(value, choices));
  }
  if (option.kind == OptionKind::duration)
    if (auto parsed = parse_duration(value); !parsed) return parsed.error().message();
  if (option.kind == OptionKind::number && !whole(value)) return fmt::format("`{}` is no whole number from 0", value);
  if (option.kind == OptionKind::toggle && !truth(value)) return fmt::format("`{}` is neither true nor false", value);
  if (option.kind == OptionKind::list && split(value, ',').empty()) return "the list is empty";
  if (value.empty() && option.kind != OptionKind::toggle) return "the value is empty";
  return std::nullopt;
}

Result<void> check(const Setting& setting) {
  if (setting.values.size() > 1 && setting.option->kind != OptionKind::texts &&
      setting.option->kind != OptionKind::list)
    return fail(ErrorKind::configuration, fmt::format("{}: {} takes one value", setting.where, setting.option->name));
  for (const auto& value : setting.values)
    if (auto why = complaint(*setting.option, value))
      return fail(setting.origin == Origin::flag ? ErrorKind::usage : ErrorKind::configuration,
                  setting.origin == Origin::flag
                      ? fmt::format("--{}: {}", setting.option->name, *why)
                      : fmt::format("{}: {}: {}", setting.where, setting.option->name, *why));
  return {};
}

using FileSettings = std::vector<FileSetting>;

Result<std::vector<FileSettings>> read_files(const Flags& flags, const Environment& environment,
                                             const fs::path& folder) {
  std::vector<FileSettings> files;
  auto named = [&]() -> std::optional<std::string> {
    if (auto flag = flags.find("config"); flag != flags.end() && !flag->second.empty()) return flag->second.back();
    return environment("CRYPTOSTREAM_CONFIG");
  }();
  auto read = [&](const fs::path& file) -> Result<void> {
    CRYPTOSTREAM_TRY_ASSIGN(auto settings, read_config_file(file, environment));
    files.push_back(std::move(settings));
    return {};
  };
  if (named) CRYPTOSTREAM_TRY(read(*named));
  if (auto here = folder / "cryptostream.toml"; fs::exists(here)) CRYPTOSTREAM_TRY(read(here));
  auto home = environment("HOME"), xdg = environment("XDG_CONFIG_HOME");
  if (xdg && !xdg->empty()) home.reset();
  if (home && !home->empty()) xdg = *home + "/.config";
  if (xdg && !xdg->empty())
    if (auto own = fs::path(*xdg) / "cryptostream" / "config.toml"; fs::exists(own)) CRYPTOSTREAM_TRY(read(own));
  return files;
}

const FileSetting* find_in(const FileSettings& file, std::string_view scope, std::string_view name) {
  const FileSetting* found = nullptr;
  for (const auto& setting : file)
    if (setting.name == name && (setting.scope == scope || (setting.scope.empty() && !found))) found = &setting;
  return found;
}

Setting look_up(const Option& option, Command command, const Flags& flags, const Environment& environment,
                const std::vector<FileSettings>& files) {
  if (auto flag = flags.find(option.name); flag != flags.end())
    return {&option, flag->second, Origin::flag, fmt::format("flag --{}", option.name)};
  auto variable = option.environment_name();
  if (auto value = environment(variable))
    return {&option, option.kind == OptionKind::texts ? split(*value, ' ') : std::vector{*value}, Origin::environment,
            "environment " + variable};
  for (const auto& file : files)
    if (const auto* found = find_in(file, words(command), option.name))
      return {&option, found->values, Origin::file, found->where};
  return {&option, option.fallback.empty() ? std::vector<std::string>{} : std::vector{std::string(option.fallback)},
          Origin::fallback, "default"};
}

}  // namespace

std::string Setting::shown() const {
  if (values.empty()) return "";
  if (option->secret) return "***";
  return mask_secrets(fmt::format("{}", fmt::join(values, option->kind == OptionKind::list ? "," : " ")));
}

Result<Settings> Settings::resolve(Command command, const Flags& flags, const Environment& environment,
                                   const fs::path& folder) {
  CRYPTOSTREAM_TRY_ASSIGN(auto files, read_files(flags, environment, folder));
  Settings settings;
  settings.environment_ = environment;
  for (const auto& option : options()) {
    if (!option.taken_by(command)) continue;
    auto setting = look_up(option, command, flags, environment, files);
    CRYPTOSTREAM_TRY(check(setting));
    settings.settings_.push_back(std::move(setting));
  }
  return settings;
}

const Setting& Settings::get(std::string_view name) const {
  static const Setting none;
  auto found = std::find_if(settings_.begin(), settings_.end(),
                            [&](const Setting& setting) { return setting.option->name == name; });
  return found == settings_.end() ? none : *found;
}

std::string Settings::text(std::string_view name) const {
  const auto& values = get(name).values;
  return values.empty() ? std::string() : values.back();
}

std::vector<std::string> Settings::list(std::string_view name) const {
  const auto& setting = get(name);
  if (!setting.option || setting.option->kind == OptionKind::texts) return setting.values;
  std::vector<std::string> out;
  for (const auto& value : setting.values)
    for (auto& part : split(value, ',')) out.push_back(std::move(part));
  return out;
}

std::optional<std::chrono::milliseconds> Settings::duration(std::string_view name) const {
  auto value = text(name);
  if (value.empty()) return std::nullopt;
  return *parse_duration(value);
}

std::int64_t Settings::number(std::string_view name) const { return whole(text(name)).value_or(0); }

bool Settings::toggle(std::string_view name) const { return truth(text(name)).value_or(false); }

Result<fs::path> Settings::place(std::string_view option, const char* variable, const char* below_home,
                                 const char* file) const {
  if (auto value = text(option); !value.empty()) return fs::path(value);
  auto base = environment_(variable);
  if (!base || base->empty()) {
    auto home = environment_("HOME");
    if (!home || home->empty())
      return fail(ErrorKind::configuration,
                  fmt::format("neither {} nor HOME is set; name the place with --{}", variable, option));
    base = *home + "/" + below_home;
  }
  return fs::path(*base) / "cryptostream" / file;
}

Result<fs::path> Settings::log_file() const { return place("log", "XDG_DATA_HOME", ".local/share", "log.db"); }
Result<fs::path> Settings::state_folder() const { return place("state-dir", "XDG_STATE_HOME", ".local/state", ""); }

Result<std::optional<std::string>> Settings::api_key(const std::string& source) const {
  // Whichever of the two came from the stronger place; a file where both came from the same.
  const auto &key = get(source + "-key"), &file = get(source + "-key-file");
  if (!file.values.empty() && file.origin >= key.origin) {
    CRYPTOSTREAM_TRY_ASSIGN(auto value, read_secret_file(file.values.back()));
    return std::optional(std::move(value));
  }
  if (!key.values.empty()) return std::optional(key.values.back());
  return std::optional<std::string>();
}

std::vector<std::string> Settings::strange_variables(const std::vector<std::string>& names) {
  std::vector<std::string> known{"CRYPTOSTREAM_FAIL_POINTS"}, out;
  for (const auto& option : options()) known.push_back(option.environment_name());
  for (const auto& name : names)
    if (name.starts_with("CRYPTOSTREAM_") && !name.starts_with("CRYPTOSTREAM_TEST_") &&
        std::find(known.begin(), known.end(), name) == known.end())
      out.push_back(name + did_you_mean(name, known));
  return out;
}

}  // namespace cryptostream::cli
