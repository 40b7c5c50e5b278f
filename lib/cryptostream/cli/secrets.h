// Passwords and keys: read from files, never shown.
#pragma once

#include <cryptostream/core/result.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace cryptostream::cli {

/// `text` with the passwords of URIs (`//user:…@`) and of `password=…` pairs replaced by ***.
std::string mask_secrets(std::string_view text);

/// True if mask_secrets would change the text.
bool holds_secret(std::string_view text);

/// The file's first line. Warns through the log if others than its owner may read it. Errors: configuration.
Result<std::string> read_secret_file(const std::filesystem::path& file);

}  // namespace cryptostream::cli
