// What the library has to say to an operator. It never prints by itself: the program installs a handler.
#pragma once

#include <fmt/core.h>

#include <functional>
#include <string_view>

namespace cryptostream {

enum class LogLevel : unsigned char { debug, info, warning, error };

/// Receives each line. `module` is the part of the library that speaks ("local", "task 0_1"). Called from any thread,
/// possibly several at once; must not throw.
using LogHandler = std::function<void(LogLevel level, std::string_view module, std::string_view message)>;

/// Installs the handler of the whole process and the lowest level it gets; an empty handler silences the library (the
/// default). Set it before the first Application runs.
void set_log_handler(LogHandler handler, LogLevel lowest = LogLevel::info);

/// True if a line of this level would reach the handler.
bool log_enabled(LogLevel level);

/// Hands one line to the handler, if its level is enabled.
void log_line(LogLevel level, std::string_view module, std::string_view message);

/// `log(LogLevel::warning, "sqlite", "disk full, waiting {}", wait)`; formats only if the level is enabled.
template <class... Args>
void log(LogLevel level, std::string_view module, fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(level)) log_line(level, module, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace cryptostream
