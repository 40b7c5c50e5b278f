// Random operations on a ByteMap and on std::map side by side.
#pragma once

#include <cryptostream/state/byte_map.h>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace map_test {

namespace cs = cryptostream;

using Model = std::map<std::string, std::string>;
using Entries = std::vector<std::pair<std::string, std::string>>;

inline Entries expected(const Model& model, cs::OptionalBytesView from, cs::OptionalBytesView to,
                        cs::Direction direction) {
  Entries entries;
  for (const auto& [key, value] : model)
    if ((!from || key >= *from) && (!to || key < *to)) entries.emplace_back(key, value);
  if (direction == cs::Direction::backward) return {entries.rbegin(), entries.rend()};
  return entries;
}

inline Entries scanned(cs::ByteMap& map, cs::OptionalBytesView from, cs::OptionalBytesView to,
                       cs::Direction direction) {
  auto cursor = *map.scan(from, to, direction);
  Entries entries;
  while (*cursor->next()) entries.emplace_back(cursor->key(), cursor->value());
  return entries;
}

/// Checks each answer. Few keys make collisions, many make several blocks; bytes above 127 must sort as unsigned.
inline void work(cs::ByteMap& map, Model& model, std::mt19937& random, unsigned keys, int steps) {
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  auto key = [&] {
    auto n = number(keys);
    return std::string(1, static_cast<char>(n % 251)) + std::string(n % 7 == 0 ? "" : "key") + std::to_string(n);
  };
  for (int step = 0; step < steps; ++step) {
    auto k = key();
    auto what = number(100);
    if (what < 60) {
      std::string value(number(40), static_cast<char>('a' + number(26)));
      REQUIRE(map.put(k, value));
      model[k] = value;
    } else if (what < 80) {
      REQUIRE(map.erase(k));
      model.erase(k);
    } else if (what < 81) {
      auto other = key();
      REQUIRE(map.erase_range(k, other));
      if (k < other) model.erase(model.lower_bound(k), model.lower_bound(other));
    } else if (what < 99) {
      auto found = *map.get(k);
      auto want = model.find(k);
      REQUIRE(found.has_value() == (want != model.end()));
      if (found) REQUIRE(*found == want->second);
    } else {
      auto to = key();
      auto direction = number(2) ? cs::Direction::forward : cs::Direction::backward;
      auto from = number(4) ? cs::OptionalBytesView(k) : cs::OptionalBytesView();
      auto until = number(4) ? cs::OptionalBytesView(to) : cs::OptionalBytesView();
      REQUIRE(scanned(map, from, until, direction) == expected(model, from, until, direction));
    }
  }
}

}  // namespace map_test
