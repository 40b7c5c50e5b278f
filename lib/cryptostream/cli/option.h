// The settings of the tool, each known once: its name gives the flag, the environment variable and the key in the
// config file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cryptostream::cli {

enum class OptionKind : std::uint8_t {
  text,
  list,      ///< comma separated; in a config file also an array of texts
  texts,     ///< may be given several times; in a config file also an array of texts
  duration,  ///< see parse_duration
  number,    ///< a whole number from 0
  toggle,    ///< present or not; in the environment and files true or false
};

/// Which commands take an option.
enum class Command : std::uint8_t {
  run,
  ingest,
  process,
  sink,
  topic_list,
  topic_tail,
  group_list,
  group_describe,
  group_reset,
  dlq_list,
  dlq_show,
  dlq_replay,
  doctor,
  dashboard,
  config_show,
  config_validate,
  completion,
  man,
  version,
};

struct Option {
  std::string_view name;  ///< "coincap-url": --coincap-url, CRYPTOSTREAM_COINCAP_URL, coincap-url or [coincap] url
  OptionKind kind;
  std::string_view placeholder;  ///< of the value in the help text
  std::string_view fallback;     ///< the default, as text; empty: none, or as `help` says
  std::string_view help;
  std::uint32_t commands;      ///< bits of Command
  std::string_view group;      ///< heading in the help text
  std::string_view choices{};  ///< allowed values, separated by |; empty: any
  char letter = 0;             ///< short flag
  bool flag = true;            ///< false: never on the command line, because its value is secret
  bool secret = false;         ///< never shown

  /// `config show` and `config validate` take every option, so that what would hold can be looked at.
  bool taken_by(Command command) const {
    return (commands >> static_cast<unsigned>(command) & 1U) != 0 || command == Command::config_show ||
           command == Command::config_validate;
  }
  /// CRYPTOSTREAM_COINCAP_URL
  std::string environment_name() const;
};

/// All options, in the order of the help text.
std::span<const Option> options();

/// The option of this name, or null.
const Option* find_option(std::string_view name);

/// The words that name a command: "topic tail".
std::string_view words(Command command);
/// Every command, in the order of the help text.
std::span<const Command> commands();

}  // namespace cryptostream::cli
