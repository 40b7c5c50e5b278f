#include <cryptostream/cli/command_line.h>

#include <cryptostream/cli/suggest.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace cryptostream::cli {
namespace {

struct Text {
  const char* what;
  const char* word;  // what may follow the options: null for nothing
  const char* word_means;
  const char* examples;
};

const std::map<Command, Text> texts{
    {Command::run,
     {"The main job: source -> topic -> every target. Without --to: SQLite prices.db and CSV prices.csv here.",
      "PIPELINE", "coins, tracker or quotes: a ready pipeline, whole; none: the main job",
      "  cryptostream run                                     prices.db and prices.csv in this folder\n"
      "  cryptostream run --coins BTC,ETH --to postgres       into PostgreSQL, as PG* variables say\n"
      "  cryptostream run --source simulator --duration 20s   invented prices, for twenty seconds\n"
      "  cryptostream run coins --to postgres                 prices in six currencies, into two tables\n"
      "  cryptostream run tracker --coins BTC,ETH --to csv:out --interval 20s"}},
    {Command::ingest,
     {"From a source into a topic of the log.", "PIPELINE",
      "coins, tracker or quotes: what that pipeline reads; none: quotes of any source",
      "  cryptostream ingest --coins BTC,ETH\n"
      "  cryptostream ingest --source coincap --coincap-key-file ~/.coincap-key --interval 10s\n"
      "  cryptostream ingest coins --source coingecko --rates ecb"}},
    {Command::process,
     {"The middle stage of a pipeline: from topics of the log into topics of the log.", "PIPELINE", "coins or tracker",
      "  cryptostream process coins\n"
      "  cryptostream process tracker --brokers localhost:9092"}},
    {Command::sink,
     {"From a topic of the log into targets. Waits where the topic does not exist yet.", "PIPELINE",
      "coins, tracker or quotes: the tables of that pipeline; none: one table",
      "  cryptostream sink --to postgres\n"
      "  cryptostream sink --to sqlite:prices.db --to csv:prices.csv --once\n"
      "  cryptostream sink coins --to postgres"}},
    {Command::topic_list,
     {"The topics of the log, with their number of records.", nullptr, "", "  cryptostream topic list"}},
    {Command::topic_tail,
     {"Prints records as JSON, one a line.", "TOPIC", "the topic; none: quotes",
      "  cryptostream topic tail quotes                 what arrives from now on\n"
      "  cryptostream topic tail quotes -o -5 -e        the last five\n"
      "  cryptostream topic tail quotes -o beginning -c 100 | jq .value.price"}},
    {Command::group_list, {"The groups that have read from the log.", nullptr, "", "  cryptostream group list"}},
    {Command::group_describe,
     {"Where a group stands in each partition, and how far behind.", "GROUP", "the group: an application's id",
      "  cryptostream group describe cryptostream-sink-postgres\n"
      "  cryptostream group describe my-app --json | jq .partitions[].lag"}},
    {Command::group_reset,
     {"Lets a group read on from elsewhere. It must not be running. Sinks keep their own positions, in their targets.",
      "GROUP", "the group: an application's id",
      "  cryptostream group reset my-app --dry-run\n"
      "  cryptostream group reset my-app --of-topic quotes --to-offset -1000"}},
    {Command::dlq_list,
     {"The topics of dead letters, with how many are in each.", nullptr, "", "  cryptostream dlq list"}},
    {Command::dlq_show,
     {"Prints dead letters as JSON, one a line: the record, and where, why and when it was refused.", "TOPIC",
      "the topic of dead letters; none: the only one",
      "  cryptostream dlq show\n"
      "  cryptostream dlq show my-app-dead-letters --max 10 | jq .reason"}},
    {Command::dlq_replay,
     {"Writes dead letters to the topics they came from, as they were. They stay where they are as well.", "TOPIC",
      "the topic of dead letters; none: the only one",
      "  cryptostream dlq replay --dry-run\n"
      "  cryptostream dlq replay my-app-dead-letters"}},
    {Command::doctor,
     {"Looks for what is wrong: settings, log, groups, clock, disk, limits. Exit code 1 if something is.", nullptr, "",
      "  cryptostream doctor\n"
      "  cryptostream doctor --brokers localhost:9092 --json"}},
    {Command::dashboard,
     {"Shows what a store holds, and what arrives in the log, on a page in the browser.", nullptr, "",
      "  cryptostream dashboard                               prices.db, at http://127.0.0.1:8080\n"
      "  cryptostream dashboard --from postgres --brokers localhost:9092 --listen 9000"}},
    {Command::completion,
     {"Prints a completion script for a shell.", "SHELL", "bash, zsh or fish",
      "  cryptostream completion bash > ~/.local/share/bash-completion/completions/cryptostream\n"
      "  cryptostream completion zsh > \"${fpath[1]}/_cryptostream\"\n"
      "  cryptostream completion fish > ~/.config/fish/completions/cryptostream.fish"}},
    {Command::man, {"Prints the manual page.", nullptr, "", "  cryptostream man | man -l -"}},
    {Command::config_show,
     {"Prints the settings that hold, secrets masked.", nullptr, "", "  cryptostream config show --origin"}},
    {Command::config_validate,
     {"Checks config files and environment; exit code 78 if something is wrong.", nullptr, "",
      "  cryptostream config validate"}},
    {Command::version, {"Prints the version.", nullptr, "", "  cryptostream version --json"}},
};

const std::map<std::string, std::string> group_texts{
    {"topic", "Looks into the log: list, tail"},
    {"group", "Who reads the log, and how far behind: list, describe, reset"},
    {"dlq", "Records that could not be handled: list, show, replay"},
    {"config", "Settings: show, validate"},
};

const char* const general_examples =
    "Examples:\n"
    "  cryptostream run                          live prices into prices.db and prices.csv\n"
    "  cryptostream ingest --coins BTC,ETH       in one terminal ...\n"
    "  cryptostream sink --to postgres           ... and in another: they meet in the local log\n"
    "\n"
    "Every option is also an environment variable (--log-level: CRYPTOSTREAM_LOG_LEVEL) and a line of the config file\n"
    "(log-level = \"debug\"). Exit codes: 0 done, 1 failed, 2 wrong usage, 69 not reachable, 70 internal error, 75 try "
    "again later,\n"
    "77 no permission, 78 wrong configuration, 130 and 143 stopped with work cut short.";

CLI::Option* add(CLI::App& app, const Option& option) {
  std::string names =
      option.letter ? fmt::format("-{},--{}", option.letter, option.name) : fmt::format("--{}", option.name);
  // Constant, or CLI11 takes it for the variable the flag is stored in.
  const auto help = option.fallback.empty() ? std::string(option.help)
                                            : fmt::format("{} (default: {})", option.help, option.fallback);
  if (option.kind == OptionKind::toggle) return app.add_flag(names, help)->group(std::string(option.group));
  auto* added =
      app.add_option(names, help)->type_name(std::string(option.placeholder))->expected(1)->allow_extra_args(false);
  return added->group(std::string(option.group))
      ->multi_option_policy(option.kind == OptionKind::texts ? CLI::MultiOptionPolicy::TakeAll
                                                             : CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* add_word(CLI::App& app, const Text& text) {
  return app.add_option_function<std::string>(
      text.word, [](const std::string&) {}, text.word_means);
}

/// Subcommands of `app`, with what is known of them.
struct Tree {
  CLI::App app{"Crypto market data from an API through a log into a store, exactly once.", "cryptostream"};
  std::map<Command, CLI::App*> leaves;
  std::map<std::string, CLI::App*> groups;

  Tree() {
    app.footer(general_examples);
    app.set_help_flag("-h,--help", "print this help and exit");
    const std::string version_help = "print the version and exit";
    app.add_flag("-V,--version", version_help);
    app.allow_extras();
    app.get_formatter()->column_width(32);
    for (const auto& option : options())
      if (general(option)) add(app, option);
    for (auto command : commands()) leaves[command] = leaf(command);
  }

  static bool general(const Option& option) {
    return option.flag &&
           std::all_of(commands().begin(), commands().end(), [&](Command command) { return option.taken_by(command); });
  }

 private:
  CLI::App* leaf(Command command) {
    std::string name(words(command));
    CLI::App* parent = &app;
    if (auto space = name.find(' '); space != std::string::npos) {
      auto first = name.substr(0, space);
      if (!groups.contains(first)) {
        groups[first] = app.add_subcommand(first, group_texts.at(first));
        groups[first]->allow_extras();
        groups[first]->footer(fmt::format("See `cryptostream {} COMMAND --help`.", first));
      }
      parent = groups[first];
      name = name.substr(space + 1);
    }
    const auto& text = texts.at(command);
    auto* made = parent->add_subcommand(name, text.what);
    made->footer(std::string("Examples:\n") + text.examples);
    made->allow_extras();
    made->get_formatter()->column_width(32);
    if (text.word) add_word(*made, text)->type_name("");
    for (const auto& option : options())
      if (option.flag && option.taken_by(command)) add(*made, option);
    return made;
  }
};

/// `-o -5` looks like two options; written as one it is an option with a value.
std::vector<std::string> join_negative_offsets(std::span<const std::string> arguments) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    bool negative = i + 1 < arguments.size() && arguments[i + 1].size() > 1 && arguments[i + 1][0] == '-' &&
                    arguments[i + 1].find_first_not_of("0123456789", 1) == std::string::npos;
    if (negative && (arguments[i] == "-o" || arguments[i] == "--offset")) {
      out.push_back("--offset=" + arguments[++i]);
    } else {
      out.push_back(arguments[i]);
    }
  }
  return out;
}

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> out;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) out.push_back("--" + name);
  return out;
}

