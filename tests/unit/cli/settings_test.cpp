#include <cryptostream/cli/duration.h>
#include <cryptostream/cli/secrets.h>
#include <cryptostream/cli/settings.h>
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace cryptostream;
using namespace cryptostream::cli;
namespace fs = std::filesystem;

namespace {

/// A folder with config files and an environment, gone at the end.
struct Machine {
  fs::path folder = fs::temp_directory_path() / fmt::format("cryptostream-settings-{}", ::getpid());
  std::map<std::string, std::string> variables{{"HOME", (folder / "home").string()}};

  Machine() {
    fs::remove_all(folder);
    fs::create_directories(folder / "home/.config/cryptostream");
  }
  ~Machine() { fs::remove_all(folder); }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
    return folder / name;
  }
  Result<Settings> resolve(Command command, Flags flags = {}) const {
    return Settings::resolve(command, flags, environment(), folder);
  }
  Environment environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
  }
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE(
    "flag goes before environment, before --config, before the folder's file, before the user's, before the default") {
  Machine machine;
  auto coins = [&](Flags flags = {}) {
    auto settings = machine.resolve(Command::ingest, flags);
    REQUIRE(settings);
    return std::pair(settings->text("coins"), settings->get("coins").where);
  };
  CHECK(coins() == std::pair<std::string, std::string>("BTC,ETH,SOL,XRP,BNB", "default"));
  machine.write("home/.config/cryptostream/config.toml", "coins = 'A'\n");
  CHECK(coins().first == "A");
  machine.write("cryptostream.toml", "\ncoins = ['B', 'C']\n");
  CHECK(coins() == std::pair<std::string, std::string>("C", (machine.folder / "cryptostream.toml").string() + ":2"));
  auto named = machine.write("other.toml", "coins = 'D'\n");
  CHECK(coins({{"config", {named.string()}}}).first == "D");
  machine.variables["CRYPTOSTREAM_CONFIG"] = named.string();
  CHECK(coins().first == "D");
  machine.variables["CRYPTOSTREAM_COINS"] = "E";
  CHECK(coins() == std::pair<std::string, std::string>("E", "environment CRYPTOSTREAM_COINS"));
  CHECK(coins({{"coins", {"F"}}}) == std::pair<std::string, std::string>("F", "flag --coins"));
}

TEST_CASE("every option is reached from the environment and from a config file") {
  for (const auto& option : options()) {
    if (option.name == "config") continue;
    CAPTURE(option.name);
    Machine machine;
    std::string value = !option.choices.empty() ? std::string(option.choices.substr(0, option.choices.find('|')))
                        : option.kind == OptionKind::duration ? "7s"
                        : option.kind == OptionKind::number   ? "7"
                        : option.kind == OptionKind::toggle   ? "true"
                                                              : "seven";
    machine.write("cryptostream.toml", fmt::format("{} = '{}'\n", option.name, value));
    auto from_file = machine.resolve(Command::config_show);
    REQUIRE_MESSAGE(from_file, (from_file ? "" : from_file.error().message()));
    CHECK(from_file->get(option.name).values == std::vector<std::string>{value});
    CHECK(from_file->get(option.name).origin == Origin::file);
    fs::remove(machine.folder / "cryptostream.toml");
    machine.variables[option.environment_name()] = value;
    auto from_environment = machine.resolve(Command::config_show);
    REQUIRE(from_environment);
    CHECK(from_environment->get(option.name).values == std::vector<std::string>{value});
    CHECK(from_environment->get(option.name).origin == Origin::environment);
  }
}

TEST_CASE("an array of a config file is the whole list") {
  Machine machine;
  machine.write("cryptostream.toml", "coins = ['BTC', 'ETH']\nto = ['csv:a', 'csv:b']\n");
  auto settings = machine.resolve(Command::run);
  REQUIRE(settings);
  CHECK(settings->list("coins") == std::vector<std::string>{"BTC", "ETH"});
  CHECK(settings->list("to") == std::vector<std::string>{"csv:a", "csv:b"});
}

