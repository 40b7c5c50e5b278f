#include <cryptostream/cli/option.h>

#include <algorithm>
#include <array>

namespace cryptostream::cli {
namespace {

constexpr std::uint32_t bit(Command command) { return 1U << static_cast<unsigned>(command); }
constexpr std::uint32_t run = bit(Command::run), ingest = bit(Command::ingest), process = bit(Command::process),
                        sink = bit(Command::sink);
constexpr std::uint32_t tail = bit(Command::topic_tail), topics = bit(Command::topic_list) | tail;
constexpr std::uint32_t reset = bit(Command::group_reset), replay = bit(Command::dlq_replay);
constexpr std::uint32_t dead = bit(Command::dlq_list) | bit(Command::dlq_show) | replay;
constexpr std::uint32_t groups = bit(Command::group_list) | bit(Command::group_describe) | reset;
constexpr std::uint32_t board = bit(Command::dashboard);
constexpr std::uint32_t looks = topics | groups | dead | board | bit(Command::doctor);
constexpr std::uint32_t jobs = run | ingest | process | sink, sources = run | ingest, sinks = run | sink;
// The lists of the largest coins go from their source straight into their table: `sink quotes` asks for them.
constexpr std::uint32_t coin_apis = sources | sink;
constexpr std::uint32_t all = ~0U;

using enum OptionKind;

constexpr std::string_view from_source = "Source", to_target = "Target", between = "Log", how_long = "Time",
                           reading = "Reading", general = "Options";

constexpr auto table = std::to_array<Option>({
    // Where data comes from.
    {"source", text, "NAME", "", "where prices come from (default: coincap where a key is configured, else coinbase)",
     coin_apis, from_source, "coincap|coinbase|coinmarketcap|coingecko|simulator|replay"},
    {"coins", list, "LIST", "BTC,ETH,SOL,XRP,BNB", "coins by symbol or the source's id", sources, from_source},
    {"quote", text, "CURRENCY", "USD", "currency of the prices", coin_apis, from_source},
    {"interval", duration, "TIME", "20s",
     "time between two questions to an API that is asked; coinmarketcap, coingecko: 60s", coin_apis, from_source},
    {"coincap-url", text, "URL", "", "another address of CoinCap's API", sources, from_source},
    {"coincap-key-file", text, "FILE", "", "file that holds the key of CoinCap's API", sources | bit(Command::doctor),
     from_source},
    {"coincap-key", text, "", "", "key of CoinCap's API", sources, from_source, "", 0, false, true},
    {"coincap-backfill", duration, "TIME", "", "how far back a pause is filled with CoinCap's history (default: not)",
     sources, from_source},
    {"coinbase-url", text, "URL", "", "another address of Coinbase's market data feed (ws:// or wss://)", sources,
     from_source},
    {"coinbase-rest-url", text, "URL", "", "another address of Coinbase's REST API", sources, from_source},
    {"coinmarketcap-url", text, "URL", "", "another address of CoinMarketCap's API", coin_apis, from_source},
    {"coinmarketcap-key-file", text, "FILE", "", "file that holds the key of CoinMarketCap's API",
     coin_apis | bit(Command::doctor), from_source},
    {"coinmarketcap-key", text, "", "", "key of CoinMarketCap's API", coin_apis, from_source, "", 0, false, true},
    {"coinmarketcap-version", text, "N", "2", "version of CoinMarketCap's API", coin_apis, from_source, "1|2|3"},
    {"coinmarketcap-credits", number, "N", "0", "credits to spend in a day (0: as many as it takes)", coin_apis,
     from_source},
    {"coingecko-url", text, "URL", "", "another address of CoinGecko's API", coin_apis, from_source},
    {"coingecko-key-file", text, "FILE", "", "file that holds a key of CoinGecko's API; none is needed",
     coin_apis | bit(Command::doctor), from_source},
    {"coingecko-key", text, "", "", "key of CoinGecko's API", coin_apis, from_source, "", 0, false, true},
    {"currencies", list, "LIST", "SEK,NOK,DKK,EUR,ISK", "pipeline coins: the other currencies of a price", jobs,
     from_source},
    {"rates", text, "NAME", "",
     "pipeline coins: where exchange rates come from (default: fastforex where a key is configured, else frankfurter)",
     sources | process, from_source, "fastforex|frankfurter|ecb"},
    {"fastforex-url", text, "URL", "", "another address of FastForex's API", sources, from_source},
    {"fastforex-key-file", text, "FILE", "", "file that holds the key of FastForex's API",
     sources | process | bit(Command::doctor), from_source},
    {"fastforex-key", text, "", "", "key of FastForex's API", sources | process, from_source, "", 0, false, true},
    {"frankfurter-url", text, "URL", "", "another address of Frankfurter's API", sources, from_source},
    {"ecb-url", text, "URL", "", "another address of the European Central Bank's file", sources, from_source},
    {"simulator-rate", number, "N", "10", "simulated prices a second, over all coins", sources, from_source},
    {"simulator-seed", number, "N", "1", "the same seed gives the same prices", sources, from_source},
    {"simulator-records", number, "N", "0", "end after so many simulated prices (0: never)", sources, from_source},
    {"replay-file", texts, "FILE", "", "recorded answers to play again (repeatable)", sources, from_source},
    // Where it goes.
    {"to", texts, "URI", "", "target: sqlite:FILE, postgres, postgres://HOST/DB, csv:FILE, stdout (repeatable)", sinks,
     to_target},
    {"postgres-url", text, "", "", "target of a plain `--to postgres`; else libpq's PG* variables", sinks | board,
     to_target, "", 0, false, true},
    {"table", text, "NAME", "", "table in the target (default: the topic's name)", sinks, to_target},
    {"mode", text, "MODE", "", "what a row does: insert, upsert or replace (default: insert for quotes)", sinks,
     to_target, "insert|upsert|replace"},
    {"key", list, "COLUMNS", "", "columns that identify a row, for upsert", sinks, to_target},
    {"columns", list, "NAME:TYPE,…", "",
     "columns of records whose type is not known, with types text, int64, float64, decimal, timestamp, boolean", sink,
     to_target},
    // Between.
    {"topic", text, "NAME", "quotes", "topic in the log", run | ingest | sink, between},
    {"rename", texts, "OLD=NEW", "", "another name for a topic or table of a pipeline (repeatable)", jobs, between},
    {"log", text, "FILE", "", "the local log (default: $XDG_DATA_HOME/cryptostream/log.db)", jobs | looks, between},
    {"brokers", text, "LIST", "", "a Kafka cluster in place of the local log: HOST:PORT,HOST2:PORT2", jobs | looks,
     between},
    {"state-dir", text, "DIR", "",
     "where a program keeps its state, if it has any (default: $XDG_STATE_HOME/cryptostream)", jobs, between},
    {"guarantee", text, "WORD", "exactly-once", "exactly-once or at-least-once", jobs, between,
     "exactly-once|at-least-once"},
    {"application-id", text, "NAME", "", "name under which progress is kept (default: by command, source and target)",
     jobs, between},
    {"commit-interval", duration, "TIME", "", "time between two commits (default: 10ms on the local log)", jobs,
     between},
    {"simulate-offline", toggle, "", "",
     "where the source cannot be reached at the start: invented prices, in a log and files of their own", run,
     from_source},
    // How long.
    {"duration", duration, "TIME", "", "end by itself after this time, cleanly", jobs, how_long},
    {"once", toggle, "", "", "one round: ask the source once, or empty the topic once; then end", jobs, how_long},
    {"shutdown-timeout", duration, "TIME", "10s", "time to finish work after the first signal", jobs, how_long},
    {"metrics", text, "ADDRESS:PORT", "",
     "serve /metrics (Prometheus), /livez and /readyz there; the address may be left out: 127.0.0.1", jobs, how_long},
    {"dashboard", text, "ADDRESS:PORT", "",
     "show prices and pipeline on a page there; the address may be left out: 127.0.0.1", jobs, how_long},
    // The dashboard.
    {"from", text, "URI", "sqlite:prices.db", "what is shown: sqlite:FILE, postgres, postgres://HOST/DB", board,
     reading},
    {"listen", text, "ADDRESS:PORT", "127.0.0.1:8080", "where the page is", board, reading},
    {"title", text, "TEXT", "cryptostream", "the page's title", board | jobs, reading},
    // Reading a topic.
    {"offset", text, "OFFSET", "end", "where to begin: beginning, end, N, or -N for the last N records", tail, reading,
     "", 'o'},
    {"count", number, "N", "0", "stop after N records (0: never)", tail, reading, "", 'c'},
    {"exit", toggle, "", "", "stop at the end of the topic", tail, reading, "", 'e'},
    // Groups and dead letters.
    {"to-offset", text, "OFFSET", "beginning",
     "where the group shall read on: beginning, end, N, or -N for the last N records", reset, reading},
    {"of-topic", text, "NAME", "", "only this topic's partitions (default: all that the group has offsets of)", reset,
     reading},
    {"dry-run", toggle, "", "", "say what would happen, and change nothing", reset | replay, reading},
    {"max", number, "N", "0", "at most N dead letters (0: all)", bit(Command::dlq_show) | replay, reading},
    // Settings and messages.
    {"origin", toggle, "", "", "say where each value comes from", bit(Command::config_show), general},
    {"json", toggle, "", "", "as JSON", bit(Command::version) | bit(Command::doctor) | bit(Command::group_describe),
     general},
    {"config", text, "FILE", "",
     "config file (default: ./cryptostream.toml, $XDG_CONFIG_HOME/cryptostream/config.toml)", all, general},
    {"log-level", text, "LEVEL", "info", "debug, info, warning or error", all, general, "debug|info|warning|error"},
    {"log-format", text, "FORMAT", "text", "text or json", all, general, "text|json"},
});

constexpr auto order = std::to_array<Command>(
    {Command::run, Command::ingest, Command::process, Command::sink, Command::topic_list, Command::topic_tail,
     Command::group_list, Command::group_describe, Command::group_reset, Command::dlq_list, Command::dlq_show,
     Command::dlq_replay, Command::doctor, Command::dashboard, Command::config_show, Command::config_validate,
     Command::completion, Command::man, Command::version});

}  // namespace

std::string Option::environment_name() const {
  std::string out = "CRYPTOSTREAM_";
  for (char c : name) out += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::span<const Option> options() { return table; }

const Option* find_option(std::string_view name) {
  auto found = std::find_if(table.begin(), table.end(), [&](const Option& option) { return option.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string_view words(Command command) {
  switch (command) {
    case Command::run:
      return "run";
    case Command::ingest:
      return "ingest";
    case Command::process:
      return "process";
    case Command::sink:
      return "sink";
    case Command::topic_list:
      return "topic list";
    case Command::topic_tail:
      return "topic tail";
    case Command::group_list:
      return "group list";
    case Command::group_describe:
      return "group describe";
    case Command::group_reset:
      return "group reset";
    case Command::dlq_list:
      return "dlq list";
    case Command::dlq_show:
      return "dlq show";
    case Command::dlq_replay:
      return "dlq replay";
    case Command::doctor:
      return "doctor";
    case Command::dashboard:
      return "dashboard";
    case Command::completion:
      return "completion";
    case Command::man:
      return "man";
    case Command::config_show:
      return "config show";
    case Command::config_validate:
      return "config validate";
    case Command::version:
      return "version";
  }
  return "";
}

std::span<const Command> commands() { return order; }

}  // namespace cryptostream::cli