std::vector<std::string> subcommands_of(CLI::App& app) {
  std::vector<std::string> out;
  for (const auto* sub : app.get_subcommands([](CLI::App*) { return true; })) out.push_back(sub->get_name());
  return out;
}

tl::unexpected<Error> stray(CLI::App& app, const std::string& path, const std::string& word) {
  std::string help = fmt::format("; see `{} --help`", path);
  if (word.starts_with("-")) {
    auto name = word.substr(0, word.find('='));
    if (const auto* option = find_option(name.substr(std::min<std::size_t>(2, name.size()))); option && !option->flag)
      return fail(
          ErrorKind::usage,
          fmt::format("{} would show a secret to everybody on this machine; set {} or write it into a config file",
                      name, option->environment_name()));
    return fail(ErrorKind::usage,
                fmt::format("there is no option {}{}{}", name, did_you_mean(name, names_of(app)), help));
  }
  auto subs = subcommands_of(app);
  if (subs.empty()) return fail(ErrorKind::usage, fmt::format("`{}` is one word too many{}", word, help));
  return fail(ErrorKind::usage, fmt::format("there is no command `{}`{}{}", word, did_you_mean(word, subs), help));
}

void collect(const CLI::App& app, Command command, Flags& into) {
  for (const auto& option : options()) {
    const auto* given = option.flag ? app.get_option_no_throw("--" + std::string(option.name)) : nullptr;
    if (!given || given->count() == 0 || !option.taken_by(command)) continue;
    auto& values = into[std::string(option.name)];
    values = option.kind == OptionKind::toggle ? std::vector<std::string>{"true"} : given->results();
    if (option.kind != OptionKind::texts && values.size() > 1) values = {values.back()};
  }
}

}  // namespace

