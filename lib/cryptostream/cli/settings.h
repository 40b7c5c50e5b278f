// What holds for this run: flag, else environment, else config files, else default; and where each value came from.
#pragma once

#include <cryptostream/cli/config_file.h>
#include <cryptostream/cli/option.h>
#include <cryptostream/core/result.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream::cli {

/// Flags as they were typed: an option's name and its values.
using Flags = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Where a value came from; a later one wins.
enum class Origin : std::uint8_t { fallback, file, environment, flag };

struct Setting {
  const Option* option = nullptr;
  std::vector<std::string> values{};
  Origin origin = Origin::fallback;
  std::string where{};  ///< "flag --coins", "environment CRYPTOSTREAM_COINS", "cryptostream.toml:3", "default"

  /// The values as one text, with secrets masked: for people.
  std::string shown() const;
};

class Settings {
 public:
  /// Looks each option of `command` up. Config files: `--config` before ./cryptostream.toml in `folder` before the
  /// user's own. A section named for the command goes before the file's general part. Errors: usage (a flag),
  /// configuration (elsewhere).
  static Result<Settings> resolve(Command command, const Flags& flags, const Environment& environment,
                                  const std::filesystem::path& folder);

  /// All options of the command, in table order.
  const std::vector<Setting>& all() const { return settings_; }
  const Setting& get(std::string_view name) const;

  // An option the command does not take counts as not given. Values have been checked by resolve().
  bool given(std::string_view name) const { return get(name).origin != Origin::fallback; }
  /// The value, or the default, or "".
  std::string text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  std::optional<std::chrono::milliseconds> duration(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  bool toggle(std::string_view name) const;

  // Places. Errors: configuration (neither the option nor HOME is set).
  Result<std::filesystem::path> log_file() const;
  Result<std::filesystem::path> state_folder() const;

  /// The key of an API: SOURCE-key, else the content of SOURCE-key-file; nothing if neither is set. Errors:
  /// configuration.
  Result<std::optional<std::string>> api_key(const std::string& source) const;

  /// Names of environment variables that begin as ours do and are none of ours, with suggestions. For `config
  /// validate`.
  static std::vector<std::string> strange_variables(const std::vector<std::string>& names);

 private:
  Result<std::filesystem::path> place(std::string_view option, const char* variable, const char* below_home,
                                      const char* file) const;

  std::vector<Setting> settings_;
  Environment environment_;
};

}  // namespace cryptostream::cli
