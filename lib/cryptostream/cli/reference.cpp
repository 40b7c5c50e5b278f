#include <cryptostream/cli/command_line.h>
#include <cryptostream/cli/option.h>
#include <cryptostream/cli/reference.h>

#include <fmt/format.h>

#include <map>
#include <vector>

namespace cryptostream::cli {
namespace {

std::vector<const Option*> flags_of(Command command) {
  std::vector<const Option*> flags;
  for (const auto& option : options())
    if (option.flag && option.taken_by(command)) flags.push_back(&option);
  return flags;
}

// First words with their second words: "topic" -> "list tail".
std::map<std::string, std::string> first_words() {
  std::map<std::string, std::string> first;
  for (auto command : commands()) {
    std::string name(words(command));
    auto space = name.find(' ');
    auto& second = first[name.substr(0, space)];
    if (space != std::string::npos) second += (second.empty() ? "" : " ") + name.substr(space + 1);
  }
  return first;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between = " ") {
  return fmt::format("{}", fmt::join(parts, between));
}

std::vector<std::string> choices_of(const Option& option) {
  std::vector<std::string> choices;
  for (auto rest = option.choices; !rest.empty();) {
    auto bar = rest.find('|');
    choices.emplace_back(rest.substr(0, bar));
    if (bar == std::string_view::npos) break;
    rest.remove_prefix(bar + 1);
  }
  return choices;
}

std::string bash() {
  std::string text =
      "# Completion of cryptostream for bash: source it, or put it into a folder of completions.\n"
      "_cryptostream() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= part\n"
      "  for part in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do [[ $part == -* ]] && break; command+=${command:+ }$part; "
      "done\n"
      "  case $before in\n";
  for (const auto& option : options()) {
    if (!option.flag || option.kind == OptionKind::toggle) continue;
    if (auto choices = choices_of(option); !choices.empty()) {
      text += fmt::format("    --{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n", option.name,
                          joined(choices));
    } else if (option.placeholder == "FILE" || option.placeholder == "DIR") {
      text += fmt::format("    --{}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", option.name);
    } else {
      text += fmt::format("    --{}) return ;;\n", option.name);
    }
  }
  text += "  esac\n  local words=\n  case $command in\n";
  std::vector<std::string> tops;
  for (const auto& [first, second] : first_words()) {
    tops.push_back(first);
    if (!second.empty()) text += fmt::format("    '{}') words='{}' ;;\n", first, second);
  }
  text += fmt::format("    '') words='{} --help --version' ;;\n", joined(tops));
  for (auto command : commands()) {
    std::vector<std::string> flags{"--help"};
    for (const auto* option : flags_of(command)) flags.push_back("--" + std::string(option->name));
    if (command == Command::completion) flags.insert(flags.end(), {"bash", "zsh", "fish"});
    text += fmt::format("    '{}'*) words='{}' ;;\n", words(command), joined(flags));
  }
  return text +
         "  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\ncomplete -F _cryptostream cryptostream\n";
}

// A text within single quotes of zsh's _arguments and of fish.
std::string quoted(std::string_view text, bool brackets) {
  std::string out;
  for (char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (brackets && (c == '[' || c == ']' || c == ':')) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh() {
  std::string text =
      "#compdef cryptostream\n"
      "# Completion of cryptostream for zsh: as _cryptostream in a folder of $fpath.\n"
      "_cryptostream() {\n  local command=\"${words[2]}\"\n"
      "  case \"$command ${words[3]}\" in\n";
  auto arguments = [&](Command command, int shift) {
    std::string line = fmt::format("shift {} words; (( CURRENT -= {} )); _arguments", shift, shift);
    for (const auto* option : flags_of(command)) {
      auto action = option->kind == OptionKind::toggle ? std::string()
                    : !option->choices.empty()
                        ? fmt::format(":{}:({})", option->placeholder, joined(choices_of(*option)))
                    : option->placeholder == "FILE" ? std::string(":file:_files")
                                                    : fmt::format(":{}:", quoted(option->placeholder, true));
      line += fmt::format(" '--{}[{}]{}'", option->name, quoted(option->help, true), action);
    }
    if (command == Command::completion) line += " '1:shell:(bash zsh fish)'";
    return line;
  };
  for (auto command : commands())
    if (words(command).find(' ') != std::string_view::npos)
      text += fmt::format("    '{}'*) {}; return ;;\n", words(command), arguments(command, 2));
  text += "  esac\n  case \"$command\" in\n";
  std::vector<std::string> tops;
  for (const auto& [first, second] : first_words()) {
    tops.push_back(first);
    if (!second.empty()) text += fmt::format("    {}) (( CURRENT == 3 )) && compadd {} ;;\n", first, second);
  }
  for (auto command : commands())
    if (words(command).find(' ') == std::string_view::npos)
      text += fmt::format("    {}) {} ;;\n", words(command), arguments(command, 1));
  return text + fmt::format("    *) compadd {} ;;\n  esac\n}}\ncompdef _cryptostream cryptostream\n", joined(tops));
}

std::string fish() {
  std::string text = "# Completion of cryptostream for fish.\ncomplete -c cryptostream -f\n";
  for (const auto& [first, second] : first_words()) {
    text += fmt::format("complete -c cryptostream -n __fish_use_subcommand -a {}\n", first);
    if (!second.empty())
      text += fmt::format(
          "complete -c cryptostream -n '__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}' -a "
          "'{}'\n",
          first, second, second);
  }
  for (auto command : commands()) {
    std::string condition;
    std::string name(words(command));
    auto space = name.find(' ');
    condition = "__fish_seen_subcommand_from " + name.substr(0, space);
    if (space != std::string::npos) condition += "; and __fish_seen_subcommand_from " + name.substr(space + 1);
    for (const auto* option : flags_of(command)) {
      auto values = option->kind == OptionKind::toggle ? std::string()
                    : !option->choices.empty()         ? fmt::format(" -x -a '{}'", joined(choices_of(*option)))
                    : option->placeholder == "FILE"    ? std::string(" -r -F")
                                                       : std::string(" -x");
      text += fmt::format("complete -c cryptostream -n '{}' -l {} -d '{}'{}\n", condition, option->name,
                          quoted(option->help, false), values);
    }
  }
  return text + "complete -c cryptostream -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n";
}

// A text in roff: no line may begin with a dot or quote, and a backslash or hyphen is to stay what it is.
std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
  return out;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  return fail(ErrorKind::usage, fmt::format("there is no completion for `{}`: bash, zsh and fish are known", shell));
}

std::string manual_page(std::string_view version) {
  std::string text = fmt::format(
      ".TH CRYPTOSTREAM 1 \"\" \"cryptostream {}\"\n.SH NAME\ncryptostream \\- crypto market data from an API through "
      "a log into a store, exactly once\n"
      ".SH SYNOPSIS\n.B cryptostream\n.I COMMAND\n.RI [ OPTIONS ]\n.SH COMMANDS\n",
      version);
  for (auto command : commands()) {
    text += fmt::format(".SS {}{}{}\n{}\n.PP\n.nf\n", roff(words(command)), word_of(command).empty() ? "" : " ",
                        word_of(command), roff(summary(command)));
    for (auto rest = examples(command); !rest.empty();) {
      auto end = rest.find('\n');
      text += roff(rest.substr(0, end)) + "\n";
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    text += ".fi\n";
  }
  text += ".SH OPTIONS\n";
  for (const auto& option : options()) {
    std::vector<std::string> takers;
    std::size_t all = 0;
    for (auto command : commands()) {
      if (!option.taken_by(command)) continue;
      ++all;
      if (command != Command::config_show && command != Command::config_validate) takers.emplace_back(words(command));
    }
    text += ".TP\n";
    text += option.flag ? fmt::format("\\fB\\-\\-{}\\fR{}{}\n", roff(option.name),
                                      option.placeholder.empty() ? "" : " ", roff(option.placeholder))
                        : fmt::format("\\fB{}\\fR (environment, or {} in a config file)\n", option.environment_name(),
                                      roff(option.name));
    text +=
        roff(option.help) + (option.fallback.empty() ? "" : roff(fmt::format(" (default: {})", option.fallback))) + ".";
    if (all < commands().size()) text += roff(fmt::format(" For {}.", joined(takers, ", ")));
    text += "\n";
  }
  return text +
         ".SH ENVIRONMENT\nEvery option is also an environment variable (\\-\\-log\\-level: CRYPTOSTREAM_LOG_LEVEL) "
         "and a line of the config file.\n"
         ".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage, 69 not reachable, 70 internal error, 75 try again later, "
         "77 no permission, 78 wrong configuration, "
         "130 and 143 stopped with work cut short.\n";
}

}  // namespace cryptostream::cli