std::string_view summary(Command command) { return texts.at(command).what; }
std::string_view examples(Command command) { return texts.at(command).examples; }
std::string_view word_of(Command command) { return texts.at(command).word ? texts.at(command).word : ""; }

Result<CommandLine> parse_command_line(std::span<const std::string> arguments) {
  Tree tree;
  CommandLine line;
  auto reversed = join_negative_offsets(arguments);
  std::reverse(reversed.begin(), reversed.end());
  try {
    tree.app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    CLI::App* deepest = &tree.app;
    std::string above;
    while (!deepest->get_subcommands().empty()) {
      above += (above.empty() ? "" : " ") + deepest->get_name();
      deepest = deepest->get_subcommands().front();
    }
    line.text = deepest->help(above);
    return line;
  } catch (const CLI::ParseError& error) {
    return fail(ErrorKind::usage, fmt::format("{}; see `cryptostream --help`", error.what()));
  }

  CLI::App* deepest = &tree.app;
  std::string path = "cryptostream";
  while (true) {
    if (auto extra = deepest->remaining(); !extra.empty()) return stray(*deepest, path, extra.front());
    if (deepest->get_subcommands().empty()) break;
    deepest = deepest->get_subcommands().front();
    path += " " + deepest->get_name();
  }
  if (deepest == &tree.app && tree.app.count("--version") > 0) {
    line.command = Command::version;
    return line;
  }
  for (const auto& [command, leaf] : tree.leaves)
    if (leaf == deepest) line.command = command;
  if (!line.command)
    return fail(ErrorKind::usage,
                fmt::format("which command? {}; see `{} --help`", fmt::join(subcommands_of(*deepest), ", "), path));

  collect(tree.app, *line.command, line.flags);
  collect(*deepest, *line.command, line.flags);
  if (const char* word = texts.at(*line.command).word) line.words = deepest->get_option(word)->results();
  return line;
}

}  // namespace cryptostream::cli
