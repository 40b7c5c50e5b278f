// Whole applications into real stores: a server that restarts under them, refused rows, errors at any place.
#include "flows/memory_edges.h"
#include "postgres_target.h"
#include "temporary_folder.h"

#include <cryptostream/connect/connect.h>
#include <cryptostream/cryptostream.h>
#include <cryptostream/data/csv.h>
#include <cryptostream/stores/csv/sink.h>
#include <cryptostream/stores/postgres/sink.h>
#include <cryptostream/stores/sqlite/sink.h>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <numeric>
#include <random>
#include <sstream>

namespace cs = cryptostream;
using cs::test::CountingSource;
using namespace std::chrono_literals;

namespace {

struct Item {
  std::int64_t number = 0;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(Item, number, price)

static_assert(cs::Sink<cs::PostgresSink<Item>> && cs::Sink<cs::SqliteSink<Item>> && cs::Sink<cs::CsvSink<Item>>);

const cs::KafkaTopic<std::string, std::string> numbers{"numbers"};
const cs::KafkaTopic<std::string, Item> items{"items"};

struct Stores {
  TemporaryFolder folder;
  std::string database = folder.path() + "/items.db", csv = folder.path() + "/items.csv",
              log = "local:" + folder.path() + "/log.db";

  cs::Topology pipeline(std::int64_t count) const {
    cs::StreamsBuilder b;
    b.stream(CountingSource{.count = count, .batch = 3}).to(numbers);
    b.stream(numbers)
        .map_values([](const std::string& text) {
          return Item{std::stoll(text), cs::Decimal::of(text + ".50")};
        })
        .to(items);
    b.stream(items).to(cs::PostgresSink<Item>{"items", {.url = server().url()}});
    b.stream(items).to(cs::SqliteSink<Item>{database, "items"});
    b.stream(items).to(cs::CsvSink<Item>{csv});
    return b.build();
  }

  std::int64_t postgres_rows() const { return std::stoll(server().sql("SELECT count(*) FROM items").at(0).at(0)); }

  std::vector<std::int64_t> in_sqlite() const {
    std::vector<std::int64_t> found;
    sqlite3* opened = nullptr;
    sqlite3_open(database.c_str(), &opened);
    auto take = [](void* into, int, char** values, char**) {
      static_cast<std::vector<std::int64_t>*>(into)->push_back(std::stoll(values[0]));
      return 0;
    };
    sqlite3_exec(opened, "SELECT number FROM items ORDER BY number", take, &found, nullptr);
    sqlite3_close(opened);
    return found;
  }

  std::vector<std::int64_t> in_postgres() const {
    std::vector<std::int64_t> found;
    for (const auto& row : server().sql("SELECT number FROM items ORDER BY number"))
      found.push_back(std::stoll(row[0]));
    return found;
  }

