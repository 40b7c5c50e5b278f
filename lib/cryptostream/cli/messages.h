// What the tool says on stderr: the library's log lines and its own, as text or JSON.
#pragma once

#include <cryptostream/core/log.h>

#include <functional>
#include <string>
#include <string_view>

namespace cryptostream::cli {

enum class MessageFormat : unsigned char { text, json };

/// Installs the library's log handler. Text lines are coloured if stderr is a terminal that can (see colours()).
void set_messages(LogLevel lowest, MessageFormat format);

/// Where finished lines go instead of stderr: a live table prints them above itself. An empty one: stderr again.
void set_line_writer(std::function<void(std::string_view line)> writer);

/// True if the file descriptor is a terminal that understands cursor movement: TERM is set and not "dumb".
bool live_terminal(int descriptor);
/// True if colours may be used on it: a live terminal, and NO_COLOR is empty or not set.
bool colours(int descriptor);

/// The level of that name ("warning"); info for others.
LogLevel parse_level(std::string_view name);

/// `text` as a JSON string, quotes included; bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text);

}  // namespace cryptostream::cli
