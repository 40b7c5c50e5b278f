// The versioned store: what Kafka Streams' does, step by step, and a model of it with random operations.
#include <cryptostream/state/versioned_store.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "recorded_changelog.h"
#include "shared_map.h"

namespace cs = cryptostream;
using Lines = std::vector<std::string>;
using Outcome = cs::VersionedStore::Put::Outcome;

namespace {

struct Fixture {
  explicit Fixture(std::int64_t history, std::int64_t segment_interval = 0)
      : spec{.name = "v",
             .retention = std::chrono::milliseconds(history),
             .segment_interval = std::chrono::milliseconds(segment_interval)} {
    open();
  }

  void open() {
    store = cs::make_versioned_store(spec, {.changelog = &changelog, .dropped = [this] { ++dropped; }},
                                     std::make_unique<SharedMap>(*map))
                .value();
  }
  void lose_map() {
    map = cs::memory_map();
    open();
    changelog.replay(*store);
  }
  // "latest", "expired" or the end of an older one.
  std::string put(cs::BytesView key, cs::OptionalBytesView value, std::int64_t time) {
    auto put = store->put(key, value, {time}, {}).value();
    return put.outcome == Outcome::latest    ? "latest"
           : put.outcome == Outcome::expired ? "expired"
                                             : std::to_string(put.valid_to.ms);
  }
  // "value since until" or "-".
  static std::string text(const std::optional<cs::VersionedStore::Version>& version) {
    if (!version) return "-";
    return std::string(version->value) + " " + std::to_string(version->timestamp.ms) + " " +
           (version->valid_to ? std::to_string(version->valid_to->ms) : "-");
  }
  std::string get(cs::BytesView key) { return text(store->get(key).value()); }
  std::string get(cs::BytesView key, std::int64_t as_of) { return text(store->get(key, {as_of}).value()); }
  Lines versions(cs::BytesView key) { return lines(store->versions(key).value()); }
  Lines all() { return lines(store->all().value()); }

  cs::StoreSpec spec;
  RecordedChangelog changelog;
  int dropped = 0;
  std::unique_ptr<cs::ByteMap> map = cs::memory_map();
  std::unique_ptr<cs::VersionedStore> store;

 private:
  // "key value since until".
  static Lines lines(cs::Cursor cursor) {
    Lines found;
    while (const auto* entry = cursor->next().value())
      found.push_back(std::string(entry->key) + " " + std::string(entry->value) + " " +
                      std::to_string(entry->timestamp.ms) + " " +
                      (entry->end.ms == INT64_MAX ? "-" : std::to_string(entry->end.ms)));
    return found;
  }
};

// What is known of one key, without segments or rows: a value or its absence from each time on.
struct Model {
  std::map<std::int64_t, cs::OptionalBytes> from;
  // Until when the past is written down. A latest version that begins later and is deleted at its own time leaves no
  // trace, in Kafka Streams as here.
  std::int64_t recorded = -1;

  std::optional<std::int64_t> latest() const {
    return !from.empty() && from.rbegin()->second ? std::optional(from.rbegin()->first) : std::nullopt;
  }
  std::string put(const cs::OptionalBytes& value, std::int64_t time) {
    auto held = latest();
    if (held == time && !value) {
      if (recorded == time) {
        from[time].reset();
      } else {
        from.erase(time);
      }
      return "latest";
    }
    auto later = from.upper_bound(time);
    from[time] = value;
    if (later != from.end()) {
      if (later->first == held) recorded = *held;
      return std::to_string(later->first);
    }
    if (!value || (held && *held < time)) recorded = time;
    return "latest";
  }
  std::string get(std::int64_t as_of, std::int64_t history_begin) const {
    auto later = from.upper_bound(as_of);
    if (later == from.begin()) return "-";
    auto version = std::prev(later);
    if (!version->second || (later != from.end() && as_of < history_begin)) return "-";
    return *version->second + " " + std::to_string(version->first) + " " +
           (later == from.end() ? "-" : std::to_string(later->first));
  }
};

}  // namespace

TEST_CASE("A table's updates have the outcome, the changelog and the history that Kafka Streams gives them") {
  Fixture f(100);
  CHECK(f.put("a", "1", 10) == "latest");
  CHECK(f.put("a", "2", 50) == "latest");
  CHECK(f.put("a", "3", 30) == "50");
  CHECK(f.put("a", std::nullopt, 40) == "50");
  CHECK(f.versions("a") == Lines{"a 2 50 -", "a 3 30 40", "a 1 10 30"});
  CHECK(f.put("b", "1", 200) == "latest");
  CHECK(f.put("a", "4", 99) == "expired");
  CHECK(f.dropped == 1);
  CHECK(f.put("a", "5", 100) == "latest");
  CHECK(f.put("a", "6", 200) == "latest");
  CHECK(f.put("a", std::nullopt, 300) == "latest");
  CHECK(f.put("a", "7", 250) == "300");
  CHECK(f.put("a", "8", 199) == "expired");
  CHECK(f.dropped == 2);
  CHECK(f.versions("a") == Lines{"a 7 250 300", "a 6 200 250"});
  CHECK(f.versions("b") == Lines{"b 1 200 -"});
  CHECK(f.all() == Lines{"b 1 200 -"});
  CHECK(f.changelog.news() == Lines{"61 31 10", "61 32 50", "61 33 30", "61 - 40", "62 31 200", "61 34 99", "61 35 100",
                                    "61 36 200", "61 - 300", "61 37 250", "61 38 199"});
}

