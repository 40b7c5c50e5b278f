// Session stores against a naive model with the rules of both backends.
#include "store_kit.h"

#include <algorithm>
#include <random>
#include <tuple>

using namespace state_test;

namespace {

struct Model {
  struct Kept {
    std::string key;
    std::int64_t start;
    std::int64_t end;
    std::string value;
    std::int64_t time;
  };
  std::int64_t retention;
  std::int64_t interval;
  bool segments;
  std::int64_t stream_time = -1;
  std::vector<Kept> kept{};

  bool put(const std::string& key, std::int64_t start, std::int64_t end, cs::OptionalBytesView value,
           std::int64_t time) {
    auto erase = [&] {
      std::erase_if(kept, [&](const Kept& k) { return k.key == key && k.start == start && k.end == end; });
    };
    stream_time = std::max(stream_time, end);
    std::erase_if(kept, [&](const Kept& k) {
      return segments ? k.end / interval < (stream_time - retention) / interval : k.end <= stream_time - retention;
    });
    if (segments ? end / interval < (stream_time - retention) / interval : end <= stream_time - retention) return false;
    erase();
    if (value) kept.push_back({key, start, end, std::string(*value), time});
    return true;
  }

  template <class Wanted>
  std::vector<std::string> list(bool start_first, Wanted&& wanted) const {
    std::vector<Kept> found;
    std::copy_if(kept.begin(), kept.end(), std::back_inserter(found), wanted);
    std::sort(found.begin(), found.end(), [&](const Kept& a, const Kept& b) {
      return start_first ? std::tie(a.end, a.start, a.key) < std::tie(b.end, b.start, b.key)
                         : std::tie(a.end, a.key, a.start) < std::tie(b.end, b.key, b.start);
    });
    std::vector<std::string> lines;
    for (const auto& k : found)
      lines.push_back(to_hex(k.key) + " " + std::to_string(k.start) + ".." + std::to_string(k.end) + " " + k.value +
                      "@" + std::to_string(k.time));
    return lines;
  }
};

cs::StoreSpec sessions(std::int64_t retention, cs::StoreBackend backend) {
  cs::StoreSpec spec;
  spec.name = "s";
  spec.type = cs::StoreSpec::Type::session;
  spec.backend = backend;
  spec.retention = std::chrono::milliseconds(retention);
  spec.segment_interval = std::chrono::milliseconds(1000);
  return spec;
}

}  // namespace

TEST_CASE("Session stores keep, refuse and show what the rules of their backend say") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  for (auto backend : {cs::StoreBackend::memory, cs::StoreBackend::rocksdb}) {
    for (bool time_first : {false, true}) {
      for (std::int64_t retention : {1, 700, 5000}) {
        bool segments = backend == cs::StoreBackend::rocksdb;
        auto spec = sessions(retention, backend);
        spec.time_first = time_first;
        int drops = 0;
        int expected_drops = 0;
        RecordedChangelog log;
        cs::StoreEnvironment environment;
        environment.changelog = &log;
        environment.dropped = [&] { ++drops; };
        auto store = opened<cs::SessionStore>(spec, environment);
        Model model{retention, 1000, segments};
        std::int64_t now = 0;
        for (int step = 0; step < 3000; ++step) {
          now += number(200) == 0 ? number(9000) : number(30);
          auto end = std::max<std::int64_t>(
              0, now - (number(3) ? number(300) : retention + (number(2) ? number(5) : number(2500)) - 2));
          auto start = std::max<std::int64_t>(0, end - number(50));
          std::string key(1 + number(2), static_cast<char>('a' + number(3)));
          auto visible = model.stream_time - retention + 1;
          switch (number(5)) {
            case 0:
            case 1: {
              auto value = number(6) ? cs::OptionalBytes(std::to_string(step)) : std::nullopt;
              if (!value && !model.kept.empty()) {
                const auto& some = model.kept[number(static_cast<unsigned>(model.kept.size()))];
                key = some.key;
                start = some.start;
                end = some.end;
              }
              auto want = model.put(key, start, end, value, step);
              auto kept = store->put(key, {start}, {end}, value, at(step));
              REQUIRE(kept);
              REQUIRE(*kept == want);
              expected_drops += !want;
              REQUIRE(drops == expected_drops);
              break;
            }
            case 2: {
              auto want = model.list(false, [&](const Model::Kept& k) {
                return k.key == key && k.start == start && k.end == end && k.end >= visible;
              });
              auto text = told(store->fetch(key, {start}, {end}));
              REQUIRE((want.empty() ? text == "nothing" : want.front().ends_with(" " + text)));
              break;
            }
            case 3:
              REQUIRE(listed(store->find(key, {start - 100}, {end + 100})) ==
                      model.list(false, [&](const Model::Kept& k) {
                        return k.key == key && k.end >= std::max(start - 100, visible) && k.start <= end + 100;
                      }));
              break;
            default:
              REQUIRE(listed(store->find_all({start}, {end + 500})) == model.list(segments, [&](const Model::Kept& k) {
                return k.end >= (segments ? start : std::max(start, visible)) && k.end <= end + 500;
              }));
          }
        }
        CHECK(expected_drops > 0);
        auto again = opened<cs::SessionStore>(spec, {});
        log.replay(*again);
        CHECK(listed(again->find_all({0}, {now * 2})) == listed(store->find_all({0}, {now * 2})));
      }
    }
  }
}

TEST_CASE("A session expires to the millisecond, and is logged all the same; so does a null") {
  RecordedChangelog log;
  int drops = 0;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  environment.dropped = [&] { ++drops; };
  auto store = opened<cs::SessionStore>(sessions(30, cs::StoreBackend::memory), environment);
  CHECK(*store->put("a", {90}, {100}, "x", at(1)));
  CHECK(*store->put("a", {60}, {71}, "y", at(2)));
  CHECK_FALSE(*store->put("a", {60}, {70}, "z", at(3)));
  CHECK_FALSE(*store->put("a", {60}, {70}, std::nullopt, at(3)));
  CHECK(drops == 2);
  CHECK(told(store->fetch("a", {60}, {71})) == "y@2");
  CHECK(*store->put("b", {90}, {101}, std::nullopt, at(4)));  // moves stream time
  CHECK(told(store->fetch("a", {60}, {71})) == "nothing");
  CHECK(log.records.size() == 5);
}

TEST_CASE("The changelog of a session store is Kafka Streams' to the byte") {
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  auto store = opened<cs::SessionStore>(sessions(1000, cs::StoreBackend::memory), environment);
  REQUIRE(store->put("a", {10}, {10}, "+1", at(10)));
  REQUIRE(store->put("b", {19}, {19}, "+2", at(19)));
  REQUIRE(store->put("b", {19}, {19}, std::nullopt, at(20)));
  REQUIRE(store->put("b", {19}, {20}, "[|+2]+3", at(20)));
  CHECK(log.news() == std::vector<std::string>{"61000000000000000a000000000000000a 2b31 10",
                                               "6200000000000000130000000000000013 2b32 19",
                                               "6200000000000000130000000000000013 - 20",
                                               "6200000000000000140000000000000013 5b7c2b325d2b33 20"});
}
