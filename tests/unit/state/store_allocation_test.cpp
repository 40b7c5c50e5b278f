// What a record costs in allocations: none to read and to overwrite.
#include "../../counting_new.h"
#include "store_kit.h"

#include <cryptostream/state/record_cache.h>

using namespace state_test;
using cryptostream::test::allocations;

namespace {

// Longer than any small string.
const std::string key(40, 'k');
const std::string value(60, 'v');

template <class Work>
long allocated_by(Work&& work) {
  auto before = allocations();
  for (int i = 0; i < 100; ++i) work();
  return allocations() - before;
}

cs::StoreSpec spec(cs::StoreSpec::Type type) {
  cs::StoreSpec made;
  made.name = "s";
  made.type = type;
  made.retention = std::chrono::minutes(1);
  made.caching = true;
  return made;
}

}  // namespace

TEST_CASE("Reading and overwriting a key allocate nothing, with a cache or without") {
  cs::RecordCache cache(1 << 20);
  cs::StoreEnvironment cached;
  cached.cache = &cache;
  for (const auto& environment : {cs::StoreEnvironment(), cached}) {
    auto context = at(1);
    auto store = opened<cs::KeyValueStore>(spec(cs::StoreSpec::Type::timestamped_key_value), environment);
    auto before = allocations();
    REQUIRE(store->put(key, value, {1}, context));
    CHECK(allocations() > before);  // a new key does, so they are counted
    CHECK(allocated_by([&] { return store->get(key).has_value(); }) == 0);
    CHECK(allocated_by([&] { return store->put(key, value, {1}, context).has_value(); }) == 0);

    auto windows = opened<cs::WindowStore>(spec(cs::StoreSpec::Type::timestamped_window), environment);
    REQUIRE(windows->put(key, value, {1}, {0}, context));
    CHECK(allocated_by([&] { return windows->fetch(key, {0}).has_value(); }) == 0);
    CHECK(allocated_by([&] { return windows->put(key, value, {1}, {0}, context).has_value(); }) == 0);

    auto sessions = opened<cs::SessionStore>(spec(cs::StoreSpec::Type::session), environment);
    REQUIRE(sessions->put(key, {0}, {5}, value, context));
    CHECK(allocated_by([&] { return sessions->fetch(key, {0}, {5}).has_value(); }) == 0);
    CHECK(allocated_by([&] { return sessions->put(key, {0}, {5}, value, context).has_value(); }) == 0);
  }
}
