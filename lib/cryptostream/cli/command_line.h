// The command line: words to a command and its flags.
#pragma once

#include <cryptostream/cli/option.h>
#include <cryptostream/cli/settings.h>
#include <cryptostream/core/result.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream::cli {

struct CommandLine {
  std::optional<Command> command{};  ///< nothing: only `text` is to be printed
  Flags flags{};
  std::vector<std::string> words{};  ///< what follows the command: a pipeline's or topic's name
  std::string text{};                ///< help asked for
};

/// What the command does, in a sentence; examples of it, one a line; and what may follow its options ("" for nothing).
std::string_view summary(Command command);
std::string_view examples(Command command);
std::string_view word_of(Command command);

/// Reads the words after the program's name. Errors: usage, with a suggestion where a word is nearly right.
Result<CommandLine> parse_command_line(std::span<const std::string> arguments);

}  // namespace cryptostream::cli
