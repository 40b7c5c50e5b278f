// The map in memory against std::map, with random operations.
#include "map_kit.h"

#include <algorithm>

using namespace map_test;

TEST_CASE("The map in memory does what std::map does") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  for (unsigned keys : {5u, 300u, 3000u}) {
    auto map = cs::memory_map();
    Model model;
    work(*map, model, random, keys, 20000);
  }
}

TEST_CASE("A cursor goes on by key when the map is written to under it") {
  for (auto direction : {cs::Direction::forward, cs::Direction::backward}) {
    auto map = cs::memory_map();
    for (int i = 100; i < 900; ++i) REQUIRE(map->put(std::to_string(i), "v"));
    auto cursor = *map->scan(std::nullopt, std::nullopt, direction);
    std::vector<int> met;
    while (*cursor->next()) {
      int at = std::stoi(std::string(cursor->key()));
      met.push_back(at);
      REQUIRE(map->erase(std::to_string(at)));             // the entry it stands on
      REQUIRE(map->put(std::to_string(at) + "x", "new"));  // a neighbour, which it may meet or not
      REQUIRE(map->erase(std::to_string(at) + "x"));
    }
    CHECK(met.size() == 800);
    CHECK(std::is_sorted(met.begin(), met.end(),
                         [&](int a, int b) { return direction == cs::Direction::forward ? a < b : a > b; }));
    CHECK_FALSE((*map->scan(std::nullopt, std::nullopt))->next().value());
  }
}

TEST_CASE("Erasing a range takes whole blocks and the parts at both ends") {
  auto map = cs::memory_map();
  for (int i = 10000; i < 20000; ++i) REQUIRE(map->put(std::to_string(i), std::to_string(i)));
  REQUIRE(map->erase_range("10100", "19900"));
  CHECK(scanned(*map, std::nullopt, std::nullopt, cs::Direction::forward).size() == 200);
  CHECK((*map->get("10099")).value() == "10099");
  CHECK_FALSE((*map->get("10100")).has_value());
  CHECK_FALSE((*map->get("19899")).has_value());
  CHECK((*map->get("19900")).value() == "19900");
}
