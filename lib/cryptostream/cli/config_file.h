// Config files: TOML, read into plain names and texts.
#pragma once

#include <cryptostream/core/result.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream::cli {

/// Looks up an environment variable.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
/// The process's own.
Environment process_environment();

/// One value of a config file. `[coincap] url = "…"`, `[coincap]\nurl`, `coincap_url` and `coincap-url` are the same
/// name.
struct FileSetting {
  std::string scope{};  ///< the command of a section such as [ingest]; empty: holds for all
  std::string name{};
  std::vector<std::string> values{};
  std::string where{};  ///< "cryptostream.toml:3"
};

/// All settings of the file, each checked to be known. `${env:NAME}` and `${file:PATH}` in a text stand for what is
/// found there, without the line's end. Errors: configuration, with file and line.
Result<std::vector<FileSetting>> read_config_file(const std::filesystem::path& file, const Environment& environment);

}  // namespace cryptostream::cli
