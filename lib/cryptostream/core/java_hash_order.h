// The order of names in a java.util.HashSet: where the JVM shows or writes such a set, it can be seen.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cryptostream {

/// Items in the order in which a java.util.HashSet of their names is walked through, which were added in the order
/// given. `name_of` gives the name of an item. For ASCII.
template <class Item, class NameOf>
std::vector<Item> java_hash_order(std::vector<Item> items, const NameOf& name_of) {
  std::size_t buckets = 16;
  while (items.size() > buckets / 4 * 3) buckets *= 2;
  auto bucket = [&](const Item& item) {
    std::uint32_t hash = 0;
    for (unsigned char byte : name_of(item)) hash = hash * 31 + byte;
    return (hash ^ hash >> 16) & (buckets - 1);
  };
  std::stable_sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return bucket(a) < bucket(b); });
  return items;
}

inline std::vector<std::string> java_hash_order(std::vector<std::string> names) {
  return java_hash_order(std::move(names), [](const std::string& name) -> const std::string& { return name; });
}

}  // namespace cryptostream
