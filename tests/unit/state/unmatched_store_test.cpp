// What outer joins have not matched: bytes against Kafka Streams', order and contents against a model.
#include <cryptostream/state/unmatched_store.h>
#include <cryptostream/state/unmatched_values.h>

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "recorded_changelog.h"

namespace cs = cryptostream;
using Lines = std::vector<std::string>;
using Side = cs::UnmatchedStore::Side;

namespace {

cs::RecordContext at(std::int64_t time) { return {{time}, {}, "in", 0, 0}; }

Lines values_of(cs::BytesView packed) {
  Lines values;
  must(cs::decode_values(packed, [&](cs::BytesView value) -> cs::Result<void> {
    values.emplace_back(value);
    return {};
  }));
  return values;
}

struct Fixture {
  RecordedChangelog changelog;
  std::unique_ptr<cs::UnmatchedStore> store =
      cs::make_unmatched_store({.name = "shared"}, {.changelog = &changelog}, cs::memory_map());

  // "time side key value value…" of each entry.
  Lines contents() {
    Lines lines;
    must(store->visit([&](const cs::UnmatchedStore::Unmatched& entry) -> cs::Result<bool> {
      auto line = std::to_string(entry.time.ms) + (entry.side == Side::left ? " left " : " right ") + to_hex(entry.key);
      for (const auto& value : values_of(entry.values)) line += " " + value;
      lines.push_back(std::move(line));
      return true;
    }));
    return lines;
  }
};

}  // namespace

TEST_CASE("The changelog has the bytes that Kafka Streams writes") {
  Fixture f;
  cs::Headers headers;
  headers.add("h", "1");
  auto context = at(10);
  context.headers = headers;
  must(f.store->add({10}, Side::left, "a", "1", context));
  must(f.store->add({10}, Side::left, "a", "2", at(10)));
  must(f.store->add({10}, Side::right, "b", "B", at(10)));
  must(f.store->remove({10}, Side::right, "b", at(40)));
  must(f.store->remove({10}, Side::left, "a", at(40)));
  must(f.store->remove({10}, Side::left, "a", at(41)));  // no longer there: nothing is logged
  CHECK(f.changelog.news() == Lines{
                                  "000000000000000a0161 0100000001000000020131 10",
                                  "000000000000000a0161 0100000002000000020131000000020132 10",
                                  "000000000000000a0062 0100000001000000020042 10",
                                  "000000000000000a0062 - 40",
                                  "000000000000000a0161 - 40",
                              });
  CHECK(f.contents().empty());
}

TEST_CASE("Entries come by time, the right side first, then by key, whatever a model says") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  for (int round = 0; round < 30; ++round) {
    Fixture f;
    std::map<std::tuple<std::int64_t, bool, std::string>, Lines> model;
    for (int step = 0; step < 300; ++step) {
      auto side = number(2) ? Side::left : Side::right;
      std::int64_t time = number(8) * 100;
      std::string key(number(3), static_cast<char>(number(256)));
      auto place = std::tuple(time, side == Side::left, key);
      if (number(3)) {
        auto value = std::string(number(4), 'v') + std::to_string(step);
        must(f.store->add({time}, side, key, value, at(time)));
        model[place].push_back(value);
      } else {
        must(f.store->remove({time}, side, key, at(time)));
        model.erase(place);
      }
    }
    Lines want;
    for (const auto& [place, values] : model) {
      auto line =
          std::to_string(std::get<0>(place)) + (std::get<1>(place) ? " left " : " right ") + to_hex(std::get<2>(place));
      for (const auto& value : values) line += " " + value;
      want.push_back(line);
    }
    CHECK(f.contents() == want);
    Fixture restored;
    f.changelog.replay(*restored.store);
    CHECK(restored.contents() == want);
    CHECK(restored.changelog.records.empty());
  }
}

TEST_CASE("Entries may be removed while they are visited, and a visit may stop") {
  Fixture f;
  for (int i = 0; i < 10; ++i) must(f.store->add({i}, Side::left, "k" + std::to_string(i), "v", at(i)));
  int seen = 0;
  must(f.store->visit([&](const cs::UnmatchedStore::Unmatched& entry) -> cs::Result<bool> {
    must(f.store->remove(entry.time, entry.side, entry.key, at(100)));
    // Still readable after its removal.
    CHECK(entry.key == "k" + std::to_string(seen));
    CHECK(values_of(entry.values) == Lines{"v"});
    return ++seen < 6;
  }));
  CHECK(seen == 6);
  CHECK(f.contents().size() == 4);
  auto failed = f.store->visit([](const cs::UnmatchedStore::Unmatched&) -> cs::Result<bool> {
    return cs::fail(cs::ErrorKind::bad_record, "no");
  });
  CHECK(failed.error().kind() == cs::ErrorKind::bad_record);
}

TEST_CASE("A damaged list is an error and not read beyond its end") {
  std::string packed;
  cs::append_value(packed, Side::left, "one");
  cs::append_value(packed, Side::left, "");
  CHECK(values_of(packed) == Lines{"one", ""});
  auto whole_ones_only = [](cs::BytesView value) -> cs::Result<void> {
    CHECK((value == "one" || value.empty()));
    return {};
  };
  for (std::size_t size = 0; size < packed.size(); ++size)
    CHECK_FALSE(cs::decode_values(cs::BytesView(packed).substr(0, size), whole_ones_only));
  CHECK_FALSE(cs::decode_values(packed + "x", whole_ones_only));
  Fixture f;
  CHECK_FALSE(f.store->restore("short", packed, {}, {}));
  CHECK_FALSE(f.store->restore("12345678\x01", "x", {}, {}));
  CHECK(f.contents().empty());
}
