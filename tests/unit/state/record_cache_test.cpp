// Stores below a record cache: the same to read as without, and what leaves comes in Kafka Streams' order.
#include <cryptostream/state/record_cache.h>

#include "store_kit.h"

#include <algorithm>
#include <random>

using namespace state_test;

namespace {

// What the listener was told: "key[start..end] now was before at context time, topic/offset".
struct Told {
  std::vector<std::string> lines;
  cs::FlushListener listener() {
    return [this](const cs::FlushedEntry& entry) -> cs::Result<void> {
      auto value = [](const std::optional<cs::StoredValue>& v) {
        return v ? std::string(v->value) + "@" + std::to_string(v->timestamp.ms) : std::string("null");
      };
      lines.push_back(std::string(entry.key) + " " + value(entry.now) + " was " + value(entry.before) + " at " +
                      std::to_string(entry.context.timestamp.ms) + " " + std::string(entry.context.topic) + "/" +
                      std::to_string(entry.context.offset));
      return {};
    };
  }
  std::vector<std::string> news() { return std::exchange(lines, {}); }
};

cs::StoreSpec table() {
  cs::StoreSpec spec;
  spec.name = "s";
  spec.caching = true;
  return spec;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("A flush tells the last update of each key, in the order of the last updates, with its own context") {
  cs::RecordCache cache(1 << 20);
  RecordedChangelog log;
  Told told;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  environment.changelog = &log;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  CHECK(store->caches());
  store->on_flush(told.listener(), true);
  REQUIRE(store->put("a", "1", {10}, at(1)));
  REQUIRE(store->put("b", "2", {20}, at(2)));
  REQUIRE(store->put("c", "3", {30}, at(3)));
  REQUIRE(store->put("a", "4", {5}, at(4)));  // goes behind c
  CHECK(log.records.empty());
  CHECK(told.lines.empty());
  REQUIRE(store->flush());
  CHECK(told.news() == Lines{"b 2@20 was null at 2 in/2", "c 3@30 was null at 3 in/3", "a 4@5 was null at 4 in/4"});
  CHECK(log.news() == Lines{"62 32 20", "63 33 30", "61 34 5"});

  REQUIRE(store->put("b", std::nullopt, {0}, at(6)));
  REQUIRE(store->put("a", "5", {50}, at(7)));
  REQUIRE(store->flush());
  CHECK(told.news() == Lines{"b null was 2@20 at 6 in/6", "a 5@50 was 4@5 at 7 in/7"});
  CHECK(log.news() == Lines{"62 - 6", "61 35 50"});
  REQUIRE(store->flush());
  CHECK(told.news().empty());
}

TEST_CASE("What was put and deleted between two flushes was never there") {
  cs::RecordCache cache(1 << 20);
  RecordedChangelog log;
  Told told;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  environment.changelog = &log;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  store->on_flush(told.listener(), false);
  REQUIRE(store->put("a", "1", {10}, at(1)));
  REQUIRE(store->put("a", std::nullopt, {10}, at(2)));
  REQUIRE(store->put("b", std::nullopt, {10}, at(2)));
  REQUIRE(store->flush());
  CHECK(told.lines.empty());
  CHECK(log.records.empty());
  CHECK(cache.bytes() == 0);  // nothing remembers deleted keys
}

TEST_CASE("Without a listener updates are written all the same, and old values are told only on demand") {
  cs::RecordCache cache(1 << 20);
  RecordedChangelog log;
  Told told;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  environment.changelog = &log;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  REQUIRE(store->put("b", std::nullopt, {10}, at(2)));
  REQUIRE(store->flush());
  CHECK(log.news() == Lines{"62 - 2"});
  store->on_flush(told.listener(), false);
  REQUIRE(store->put("a", "1", {10}, at(3)));
  REQUIRE(store->flush());
  REQUIRE(store->put("a", "2", {11}, at(4)));
  REQUIRE(store->flush());
  CHECK(told.news() == Lines{"a 1@10 was null at 3 in/3", "a 2@11 was null at 4 in/4"});
}

TEST_CASE("The store is written and logged before the listener hears of it") {
  cs::RecordCache cache(1 << 20);
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  environment.changelog = &log;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  int heard = 0;
  store->on_flush(
      [&](const cs::FlushedEntry& entry) -> cs::Result<void> {
        ++heard;
        CHECK(log.records.size() == static_cast<std::size_t>(heard));
        CHECK(state_test::told(store->get(entry.key)) == "1@10");
        // What comes back while flushing waits for the next flush.
        if (heard == 1) REQUIRE(store->put("late", "1", {10}, at(9)));
        return {};
      },
      false);
  for (const char* key : {"a", "b", "c"}) REQUIRE(store->put(key, "1", {10}, at(1)));
  REQUIRE(store->flush());
  CHECK(heard == 3);
  REQUIRE(store->flush());
  CHECK(heard == 4);
}

TEST_CASE("An error of the listener ends the flush") {
  cs::RecordCache cache(1 << 20);
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  store->on_flush([](const cs::FlushedEntry&) -> cs::Result<void> { return cs::fail(cs::ErrorKind::failure, "no"); },
                  false);
  REQUIRE(store->put("a", "1", {10}, at(1)));
  auto flushed = store->flush();
  REQUIRE_FALSE(flushed);
  CHECK(flushed.error().message() == "no");
}

TEST_CASE("Entries weigh what they weigh in Kafka Streams") {
  cs::RecordCache cache(1 << 20);
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  cs::Headers headers;
  headers.add("name", "value");
  auto context = at(1);
  context.headers = headers;
  REQUIRE(store->put("key", "12345", {10}, context));
  // key, 3 references, dirty flag, time and value, time, offset, partition, topic "in", header
  CHECK(cache.bytes() == 3 + 24 + 1 + (8 + 5) + 8 + 8 + 4 + 2 + 9);
  store.reset();
  CHECK(cache.bytes() == 0);

  auto spec = table();
  spec.type = cs::StoreSpec::Type::timestamped_window;
  spec.retention = std::chrono::seconds(1);
  auto windows = opened<cs::WindowStore>(spec, environment);
  REQUIRE(windows->put("key", "12345", {10}, {0}, at(1)));
  CHECK(cache.bytes() == (8 + 3 + 8 + 4) + 24 + 1 + (8 + 5) + 8 + 8 + 4 + 2);
  windows.reset();

  spec.type = cs::StoreSpec::Type::session;
  auto sessions = opened<cs::SessionStore>(spec, environment);
  REQUIRE(sessions->put("key", {0}, {0}, std::nullopt, at(1)));
  CHECK(cache.bytes() == (8 + 3 + 8 + 8) + 24 + 1 + 0 + 8 + 8 + 4 + 2);
}

TEST_CASE("Without room the entry unused for longest leaves first, and all other updates with it") {
  constexpr std::size_t entry = 1 + 24 + 1 + (8 + 1) + 8 + 8 + 4 + 2;
  cs::RecordCache cache(3 * entry);
  Told told;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  store->on_flush(told.listener(), false);
  REQUIRE(store->put("a", "1", {1}, at(1)));
  REQUIRE(store->put("b", "2", {2}, at(2)));
  REQUIRE(store->put("c", "3", {3}, at(3)));
  CHECK(told.lines.empty());
  CHECK(state_test::told(store->get("a")) == "1@1");  // used again: now b is the eldest
  REQUIRE(store->put("d", "4", {4}, at(4)));
  CHECK(told.news() == Lines{"b 2@2 was null at 2 in/2", "a 1@1 was null at 1 in/1", "c 3@3 was null at 3 in/3",
                             "d 4@4 was null at 4 in/4"});
  CHECK(cache.bytes() == 3 * entry);
  // The rest stays to be read; an entry without an update goes silently.
  REQUIRE(store->put("e", "5", {5}, at(5)));
  CHECK(told.news().empty());
  CHECK(cache.bytes() == 3 * entry);
  for (const char* key : {"a", "b", "c", "d", "e"}) CHECK(state_test::told(store->get(key)) != "nothing");
  CHECK(cache.bytes() <= cache.max_bytes());
}

TEST_CASE("What a range shows counts as used") {
  constexpr std::size_t entry = 1 + 24 + 1 + (8 + 1) + 8 + 8 + 4 + 2;
  cs::RecordCache cache(3 * entry);
  Told told;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  auto store = opened<cs::KeyValueStore>(table(), environment);
  store->on_flush(told.listener(), false);
  for (const char* key : {"a", "b", "c"}) REQUIRE(store->put(key, "1", {1}, at(1)));
  REQUIRE(store->range("a", "a", cs::Direction::forward));  // now b is the eldest
  REQUIRE(store->put("d", "1", {1}, at(1)));
  CHECK(told.news().front() == "b 1@1 was null at 1 in/1");
}

TEST_CASE("Only the store that needs room gives way, and an entry larger than the cache passes through") {
  cs::RecordCache cache(200);
  Told first_told;
  Told second_told;
  cs::StoreEnvironment environment;
  environment.cache = &cache;
  auto first = opened<cs::KeyValueStore>(table(), environment);
  auto second = opened<cs::KeyValueStore>(table(), environment);
  first->on_flush(first_told.listener(), false);
  second->on_flush(second_told.listener(), false);
  REQUIRE(first->put("a", "1", {1}, at(1)));
  REQUIRE(second->put("b", std::string(500, 'x'), {2}, at(2)));
  CHECK(first_told.lines.empty());
  CHECK(second_told.lines.size() == 1);
  CHECK(cache.bytes() < 100);
}

TEST_CASE("A store reads the same with a cache of any size as without") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  for (std::size_t room : {0u, 300u, 3000u, 1000000u}) {
    CAPTURE(room);
    cs::RecordCache cache(room);
    RecordedChangelog log;
    cs::StoreEnvironment with;
    with.cache = &cache;
    with.changelog = &log;
    auto spec = table();
    spec.retention = std::chrono::hours(1);
    spec.window_size = std::chrono::milliseconds(10);
    auto table_with = opened<cs::KeyValueStore>(spec, with);
    auto table_without = opened<cs::KeyValueStore>(spec, {});
    spec.type = cs::StoreSpec::Type::timestamped_window;
    auto windows_with = opened<cs::WindowStore>(spec, with);
    auto windows_without = opened<cs::WindowStore>(spec, {});
    spec.type = cs::StoreSpec::Type::session;
    auto sessions_with = opened<cs::SessionStore>(spec, with);
    auto sessions_without = opened<cs::SessionStore>(spec, {});
    int told = 0;
    auto listener = [&](const cs::FlushedEntry&) -> cs::Result<void> {
      ++told;
      return {};
    };
    table_with->on_flush(listener, true);
    windows_with->on_flush(listener, true);
    sessions_with->on_flush(listener, true);
    for (int step = 0; step < 3000; ++step) {
      std::string key(1 + number(2), static_cast<char>('a' + number(3)));
      if (number(5) == 0) key += std::string("\0\0\0\0\0", number(6));
      auto value = number(4) ? cs::OptionalBytes(std::to_string(step)) : std::nullopt;
      cs::Timestamp start{number(200)};
      cs::Timestamp end{start.ms + number(50)};
      auto direction = number(2) ? cs::Direction::forward : cs::Direction::backward;
      auto context = at(step);
      switch (number(12)) {
        case 0:
        case 1:
          REQUIRE(table_with->put(key, value, {step}, context));
          REQUIRE(table_without->put(key, value, {step}, context));
          break;
        case 2:
          REQUIRE(windows_with->put(key, value, {step}, start, context));
          REQUIRE(windows_without->put(key, value, {step}, start, context));
          break;
        case 3:
          REQUIRE(sessions_with->put(key, start, end, value, context));
          REQUIRE(sessions_without->put(key, start, end, value, context));
          break;
        case 4:
          REQUIRE(state_test::told(table_with->get(key)) == state_test::told(table_without->get(key)));
          break;
        case 5:
          REQUIRE(listed(table_with->range("a", key, direction)) == listed(table_without->range("a", key, direction)));
          REQUIRE(listed(table_with->prefix(key)) == listed(table_without->prefix(key)));
          break;
        case 6:
          REQUIRE(state_test::told(windows_with->fetch(key, start)) ==
                  state_test::told(windows_without->fetch(key, start)));
          break;
        case 7:
          REQUIRE(listed(windows_with->fetch(key, start, end, direction)) ==
                  listed(windows_without->fetch(key, start, end, direction)));
          break;
        case 8:
          REQUIRE(listed(windows_with->fetch_all(start, end)) == listed(windows_without->fetch_all(start, end)));
          break;
        case 9:
          REQUIRE(listed(sessions_with->find(key, start, end)) == listed(sessions_without->find(key, start, end)));
          REQUIRE(state_test::told(sessions_with->fetch(key, start, end)) ==
                  state_test::told(sessions_without->fetch(key, start, end)));
          break;
        case 10:
          REQUIRE(listed(sessions_with->find_all(start, end)) == listed(sessions_without->find_all(start, end)));
          break;
        default:
          if (number(20) == 0) {
            REQUIRE(table_with->flush());
            REQUIRE(windows_with->flush());
            REQUIRE(sessions_with->flush());
          }
      }
      REQUIRE(cache.bytes() <= room);
    }
    CHECK(told > 0);
    CHECK(log.records.size() == static_cast<std::size_t>(told));
  }
}