TEST_CASE("Tombstones are versions") {
  Fixture f(50);
  CHECK(f.put("a", "1", 10) == "latest");
  CHECK(f.put("a", std::nullopt, 20) == "latest");
  CHECK(f.get("a") == "-");
  CHECK(f.get("a", 19) == "1 10 20");
  CHECK(f.get("a", 20) == "-");
  CHECK(f.put("a", "2", 15) == "20");
  CHECK(f.put("a", "3", 60) == "latest");
  CHECK(f.put("a", "4", 9) == "expired");
  CHECK(f.put("a", "5", 10) == "15");
  CHECK(f.put("b", std::nullopt, 10) == "latest");
  CHECK(f.versions("a") == Lines{"a 3 60 -", "a 2 15 20", "a 5 10 15"});
  CHECK(f.versions("b").empty());
  CHECK(f.get("a", 9) == "-");
  CHECK(f.get("a", 10) == "5 10 15");
  CHECK(f.get("a", 59) == "-");
}

TEST_CASE("The latest version deleted at its own time leaves no trace unless another one ended there") {
  // The outcomes are those of Kafka Streams for the same updates.
  Fixture f(1000);
  f.put("a", "v", 10);
  CHECK(f.put("a", std::nullopt, 10) == "latest");
  CHECK(f.put("a", "x", 5) == "latest");
  CHECK(f.versions("a") == Lines{"a x 5 -"});
  f.put("b", "w", 10);
  CHECK(f.put("b", std::nullopt, 7) == "10");
  CHECK(f.put("b", std::nullopt, 10) == "latest");
  CHECK(f.put("b", "y", 8) == "10");
  CHECK(f.versions("b") == Lines{"b y 8 10"});
  CHECK(f.put("c", std::nullopt, 7) == "latest");
  f.put("c", "w", 10);
  CHECK(f.put("c", std::nullopt, 10) == "latest");
  CHECK(f.put("c", "y", 8) == "latest");
  CHECK(f.versions("c") == Lines{"c y 8 -"});
}

TEST_CASE("The history ends to the millisecond, the latest version never") {
  Fixture f(100, 10);
  f.put("a", "1", 10);
  f.put("a", "2", 20);
  f.put("b", "x", 120);
  CHECK(f.get("a", 19) == "-");  // a look-up at 20 - 1 lies behind 120 - 100
  CHECK(f.get("a", 20) == "2 20 -");
  CHECK(f.versions("a") == Lines{"a 2 20 -"});
  CHECK(f.put("a", "0", 19) == "expired");
  CHECK(f.put("a", "3", 20) == "latest");
  f.put("b", "y", 1'000'000);
  CHECK(f.get("a") == "3 20 -");
  CHECK(f.get("a", 20) == "3 20 -");
  CHECK(f.get("a", 19) == "-");
  CHECK(f.get("b", 999'999) == "x 120 1000000");
}

TEST_CASE("What has left the history leaves the map") {
  Fixture f(1000, 100);
  for (std::int64_t time = 0; time < 100'000; time += 10) f.put(std::to_string(time % 70), std::to_string(time), time);
  std::size_t rows = 0;
  auto cursor = f.map->scan(std::nullopt, std::nullopt).value();
  while (cursor->next().value()) ++rows;
  // Seven latest ones, and the older ones of at most one segment more than the history has.
  CHECK(rows >= 7 + 1000 / 10 - 7);
  CHECK(rows <= 7 + 1100 / 10);
}

TEST_CASE("Outcomes, look-ups and histories are those of a model, also after a restart") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<std::int64_t>(random() % below); };
  for (int round = 0; round < 40; ++round) {
    std::int64_t history = number(200);
    // From one segment a millisecond to one for all.
    Fixture f(history, std::vector<std::int64_t>{1, 7, 50, 100'000, 0}[static_cast<std::size_t>(number(5))]);
    std::map<std::string, Model> models;
    std::int64_t stream_time = -1;
    std::int64_t now = 0;
    auto any_key = [&] { return std::string(static_cast<std::size_t>(number(4)), 'a'); };  // prefixes of each other
    for (int step = 0; step < 1500; ++step) {
      auto key = any_key();
      now += number(4) == 0 ? number(30) : 0;
      auto time = std::max<std::int64_t>(0, number(3) ? now : now - number(250));
      auto value = number(3) ? cs::OptionalBytes(std::to_string(step)) : cs::OptionalBytes();
      auto expired = time < stream_time - history;
      if (!expired) stream_time = std::max(stream_time, time);
      REQUIRE(f.put(key, value, time) == (expired ? "expired" : models[key].put(value, time)));

      key = any_key();
      const auto& model = models[key];
      auto as_of = std::max<std::int64_t>(0, now - number(300) + 20);
      REQUIRE(f.get(key, as_of) == model.get(as_of, stream_time - history));
      REQUIRE(f.get(key) == model.get(INT64_MAX, 0));
      if (number(10) == 0) {
        Lines want;
        for (auto at = model.from.rbegin(); at != model.from.rend(); ++at) {
          bool is_latest = at == model.from.rbegin();
          if (!is_latest && std::prev(at)->first <= stream_time - history) break;
          if (at->second)
            want.push_back(key + " " + *at->second + " " + std::to_string(at->first) + " " +
                           (is_latest ? "-" : std::to_string(std::prev(at)->first)));
        }
        REQUIRE(f.versions(key) == want);
      }
      if (number(150) == 0) {
        must(f.store->commit(step));
        number(2) ? f.open() : f.lose_map();
      }
    }
    Lines want;
    for (const auto& [key, model] : models)
      if (auto latest = model.latest())
        want.push_back(key + " " + *model.from.at(*latest) + " " + std::to_string(*latest) + " -");
    CHECK(f.all() == want);
  }
}
