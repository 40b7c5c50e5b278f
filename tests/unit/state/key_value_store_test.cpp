// Key-value stores against std::map, and their changelogs.
#include "store_kit.h"

#include <map>
#include <random>

using namespace state_test;

namespace {

struct Kept {
  std::string value;
  std::int64_t time;
};

std::vector<std::string> expected(const std::map<std::string, Kept>& model, cs::OptionalBytesView from,
                                  cs::OptionalBytesView to, bool backward) {
  std::vector<std::string> lines;
  for (const auto& [key, kept] : model)
    if ((!from || key >= *from) && (!to || key <= *to))
      lines.push_back(to_hex(key) + " 0..0 " + kept.value + "@" + std::to_string(kept.time));
  if (backward) return {lines.rbegin(), lines.rend()};
  return lines;
}

}  // namespace

TEST_CASE("A key-value store does what std::map does, and its changelog rebuilds it") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  for (auto type : {cs::StoreSpec::Type::key_value, cs::StoreSpec::Type::timestamped_key_value}) {
    bool timestamped = type == cs::StoreSpec::Type::timestamped_key_value;
    RecordedChangelog log;
    cs::StoreSpec spec;
    spec.name = "s";
    spec.type = type;
    cs::StoreEnvironment environment;
    environment.changelog = &log;
    auto store = opened<cs::KeyValueStore>(spec, environment);
    std::map<std::string, Kept> model;
    auto key = [&] {  // also such that end in the greatest byte, or are a prefix of others
      std::string k;
      for (auto length = number(4); length > 0; --length) k.push_back("\x00\x01z\xff"[number(4)]);
      return k;
    };
    for (int step = 0; step < 4000; ++step) {
      auto k = key();
      auto context = at(1000 + step);
      std::int64_t time = number(5000);
      switch (number(6)) {
        case 0:
          REQUIRE(store->put(k, std::nullopt, {time}, context));
          model.erase(k);
          break;
        case 1:
        case 2: {
          auto value = std::to_string(step);
          REQUIRE(store->put(k, value, {time}, context));
          model[k] = {value, timestamped ? time : context.timestamp.ms};
          break;
        }
        case 3: {
          auto found = model.find(k);
          auto want = found == model.end() ? std::string("nothing")
                                           : found->second.value + "@" + std::to_string(found->second.time);
          REQUIRE(told(store->get(k)) == want);
          break;
        }
        case 4: {
          auto other = key();
          bool backward = number(2);
          auto from = number(3) ? cs::OptionalBytesView(k) : std::nullopt;
          auto to = number(3) ? cs::OptionalBytesView(other) : std::nullopt;
          auto direction = backward ? cs::Direction::backward : cs::Direction::forward;
          REQUIRE(listed(store->range(from, to, direction)) == expected(model, from, to, backward));
          break;
        }
        default: {
          std::map<std::string, Kept> inside;
          for (const auto& [name, kept] : model)
            if (name.compare(0, k.size(), k) == 0) inside[name] = kept;
          REQUIRE(listed(store->prefix(k)) == expected(inside, std::nullopt, std::nullopt, false));
        }
      }
    }
    auto again = opened<cs::KeyValueStore>(spec, {});
    log.replay(*again);
    CHECK(listed(again->range({}, {})) == expected(model, std::nullopt, std::nullopt, false));
  }
}

TEST_CASE("A table's changelog has plain values at the time of the value, and deletes at the time of the record") {
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  cs::StoreSpec spec;
  spec.name = "s";
  auto store = opened<cs::KeyValueStore>(spec, environment);
  REQUIRE(store->put("a", "+1", {50}, at(7)));
  REQUIRE(store->put("a", std::nullopt, {60}, at(8)));
  CHECK(log.news() == std::vector<std::string>{"61 2b31 50", "61 - 8"});
  CHECK(log.records[0].headers.empty());
}

TEST_CASE("Nothing is logged without a changelog topic of its own") {
  RecordedChangelog log;
  cs::StoreEnvironment environment;
  environment.changelog = &log;
  cs::StoreSpec spec;
  spec.name = "s";
  spec.logging = false;
  REQUIRE(opened<cs::KeyValueStore>(spec, environment)->put("a", "1", {50}, at(7)));
  spec.logging = true;
  spec.source_topic = "in";
  REQUIRE(opened<cs::KeyValueStore>(spec, environment)->put("a", "1", {50}, at(7)));
  CHECK(log.records.empty());
}
