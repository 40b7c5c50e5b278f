// Window stores against a naive model with the rules of both backends.
#include "store_kit.h"

#include <algorithm>
#include <random>
#include <tuple>

using namespace state_test;

namespace {

// A list of everything ever kept, searched from end to end.
struct Model {
  struct Kept {
    std::string key;
    std::int64_t start;
    int order;
    std::string value;
    std::int64_t time;
  };
  std::int64_t retention;
  std::int64_t interval;
  bool segments;
  bool duplicates;
  bool time_first;
  std::int64_t stream_time = -1;
  int order = 0;
  std::vector<Kept> kept{};

  std::int64_t oldest_visible() const { return stream_time - retention + (segments && time_first ? 0 : 1); }
  std::int64_t oldest_segment() const { return (stream_time - retention) / interval; }  // cut towards zero, as in Java

  bool put(const std::string& key, cs::OptionalBytesView value, std::int64_t start, std::int64_t time) {
    if (segments && duplicates && !value) return true;
    stream_time = std::max(stream_time, start);
    if (segments ? start / interval < oldest_segment() : start <= stream_time - retention) return false;
    if (!duplicates) std::erase_if(kept, [&](const Kept& k) { return k.key == key && k.start == start; });
    if (value) kept.push_back({key, start, ++order, std::string(*value), time});
    return true;
  }

  std::vector<std::string> find(cs::OptionalBytesView key, std::int64_t from, std::int64_t to, std::int64_t size,
                                bool backward) const {
    std::vector<Kept> found;
    for (const auto& k : kept)
      if ((!key || k.key == *key) && k.start >= std::max(from, oldest_visible()) && k.start <= to) found.push_back(k);
    std::sort(found.begin(), found.end(), [](const Kept& a, const Kept& b) {
      return std::tie(a.start, a.key, a.order) < std::tie(b.start, b.key, b.order);
    });
    if (backward) std::reverse(found.begin(), found.end());
    std::vector<std::string> lines;
    for (const auto& k : found)
      lines.push_back(to_hex(k.key) + " " + std::to_string(k.start) + ".." + std::to_string(k.start + size) + " " +
                      k.value + "@" + std::to_string(k.time));
    return lines;
  }
};

void compare(const cs::StoreSpec& spec, std::mt19937& random) {
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  int drops = 0;
  int expected_drops = 0;
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  environment.dropped = [&] { ++drops; };
  auto store = opened<cs::WindowStore>(spec, environment);
  Model model{spec.retention.count(), spec.segment_interval.count(), spec.backend == cs::StoreBackend::rocksdb,
              spec.retain_duplicates, spec.time_first};
  auto size = spec.window_size.count();
  std::int64_t now = 0;
  std::size_t puts = 0;
  for (int step = 0; step < 3000; ++step) {
    now += number(200) == 0 ? number(9000) : number(30);
    // Around now, and around the edges of retention and segments.
    auto start = now - (number(3) ? number(300) : spec.retention.count() + (number(2) ? number(5) : number(2500)) - 2);
    if (number(10) == 0) start = start / spec.segment_interval.count() * spec.segment_interval.count();
    start = std::max<std::int64_t>(start, 0);
    std::string key(1 + number(2), static_cast<char>('a' + number(3)));
    if (number(5) == 0) key += std::string("\0\0\0\0\0\0", number(6));
    auto from = std::max<std::int64_t>(0, start - number(4000));
    auto to = start + number(4000);
    switch (number(5)) {
      case 0:
      case 1: {
        auto value = number(6) ? cs::OptionalBytes(std::to_string(step)) : std::nullopt;
        auto kept = store->put(key, value, {step}, {start}, at(step));
        REQUIRE(kept);
        auto want = model.put(key, value, start, step);
        REQUIRE(*kept == want);
        ++puts;
        expected_drops += !want;
        REQUIRE(drops == expected_drops);
        break;
      }
      case 2: {
        auto want = model.find(key, start, start, size, false);
        auto text = told(store->fetch(key, {start}));
        REQUIRE((want.empty() ? text == "nothing" : want.front().ends_with(" " + text)));
        break;
      }
      case 3: {
        bool backward = number(2);
        auto direction = backward ? cs::Direction::backward : cs::Direction::forward;
        REQUIRE(listed(store->fetch(key, {from}, {to}, direction)) == model.find(key, from, to, size, backward));
        break;
      }
      default:
        REQUIRE(listed(store->fetch_all({from}, {to})) == model.find(std::nullopt, from, to, size, false));
    }
  }
  CHECK(log.records.size() == puts);
  CHECK(expected_drops > 0);
  bool holds_nothing = model.retention == 0 && !model.segments;
  CHECK((expected_drops == static_cast<int>(puts)) == holds_nothing);

  auto again = opened<cs::WindowStore>(spec, {});
  log.replay(*again);
  CHECK(listed(again->fetch_all({0}, {now * 2})) == listed(store->fetch_all({0}, {now * 2})));
}

cs::StoreSpec windows(cs::StoreSpec::Type type, std::int64_t retention) {
  cs::StoreSpec spec;
  spec.name = "w";
  spec.type = type;
  spec.retention = std::chrono::milliseconds(retention);
  spec.window_size = std::chrono::milliseconds(10);
  spec.segment_interval = std::chrono::milliseconds(1000);
  return spec;
}

}  // namespace

