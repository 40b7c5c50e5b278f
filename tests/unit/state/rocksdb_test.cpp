// State on disk: the same as std::map, and after a crash what was committed and nothing else.
#include <cryptostream/state/rocksdb.h>

#include "map_kit.h"
#include "store_kit.h"
#include "temporary_folder.h"

#include <random>

namespace cs = cryptostream;
using map_test::Model;

namespace {

std::unique_ptr<cs::StateDirectory> directory(const std::string& path) {
  auto opened = cs::StateDirectory::open(path, cs::StateMemory::of(8 << 20));
  REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message()));
  return std::move(*opened);
}

map_test::Entries everything(cs::ByteMap& map) {
  return map_test::scanned(map, std::nullopt, std::nullopt, cs::Direction::forward);
}

cs::StoreSpec windows() {
  cs::StoreSpec spec;
  spec.name = "w";
  spec.type = cs::StoreSpec::Type::window;
  spec.backend = cs::StoreBackend::rocksdb;
  spec.retention = std::chrono::milliseconds(1500);
  spec.segment_interval = std::chrono::milliseconds(1000);
  spec.retain_duplicates = true;
  return spec;
}

}  // namespace

TEST_CASE("A map on disk does what std::map does, and after a crash holds what was last committed") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  TemporaryFolder folder;
  Model model;
  Model committed;
  std::optional<std::int64_t> offset;
  for (int life = 0; life < 8; ++life) {
    auto state = directory(folder.path());
    REQUIRE(*state->changelog_offset("s") == offset);
    auto map = *state->map("s");
    model = committed;
    REQUIRE(everything(*map) == map_test::expected(model, std::nullopt, std::nullopt, cs::Direction::forward));
    for (int commits = 0; commits < 3; ++commits) {
      map_test::work(*map, model, random, 300, 1500);
      offset = life * 10 + commits;
      REQUIRE(map->commit(*offset));
      REQUIRE(map->buffered_bytes() == 0);
      committed = model;
    }
    map_test::work(*map, model, random, 300, 500);
    REQUIRE(map->buffered_bytes() > 0);
  }
}

TEST_CASE("Stores of a task do not see each other, and a discarded one begins anew") {
  TemporaryFolder folder;
  auto state = directory(folder.path() + "/app/0_1");
  {
    auto a = *state->map("a");
    auto b = *state->map("b");
    REQUIRE(a->put("k", "1"));
    REQUIRE(b->put("k", "2"));
    REQUIRE(a->commit(7));
    REQUIRE(b->commit(9));
  }
  REQUIRE(state->discard("a"));
  REQUIRE(state->discard("never there"));
  CHECK_FALSE((*state->changelog_offset("a")).has_value());
  CHECK(*state->changelog_offset("b") == 9);
  CHECK(everything(**state->map("a")).empty());
  state.reset();
  state = directory(folder.path() + "/app/0_1");
  CHECK(everything(**state->map("a")).empty());
  CHECK(everything(**state->map("b")) == map_test::Entries{{"k", "2"}});
}

TEST_CASE("A cursor on disk goes on when the map is written to under it") {
  TemporaryFolder folder;
  auto state = directory(folder.path());
  auto map = *state->map("s");
  for (int i = 100; i < 200; i += 2) REQUIRE(map->put(std::to_string(i), "on disk"));
  REQUIRE(map->commit(1));
  for (int i = 101; i < 200; i += 2) REQUIRE(map->put(std::to_string(i), "in the buffer"));
  for (auto direction : {cs::Direction::forward, cs::Direction::backward}) {
    auto cursor = *map->scan(std::nullopt, std::nullopt, direction);
    std::vector<int> met;
    while (*cursor->next()) {
      auto key = std::string(cursor->key());
      met.push_back(std::stoi(key));
      CHECK(cursor->value() == (met.back() % 2 ? "in the buffer" : "on disk"));
      REQUIRE(map->put(key + "x", "new"));
      REQUIRE(map->erase(key + "x"));
      REQUIRE(map->put("0", "new"));  // moves all positions in the buffer
      REQUIRE(map->erase("0"));
    }
    CHECK(met.size() == 100);
  }
}

TEST_CASE("A second owner of a directory is told who has it") {
  TemporaryFolder folder;
  auto state = directory(folder.path());
  auto second = cs::StateDirectory::open(folder.path(), cs::StateMemory::of(1 << 20));
  REQUIRE_FALSE(second);
  CHECK(second.error().kind() == cs::ErrorKind::unavailable);
  CHECK(second.error().message().find(folder.path()) != std::string::npos);
}

TEST_CASE("A path that cannot be a directory is an error that names it") {
  auto state = cs::StateDirectory::open("/proc/none/here", cs::StateMemory::of(1 << 20));
  REQUIRE_FALSE(state);
  CHECK(state.error().message().find("/proc/none/here") != std::string::npos);
}

TEST_CASE("A window store on disk goes on after a crash where its last commit was") {
  TemporaryFolder folder;
  cs::StoreEnvironment environment;
  {
    auto state = directory(folder.path());
    environment.directory = state.get();
    auto store = state_test::opened<cs::WindowStore>(windows(), environment);
    REQUIRE(store->put("a", "1", {100}, {100}, state_test::at(100)));
    REQUIRE(store->put("a", "2", {4000}, {4000}, state_test::at(4000)));  // expires the first
    REQUIRE(store->put("a", "3", {4000}, {4000}, state_test::at(4000)));
    REQUIRE(store->commit(2));
    REQUIRE(store->put("a", "lost", {9000}, {9000}, state_test::at(9000)));
  }
  auto state = directory(folder.path());
  environment.directory = state.get();
  RecordedChangelog log;
  environment.changelog = &log;
  auto store = state_test::opened<cs::WindowStore>(windows(), environment);
  CHECK(*state->changelog_offset("w") == 2);
  CHECK_FALSE(*store->put("a", "late", {1999}, {1999}, state_test::at(1999)));  // stream time is known
  REQUIRE(store->put("a", "4", {4000}, {4000}, state_test::at(4000)));
  CHECK(log.news().back() == "610000000000000fa000000005 34 4000");  // and so is the sequence number
  CHECK(state_test::listed(store->fetch("a", {0}, {10000})) ==
        std::vector<std::string>{"61 4000..4000 2@4000", "61 4000..4000 3@4000", "61 4000..4000 4@4000"});
  REQUIRE(store->put("a", "5", {7000}, {7000}, state_test::at(7000)));
  CHECK(state_test::listed(store->fetch_all({0}, {10000})) == std::vector<std::string>{"61 7000..7000 5@7000"});
}
