#include <cryptostream/cli/command_line.h>
#include <cryptostream/cli/suggest.h>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace cryptostream::cli;

namespace {

Result<CommandLine> parse(std::vector<std::string> words) { return parse_command_line(words); }

std::string message_of(std::vector<std::string> words) {
  auto line = parse(std::move(words));
  REQUIRE_FALSE(line);
  CHECK(line.error().kind() == ErrorKind::usage);
  CHECK(line.error().exit_code() == 2);
  return line.error().message();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every command is found by its words, with its help and examples") {
  for (auto command : commands()) {
    std::vector<std::string> typed;
    std::string all(words(command));
    if (auto space = all.find(' '); space != std::string::npos) {
      typed = {all.substr(0, space), all.substr(space + 1)};
    } else {
      typed = {all};
    }
    CAPTURE(all);
    auto line = parse(typed);
    REQUIRE(line);
    CHECK(line->command == command);
    typed.push_back("--help");
    auto help = parse(typed);
    REQUIRE(help);
    CHECK_FALSE(help->command);
    CHECK(has(help->text, "Examples:"));
    CHECK(has(help->text, "cryptostream " + all));
    for (const auto& option : options())
      CHECK(has(help->text, fmt::format("--{} ", option.name)) == (option.flag && option.taken_by(command)));
  }
}

TEST_CASE("every option is taken by the commands of the table, and by no other") {
  for (auto command : commands())
    for (const auto& option : options()) {
      std::vector<std::string> typed;
      std::string all(words(command));
      if (auto space = all.find(' '); space != std::string::npos) {
        typed = {all.substr(0, space), all.substr(space + 1)};
      } else {
        typed = {all};
      }
      typed.push_back("--" + std::string(option.name));
      if (option.kind != OptionKind::toggle) typed.emplace_back("x");
      CAPTURE(all);
      CAPTURE(option.name);
      auto line = parse(typed);
      CHECK(line.has_value() == (option.flag && option.taken_by(command)));
      if (line)
        CHECK(line->flags.at(std::string(option.name)) ==
              std::vector<std::string>{option.kind == OptionKind::toggle ? "true" : "x"});
    }
}

TEST_CASE("a wrong word is answered with the one that was meant") {
  CHECK(has(message_of({"ingets", "--coins", "BTC"}), "no command `ingets` (did you mean `ingest`?)"));
  CHECK(has(message_of({"topic", "tial"}), "did you mean `tail`?"));
  CHECK(has(message_of({"run", "--cions", "BTC"}), "no option --cions (did you mean `--coins`?)"));
  CHECK(has(message_of({"sink", "--colums=a:text"}), "did you mean `--columns`?"));
  CHECK_FALSE(has(message_of({"frobnicate"}), "did you mean"));
  CHECK(has(message_of({"sink", "--to", "csv:x", "coins", "stray"}), "`stray` is one word too many"));
}

TEST_CASE("no command, and a group without its verb, say what there is") {
  CHECK(has(message_of({}),
            "run, ingest, process, sink, topic, group, dlq, doctor, dashboard, config, completion, man, version"));
  CHECK(has(message_of({"topic"}), "list, tail"));
}

TEST_CASE("a secret is refused on the command line and its better place named") {
  CHECK(has(message_of({"ingest", "--coincap-key", "abc"}), "CRYPTOSTREAM_COINCAP_KEY"));
}

TEST_CASE("flags for all commands may stand before the command") {
  auto line = parse({"--log-level", "debug", "run", "--to", "csv:a", "--to", "csv:b"});
  REQUIRE(line);
  CHECK(line->flags["log-level"] == std::vector<std::string>{"debug"});
  CHECK(line->flags["to"] == std::vector<std::string>{"csv:a", "csv:b"});
}

TEST_CASE("of a flag given twice the last one counts") {
  auto line = parse({"run", "--coins", "BTC", "--coins", "ETH"});
  REQUIRE(line);
  CHECK(line->flags["coins"] == std::vector<std::string>{"ETH"});
}

TEST_CASE("topic tail takes a topic and short flags, also with negative offsets") {
  auto line = parse({"topic", "tail", "quotes", "-o", "-5", "-c", "3", "-e"});
  REQUIRE_MESSAGE(line, (line ? "" : line.error().message()));
  CHECK(line->words == std::vector<std::string>{"quotes"});
  CHECK(line->flags["offset"] == std::vector<std::string>{"-5"});
  CHECK(line->flags["count"] == std::vector<std::string>{"3"});
  CHECK(line->flags["exit"] == std::vector<std::string>{"true"});
}

TEST_CASE("a flag without its value is an error that names it") {
  CHECK(has(message_of({"run", "--coins"}), "--coins"));
}

TEST_CASE("edit distance counts inserted, deleted, replaced and swapped letters") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("ingest", "ingets") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}