  std::vector<std::int64_t> in_csv() const {
    std::ostringstream bytes;
    bytes << std::ifstream(csv).rdbuf();
    auto text = bytes.str();
    std::vector<std::int64_t> found;
    if (text.empty()) return found;
    auto rows = cs::CsvRows::open(cs::type_of<Item>(), text).value();
    Item item;
    while (rows.next(&item).value()) found.push_back(item.number);
    std::sort(found.begin(), found.end());
    return found;
  }
};

std::vector<std::int64_t> up_to(std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

cs::ApplicationConfig config() {
  cs::ApplicationConfig config;
  config.application_id = "items";
  config.guarantee = cs::Guarantee::exactly_once;
  config.commit_interval = 5ms;
  config.startup_timeout = 20s;
  return config;
}

cs::Result<void> run_until(cs::Application& app, const std::function<bool()>& done) {
  std::stop_source stop;
  auto running = std::async(std::launch::async, [&] { return app.run(stop.get_token()); });
  auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!done() && running.wait_for(5ms) != std::future_status::ready)
    if (std::chrono::steady_clock::now() > deadline) break;
  stop.request_stop();
  return running.get();
}

void forget_tables() { server().sql("DROP TABLE IF EXISTS items, cryptostream_positions"); }

}  // namespace

TEST_CASE("a server that restarts under an application makes it wait, and nothing is lost or doubled") {
  forget_tables();
  Stores stores;
  constexpr std::int64_t count = 1500;
  cs::Application app(stores.pipeline(count), cs::connect(stores.log), config());
  int restarts = 0;
  auto ended = run_until(app, [&] {
    if (restarts < 3 && server().sql("SELECT to_regclass('items')").at(0).at(0) != "\\N" &&
        stores.postgres_rows() > restarts * 300) {
      restarts++ % 2 == 0 ? server().crash() : server().stop();
      server().start();
    }
    return restarts == 3 && stores.postgres_rows() >= count && stores.in_sqlite().size() >= count &&
           stores.in_csv().size() >= count;
  });
  REQUIRE_MESSAGE(ended.has_value(), (ended ? "" : ended.error().message()));
  CHECK(stores.in_postgres() == up_to(count));
  CHECK(stores.in_sqlite() == up_to(count));
  CHECK(stores.in_csv() == up_to(count));
}

TEST_CASE("rows that a table refuses become dead letters, and the rest lands") {
  forget_tables();
  server().sql("CREATE TABLE items (number bigint CHECK (number % 100 <> 7), price numeric)");
  Stores stores;
  constexpr std::int64_t count = 500;
  auto broker = cs::connect(stores.log);
  auto settings = config();
  settings.errors = cs::ErrorPolicies::all(cs::ErrorPolicy::dead_letter());
  cs::Application app(stores.pipeline(count), broker, settings);
  auto ended = run_until(app, [&] {
    return server().sql("SELECT max(number) FROM items").at(0).at(0) == "499" && stores.in_csv().size() >= count;
  });
  REQUIRE_MESSAGE(ended.has_value(), (ended ? "" : ended.error().message()));
  auto expected = up_to(count);
  std::erase_if(expected, [](std::int64_t number) { return number % 100 == 7; });
  CHECK(stores.in_postgres() == expected);
  CHECK(stores.in_sqlite() == up_to(count));
  auto letters = broker->offsets({"items-dead-letters", 0}, cs::Isolation::read_committed);
  REQUIRE(letters.has_value());
  CHECK(letters->end - letters->begin >= 5);
}

TEST_CASE("an application goes on after errors at any place, and stores hold every row once") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  forget_tables();
  Stores stores;
  constexpr std::int64_t count = 900;
  cs::Application app(stores.pipeline(count), cs::connect(stores.log), config());
  int armed = 0;
  auto ended = run_until(app, [&] {
    const char* places[] = {"sink.begin", "sink.write", "sink.commit.before", "sink.commit.after"};
    if (armed < 12) {
      ++armed;
      cs::set_fail_points(std::string(places[random() % 4]) + "=error@" + std::to_string(1 + random() % 5));
    }
    if (server().sql("SELECT to_regclass('items')").at(0).at(0) == "\\N") return false;
    return stores.postgres_rows() >= count && stores.in_sqlite().size() >= count && stores.in_csv().size() >= count;
  });
  cs::set_fail_points("");
  REQUIRE_MESSAGE(ended.has_value(), (ended ? "" : ended.error().message()));
  CHECK(stores.in_postgres() == up_to(count));
  CHECK(stores.in_sqlite() == up_to(count));
  CHECK(stores.in_csv() == up_to(count));
}

TEST_CASE("a table without rights ends an application with the exit code for it") {
  forget_tables();
  server().sql("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN; CREATE TABLE items (number bigint, price numeric)");
  TemporaryFolder folder;
  cs::StreamsBuilder b;
  b.stream(items).to(cs::PostgresSink<Item>{"items",
                                            {.url = "host=" + server().folder() + " port=" +
                                                    std::to_string(server().port()) + " user=guest dbname=postgres"}});
  auto broker = cs::connect("local:" + folder.path() + "/log.db");
  REQUIRE(broker->create_topic({"items"}));
  cs::Application app(b.build(), broker, config());
  auto ended = run_until(app, [] { return false; });
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().exit_code() == 77);
  CHECK(ended.error().message().find("GRANT") != std::string::npos);
}
