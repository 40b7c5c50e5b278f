// The tool's words for shells and for the manual, generated from the table of options.
#pragma once

#include <cryptostream/core/result.h>

#include <string>
#include <string_view>

namespace cryptostream::cli {

/// A completion script. Errors: usage (no shell of that name; bash, zsh and fish are known).
Result<std::string> completion_script(std::string_view shell);

/// The manual page, for `man -l -`.
std::string manual_page(std::string_view version);

}  // namespace cryptostream::cli
