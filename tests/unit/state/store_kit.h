// Short ways to write calls of stores and to compare what they give.
#pragma once

#include "recorded_changelog.h"

#include <cryptostream/state/open_store.h>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace state_test {

namespace cs = cryptostream;

inline cs::RecordContext at(std::int64_t ms) {
  cs::RecordContext context;
  context.timestamp = {ms};
  context.topic = "in";
  context.partition = 0;
  context.offset = ms;
  return context;
}

template <class Store>
std::unique_ptr<Store> opened(const cs::StoreSpec& spec, const cs::StoreEnvironment& environment) {
  auto store = cs::open_store(spec, environment);
  REQUIRE_MESSAGE(store, (store ? "" : store.error().message()));
  auto* typed = dynamic_cast<Store*>(store->release());
  REQUIRE(typed);
  return std::unique_ptr<Store>(typed);
}

/// "key [start,end) value@time" of each entry.
inline std::vector<std::string> listed(cs::Result<cs::Cursor> cursor) {
  REQUIRE(cursor);
  std::vector<std::string> lines;
  for (;;) {
    auto entry = (*cursor)->next();
    REQUIRE(entry);
    if (!*entry) return lines;
    const auto& e = **entry;
    lines.push_back(to_hex(e.key) + " " + std::to_string(e.start.ms) + ".." + std::to_string(e.end.ms) + " " +
                    std::string(e.value) + "@" + std::to_string(e.timestamp.ms));
  }
}

inline std::string told(const cs::Result<std::optional<cs::StoredValue>>& found) {
  REQUIRE(found);
  return *found ? std::string((*found)->value) + "@" + std::to_string((*found)->timestamp.ms) : "nothing";
}

}  // namespace state_test