TEST_CASE("Window stores keep, refuse and show what the rules of their backend say") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  for (auto backend : {cs::StoreBackend::memory, cs::StoreBackend::rocksdb}) {
    for (bool duplicates : {false, true}) {
      for (bool time_first : {false, true}) {
        for (std::int64_t retention : {0, 1, 700, 5000}) {
          auto spec = windows(cs::StoreSpec::Type::timestamped_window, retention);
          spec.backend = backend;
          spec.retain_duplicates = duplicates;
          spec.time_first = time_first;
          CAPTURE(static_cast<int>(backend));
          CAPTURE(duplicates);
          CAPTURE(time_first);
          CAPTURE(retention);
          compare(spec, random);
        }
      }
    }
  }
}

TEST_CASE("A window in memory expires to the millisecond, and is logged all the same") {
  RecordedChangelog log;
  int drops = 0;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  environment.dropped = [&] { ++drops; };
  auto store = opened<cs::WindowStore>(windows(cs::StoreSpec::Type::timestamped_window, 30), environment);
  CHECK(*store->put("a", "x", {1}, {100}, at(1)));
  CHECK(*store->put("a", "y", {2}, {71}, at(2)));
  CHECK_FALSE(*store->put("a", "z", {3}, {70}, at(3)));
  CHECK(drops == 1);
  CHECK(told(store->fetch("a", {71})) == "y@2");
  CHECK(*store->put("a", "w", {4}, {101}, at(4)));
  CHECK(told(store->fetch("a", {71})) == "nothing");
  CHECK(log.records.size() == 4);
}

TEST_CASE("With RocksDB's rules a window is accepted as long as its segment lives, and seen until its retention") {
  auto spec = windows(cs::StoreSpec::Type::timestamped_window, 1500);
  spec.backend = cs::StoreBackend::rocksdb;
  int drops = 0;
  cs::StoreEnvironment environment;
  environment.dropped = [&] { ++drops; };
  auto store = opened<cs::WindowStore>(spec, environment);
  CHECK(*store->put("a", "x", {1}, {4000}, at(1)));
  CHECK(*store->put("a", "y", {2}, {2000}, at(2)));  // segment 2 is that of 4000 - 1500
  CHECK(told(store->fetch("a", {2000})) == "nothing");
  CHECK_FALSE(*store->put("a", "z", {3}, {1999}, at(3)));
  CHECK(*store->put("a", "v", {4}, {2501}, at(4)));
  CHECK(*store->put("a", "u", {5}, {2500}, at(5)));
  CHECK(told(store->fetch("a", {2501})) == "v@4");
  CHECK(told(store->fetch("a", {2500})) == "nothing");
  CHECK(drops == 1);

  spec.time_first = true;
  auto closing = opened<cs::WindowStore>(spec, {});
  CHECK(*closing->put("a", "x", {1}, {4000}, at(1)));
  CHECK(*closing->put("a", "u", {2}, {2500}, at(2)));
  CHECK(*closing->put("a", "t", {3}, {2499}, at(3)));
  CHECK(told(closing->fetch("a", {2500})) == "u@2");
  CHECK(told(closing->fetch("a", {2499})) == "nothing");
}

TEST_CASE("The changelog of a join's window store is Kafka Streams' to the byte") {
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  auto spec = windows(cs::StoreSpec::Type::window, 30);
  spec.retain_duplicates = true;
  auto store = opened<cs::WindowStore>(spec, environment);
  for (auto [key, value, time] : {std::tuple{"a", "1", 50}, {"b", "2", 45}, {"c", "3", 44}, {"d", "4", 10}})
    REQUIRE(store->put(key, value, {time}, {time}, at(time)));
  REQUIRE(store->put("e", std::nullopt, {11}, {11}, at(11)));
  REQUIRE(store->put("f", "5", {46}, {46}, at(46)));
  CHECK(log.news() == std::vector<std::string>{"61000000000000003200000001 31 50", "62000000000000002d00000002 32 45",
                                               "63000000000000002c00000003 33 44", "64000000000000000a00000004 34 10",
                                               "65000000000000000b00000005 - 11", "66000000000000002e00000006 35 46"});
}

TEST_CASE("A windowed aggregate's changelog carries the value's time, a delete the record's") {
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  auto store = opened<cs::WindowStore>(windows(cs::StoreSpec::Type::timestamped_window, 30), environment);
  REQUIRE(store->put("a", std::string("\0\0\0\0\0\0\0\1", 8), {5}, {0}, at(9)));
  REQUIRE(store->put("a", std::nullopt, {5}, {0}, at(9)));
  CHECK(log.news() ==
        std::vector<std::string>{"61000000000000000000000000 0000000000000001 5", "61000000000000000000000000 - 9"});
}

TEST_CASE("Sequence numbers go on behind what was restored") {
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  auto spec = windows(cs::StoreSpec::Type::window, 30);
  spec.retain_duplicates = true;
  auto store = opened<cs::WindowStore>(spec, environment);
  REQUIRE(store->restore(std::string("a\0\0\0\0\0\0\0\x32\0\0\0\7", 13), "1", {50}, {}));
  REQUIRE(store->put("a", "2", {50}, {50}, at(50)));
  CHECK(log.news() == std::vector<std::string>{"61000000000000003200000008 32 50"});
  CHECK(listed(store->fetch("a", {50}, {50})).size() == 2);
  CHECK_FALSE(store->restore("short", "1", {50}, {}));
}
