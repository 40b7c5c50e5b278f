// The map in memory against std::map, with random operations.
#include <cryptostream/state/byte_map.h>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace cs = cryptostream;

namespace {

using Model = std::map<std::string, std::string>;
using Entries = std::vector<std::pair<std::string, std::string>>;

Entries expected(const Model& model, cs::OptionalBytesView from, cs::OptionalBytesView to, cs::Direction direction) {
  Entries entries;
  for (const auto& [key, value] : model)
    if ((!from || key >= *from) && (!to || key < *to)) entries.emplace_back(key, value);
  if (direction == cs::Direction::backward) return {entries.rbegin(), entries.rend()};
  return entries;
}

Entries scanned(cs::ByteMap& map, cs::OptionalBytesView from, cs::OptionalBytesView to, cs::Direction direction) {
  auto cursor = *map.scan(from, to, direction);
  Entries entries;
  while (*cursor->next()) entries.emplace_back(cursor->key(), cursor->value());
  return entries;
}

}  // namespace

TEST_CASE("The map in memory does what std::map does") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  // Few keys make collisions, many make several blocks; bytes above 127 must sort as unsigned.
  for (unsigned keys : {5u, 300u, 3000u}) {
    auto map = cs::memory_map();
    Model model;
    auto key = [&] {
      auto n = number(keys);
      return std::string(1, static_cast<char>(n % 251)) + std::string(n % 7 == 0 ? "" : "key") + std::to_string(n);
    };
    for (int step = 0; step < 20000; ++step) {
      auto k = key();
      auto what = number(100);
      if (what < 60) {
        std::string value(number(40), static_cast<char>('a' + number(26)));
        REQUIRE(map->put(k, value));
        model[k] = value;
      } else if (what < 80) {
        REQUIRE(map->erase(k));
        model.erase(k);
      } else if (what < 81) {
        auto other = key();
        REQUIRE(map->erase_range(k, other));
        if (k < other) model.erase(model.lower_bound(k), model.lower_bound(other));
      } else if (what < 99) {
        auto found = *map->get(k);
        auto want = model.find(k);
        REQUIRE(found.has_value() == (want != model.end()));
        if (found) REQUIRE(*found == want->second);
      } else {
        auto to = key();
        auto direction = number(2) ? cs::Direction::forward : cs::Direction::backward;
        auto from = number(4) ? cs::OptionalBytesView(k) : cs::OptionalBytesView();
        auto until = number(4) ? cs::OptionalBytesView(to) : cs::OptionalBytesView();
        REQUIRE(scanned(*map, from, until, direction) == expected(model, from, until, direction));
      }
    }
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