TEST_CASE(
    "tables and underscores of a config file name the same settings, and a command's section goes before the general "
    "part") {
  Machine machine;
  machine.write("cryptostream.toml",
                "interval = '1s'\nlog_level = 'debug'\n[coincap]\nurl = 'http://x'\n[ingest]\ninterval = "
                "'2s'\n[topic.tail]\ncount = 4\n");
  auto ingest = machine.resolve(Command::ingest);
  REQUIRE(ingest);
  CHECK(ingest->text("coincap-url") == "http://x");
  CHECK(ingest->text("log-level") == "debug");
  CHECK(ingest->duration("interval") == std::chrono::seconds(2));
  auto run = machine.resolve(Command::run);
  REQUIRE(run);
  CHECK(run->duration("interval") == std::chrono::seconds(1));
  auto tail = machine.resolve(Command::topic_tail);
  REQUIRE(tail);
  CHECK(tail->number("count") == 4);
}

TEST_CASE("a config file is refused with file, line and suggestion") {
  Machine machine;
  auto refused = [&](const std::string& text) {
    machine.write("cryptostream.toml", text);
    auto settings = machine.resolve(Command::run);
    REQUIRE_FALSE(settings);
    CHECK(settings.error().exit_code() == 78);
    return settings.error().message();
  };
  CHECK(
      has(refused("\n\ncions = 'BTC'\n"), "cryptostream.toml:3: there is no setting `cions` (did you mean `coins`?)"));
  CHECK(has(refused("coins = \n"), "cryptostream.toml:1"));
  CHECK(has(refused("interval = 'soon'\n"), "cryptostream.toml:1: interval: `soon` is no time"));
  CHECK(has(refused("guarantee = 'exactly'\n"), "did you mean"));
  CHECK(has(refused("coins = 1979-05-27\n"), "must be a text"));
  CHECK(has(refused("table = ['a', 'b']\n"), "takes one value"));
  CHECK(has(refused("table = '${env:NOT_THERE}'\n"), "NOT_THERE is not set"));
  CHECK(has(refused("table = '${secret}'\n"), "neither"));
}

TEST_CASE("a config file that is named must exist") {
  Machine machine;
  auto settings = machine.resolve(Command::run, {{"config", {"/nowhere/x.toml"}}});
  REQUIRE_FALSE(settings);
  CHECK(settings.error().exit_code() == 78);
  CHECK(has(settings.error().message(), "/nowhere/x.toml"));
}

TEST_CASE("a wrong flag is wrong usage, the same text in the environment wrong configuration") {
  Machine machine;
  auto flag = machine.resolve(Command::run, {{"interval", {"soon"}}});
  REQUIRE_FALSE(flag);
  CHECK(flag.error().exit_code() == 2);
  machine.variables["CRYPTOSTREAM_INTERVAL"] = "soon";
  auto variable = machine.resolve(Command::run);
  REQUIRE_FALSE(variable);
  CHECK(variable.error().exit_code() == 78);
  CHECK(has(variable.error().message(), "CRYPTOSTREAM_INTERVAL"));
}

TEST_CASE("texts of a config file may name the environment and secret files") {
  Machine machine;
  machine.variables["KEY"] = "k1";
  auto secret = machine.write("secret", "k2\n");
  machine.write("cryptostream.toml", fmt::format("[coincap]\nkey = '${{env:KEY}}-${{file:{}}}'\n", secret.string()));
  auto settings = machine.resolve(Command::ingest);
  REQUIRE(settings);
  CHECK(settings->api_key("coincap").value() == "k1-k2");
  CHECK(settings->get("coincap-key").shown() == "***");
}

