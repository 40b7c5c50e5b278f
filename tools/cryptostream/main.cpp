// cryptostream: crypto market data from an API through a log into a store. Words to a command, its settings, and an
// exit code.
#include "commands.h"
#include "monitoring.h"

#include <cryptostream/cli/command_line.h>
#include <cryptostream/cli/messages.h>
#include <cryptostream/cli/settings.h>
#include <cryptostream/runtime/application.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace {

using namespace cryptostream;

/// The one place where the end of a command becomes an exit code. A signal that let work finish is a good end.
int exit_code(const Result<void>& ended) {
  if (ended) return 0;
  fmt::print(stderr, "cryptostream: {}\n", ended.error().message());
  if (signal_seen() != 0 && ended.error().exit_code() == 1) return 128 + signal_seen();
  return ended.error().exit_code();
}

Result<void> dispatch(cli::Command command, const cli::Settings& settings, const tool::Words& words) {
  switch (command) {
    case cli::Command::run:
      return tool::run(settings, words);
    case cli::Command::ingest:
      return tool::ingest(settings, words);
    case cli::Command::process:
      return tool::process(settings, words);
    case cli::Command::sink:
      return tool::sink(settings, words);
    case cli::Command::topic_list:
      return tool::topic_list(settings);
    case cli::Command::topic_tail:
      return tool::topic_tail(settings, words);
    case cli::Command::group_list:
      return tool::group_list(settings);
    case cli::Command::group_describe:
      return tool::group_describe(settings, words);
    case cli::Command::group_reset:
      return tool::group_reset(settings, words);
    case cli::Command::dlq_list:
      return tool::dlq_list(settings);
    case cli::Command::dlq_show:
      return tool::dlq_show(settings, words);
    case cli::Command::dlq_replay:
      return tool::dlq_replay(settings, words);
    case cli::Command::doctor:
      return tool::doctor(settings);
    case cli::Command::dashboard:
      return tool::dashboard(settings);
    case cli::Command::completion:
      return tool::completion(words);
    case cli::Command::man:
      return tool::man();
    case cli::Command::config_show:
      return tool::config_show(settings);
    case cli::Command::config_validate:
      return tool::config_validate(settings);
    case cli::Command::version:
      return tool::version(settings);
  }
  return fail(ErrorKind::internal, "a command without a body");
}

Result<void> act(const std::vector<std::string>& arguments) {
  CRYPTOSTREAM_TRY_ASSIGN(auto line, cli::parse_command_line(arguments));
  if (!line.command) {
    fmt::print("{}", line.text);
    return {};
  }
  cli::set_messages(LogLevel::info, cli::MessageFormat::text);  // for what is said while settings are read
  CRYPTOSTREAM_TRY_ASSIGN(auto settings, cli::Settings::resolve(*line.command, line.flags, cli::process_environment(),
                                                                std::filesystem::current_path()));
  cli::set_messages(cli::parse_level(settings.text("log-level")),
                    settings.text("log-format") == "json" ? cli::MessageFormat::json : cli::MessageFormat::text);
  CRYPTOSTREAM_TRY(tool::start_monitor(settings));
  auto done = dispatch(*line.command, settings, line.words);
  tool::stop_monitor();
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe shows as a failed write
  int code = 0;
  try {
    code = exit_code(act({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    code = exit_code(fail(ErrorKind::internal, fmt::format("internal error, please report: {}", error.what())));
  }
  set_log_handler({});  // what still ends in the background has nothing to say any more
  return code;
}