TEST_CASE("the key of an API comes from a file or the environment, the stronger place first") {
  Machine machine;
  CHECK(machine.resolve(Command::ingest)->api_key("coincap").value() == std::nullopt);
  machine.variables["CRYPTOSTREAM_COINCAP_KEY"] = "from-environment";
  CHECK(machine.resolve(Command::ingest)->api_key("coincap").value() == "from-environment");
  auto file = machine.write("key", "from-file\r\n");
  CHECK(machine.resolve(Command::ingest, {{"coincap-key-file", {file.string()}}})->api_key("coincap").value() ==
        "from-file");
  machine.variables.erase("CRYPTOSTREAM_COINCAP_KEY");
  machine.variables["CRYPTOSTREAM_COINCAP_KEY_FILE"] = (machine.folder / "missing").string();
  auto missing = machine.resolve(Command::ingest)->api_key("coincap");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().exit_code() == 78);
}

TEST_CASE("places follow the XDG variables, then HOME, else ask for the flag") {
  Machine machine;
  machine.variables["HOME"] = "/home/u";
  CHECK(machine.resolve(Command::run)->log_file().value() == "/home/u/.local/share/cryptostream/log.db");
  CHECK(machine.resolve(Command::run)->state_folder().value() == "/home/u/.local/state/cryptostream/");
  machine.variables["XDG_DATA_HOME"] = "/data";
  CHECK(machine.resolve(Command::run)->log_file().value() == "/data/cryptostream/log.db");
  CHECK(machine.resolve(Command::run, {{"log", {"x.db"}}})->log_file().value() == "x.db");
  machine.variables.clear();
  auto nowhere = machine.resolve(Command::run)->log_file();
  REQUIRE_FALSE(nowhere);
  CHECK(has(nowhere.error().message(), "--log"));
}

TEST_CASE("secrets are masked in URIs and connection texts") {
  CHECK(mask_secrets("postgres://u:p@h/db") == "postgres://u:***@h/db");
  CHECK(mask_secrets("postgres://u:p@w@h/db") == "postgres://u:***@h/db");
  CHECK(mask_secrets("postgres://u@h:5432/db") == "postgres://u@h:5432/db");
  CHECK(mask_secrets("postgres://h/db?user=u&password=p&sslmode=require") ==
        "postgres://h/db?user=u&password=***&sslmode=require");
  CHECK(mask_secrets("host=h password='a b' dbname=d") == "host=h password=*** dbname=d");
  CHECK(mask_secrets("csv:out") == "csv:out");
  CHECK(holds_secret("postgres://u:p@h/db"));
  CHECK_FALSE(holds_secret("postgres://u@h/db"));
  Machine machine;
  auto settings = machine.resolve(Command::run, {{"to", {"postgres://u:p@h/db"}}});
  CHECK(settings->get("to").shown() == "postgres://u:***@h/db");
}

TEST_CASE("variables that look like ours but are not are named with what was meant") {
  auto strange = Settings::strange_variables({"PATH", "CRYPTOSTREAM_COINS", "CRYPTOSTREAM_CION"});
  REQUIRE(strange.size() == 1);
  CHECK(strange[0] == "CRYPTOSTREAM_CION (did you mean `CRYPTOSTREAM_COINS`?)");
}

TEST_CASE("times are read with their units and written back") {
  using namespace std::chrono_literals;
  CHECK(parse_duration("500ms").value() == 500ms);
  CHECK(parse_duration("20s").value() == 20s);
  CHECK(parse_duration("1m30s").value() == 90s);
  CHECK(parse_duration("2h").value() == 2h);
  CHECK(parse_duration("1d").value() == 24h);
  CHECK(parse_duration("0").value() == 0ms);
  for (std::string bad : {"", "5", "s", "5 s", "-5s", "1.5s", "5x", "9999999999999999999s", "99999999999d"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration(bad));
  }
  for (auto text : {"500ms", "20s", "1m30s", "2h", "1d", "1s500ms"})
    CHECK(format_duration(parse_duration(text).value()) == text);
}
