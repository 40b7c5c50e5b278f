// The buffer of suppress: its changelog against Kafka Streams' bytes, its order and its weights against a model.
#include <cryptostream/state/suppression_buffer.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "recorded_changelog.h"

namespace cs = cryptostream;
using Lines = std::vector<std::string>;

namespace {

struct Fixture {
  RecordedChangelog changelog;
  std::unique_ptr<cs::SuppressionBuffer> buffer =
      cs::make_suppression_buffer({.name = "buffer"}, {.changelog = &changelog});
  std::int64_t offset = 0;

  void put(std::int64_t time, cs::BytesView key, cs::OptionalBytesView now, cs::OptionalBytesView before,
           cs::HeadersView headers = {}) {
    cs::RecordContext context{{time}, headers, "in", 0, offset++};
    must(buffer->put({time}, key, now, before, context));
  }
  // Takes out while the entries in front are not later than `time`, and logs.
  Lines evict(std::int64_t time) {
    return evict_while([&] { return buffer->front_time().ms <= time; });
  }
  Lines evict_while(const std::function<bool()>& more) {
    Lines taken;
    must(buffer->evict_while(more, [&](const cs::SuppressionBuffer::Buffered& entry) -> cs::Result<void> {
      taken.push_back(std::string(entry.key) + " " + std::string(entry.now.value_or("-")) + " " +
                      std::string(entry.before.value_or("-")) + " " + std::to_string(entry.context.timestamp.ms));
      return {};
    }));
    return taken;
  }
  Lines logged() {
    must(buffer->flush());
    return changelog.news();
  }
};

}  // namespace

TEST_CASE("The changelog has the bytes that Kafka Streams writes, once for each changed key and flush") {
  Fixture f;
  f.put(0, "a", "1", std::nullopt);
  CHECK(f.logged() == Lines{"61 0000000000000000000000000000000000000002696e0000000000000000ffffffffffffffff00000001310"
                            "000000000000000 - v=03"});
  f.put(5, "a", "2", "1");
  CHECK(f.logged() == Lines{"61 0000000000000005000000000000000100000002696e0000000000000000ffffffff000000013100000001"
                            "320000000000000000 - v=03"});
  f.put(10, "b", "3", std::nullopt);
  CHECK(f.evict(0) == Lines{"a 2 1 5"});
  CHECK(f.logged() == Lines{"61 - -",
                            "62 000000000000000a000000000000000200000002696e0000000000000000ffffffffffffffff00000001330"
                            "00000000000000a - v=03"});
  f.put(12, "a", "4", "2");
  CHECK(f.logged() == Lines{"61 000000000000000c000000000000000300000002696e00000000000000000000000132fffffffe000000013"
                            "4000000000000000c - v=03"});
  f.put(15, "a", "5", "4");
  CHECK(f.logged() ==
        Lines{"61 000000000000000f000000000000000400000002696e00000000000000000000000132000000013400000001"
              "35000000000000000c - v=03"});
  CHECK(f.evict(9).empty());
  CHECK(f.evict(10) == Lines{"b 3 - 10"});
  CHECK(f.evict(12) == Lines{"a 5 4 15"});
  CHECK(f.logged() == Lines{"61 - -", "62 - -"});
  f.offset = 6;
  f.put(31, "a", std::nullopt, "5");
  CHECK(f.logged() == Lines{"61 000000000000001f000000000000000600000002696e00000000000000000000000135fffffffeffffffff0"
                            "00000000000001f - v=03"});
  CHECK(f.logged().empty());
}

TEST_CASE("Headers are in the changelog, and weigh as many bytes as Java has characters") {
  Fixture f;
  cs::Headers headers;
  headers.add("h", "1").add("", "22").add("h", "");
  f.put(1, "a", "1", std::nullopt, headers);
  CHECK(f.logged() ==
        Lines{"61 0000000000000001000000000000000000000002696e00000000000000030000000168000000013100000000"
              "000000023232000000016800000000ffffffffffffffff00000001310000000000000001 - v=03"});
  CHECK(f.buffer->bytes() == 32 + 2 + 2 + 1);
  f.evict(1);
  CHECK(f.buffer->bytes() == 0);
  headers.clear();
  headers.add("\xf0\x9d\x84\x9e", "x");  // one character beyond the basic plane: two of Java's
  f.put(1, "a", "1", std::nullopt, headers);
  CHECK(f.buffer->bytes() == 32 + 3);
  f.evict(1);
  headers.clear();
  headers.add("\xe2\x82\xac", std::nullopt);
  f.put(1, "a", "1", std::nullopt, headers);
  CHECK(f.buffer->bytes() == 32 + 1);
}

TEST_CASE("A bound in bytes lets out what Kafka Streams lets out") {
  struct Step {
    const char* key;
    const char* now;
    cs::OptionalBytesView before;
    Lines out;
  };
  // Kafka Streams' output for the same records with bounds of 200 and 100 bytes.
  const std::vector<Step> within_200{{"a", "1", {}, {}},
                                     {"b", "22", {}, {}},
                                     {"c", "333", {}, {}},
                                     {"d", "4444", {}, {}},
                                     {"a", "1", "1", {}},
                                     {"e", "55555", {}, {}},
                                     {"f", "666666", {}, {"a 1 1 5"}},
                                     {"g", "7777777", {}, {"b 22 - 2"}}};
  const std::vector<Step> within_100{{"a", "1", {}, {}},
                                     {"b", "22", {}, {}},
                                     {"c", "333", {}, {}},
                                     {"d", "4444", {}, {"a 1 - 1", "b 22 - 2"}},
                                     {"a", "1", "1", {"c 333 - 3"}},
                                     {"e", "55555", {}, {"d 4444 - 4"}}};
  for (const auto* steps : {&within_200, &within_100}) {
    Fixture f;
    std::uint64_t bound = steps == &within_200 ? 200 : 100;
    std::int64_t time = 0;
    for (const auto& step : *steps) {
      f.put(++time, step.key, step.now, step.before);
      CHECK(f.evict_while([&] { return f.buffer->bytes() > bound; }) == step.out);
    }
  }
}

TEST_CASE("While an entry is taken it is still there, and an error does not bring it back") {
  Fixture f;
  f.put(1, "a", "1", "0");
  f.put(2, "b", "1", std::nullopt);
  CHECK_FALSE(f.buffer->prior_value("x"));
  CHECK(f.buffer->prior_value("b") == std::optional<cs::OptionalBytesView>(std::in_place));
  auto ended =
      f.buffer->evict_while([] { return true; },
                            [&](const cs::SuppressionBuffer::Buffered& entry) -> cs::Result<void> {
                              CHECK(f.buffer->prior_value(entry.key) == std::optional<cs::OptionalBytesView>("0"));
                              return cs::fail(cs::ErrorKind::bad_record, "no");
                            });
  CHECK(ended.error().kind() == cs::ErrorKind::bad_record);
  CHECK_FALSE(f.buffer->prior_value("a"));
  CHECK(f.buffer->records() == 1);
  CHECK(f.buffer->front_time().ms == 2);
  CHECK(f.evict(2) == Lines{"b 1 - 2"});
  CHECK(f.buffer->front_time().ms == INT64_MAX);
}

TEST_CASE("Between two flushes only the last state of a key is logged") {
  Fixture f;
  auto keys = [&] {
    Lines found;
    for (const auto& line : f.logged()) found.push_back(line.substr(0, 4));
    std::sort(found.begin(), found.end());
    return found;
  };
  f.put(1, "a", "1", std::nullopt);
  f.put(1, "b", "1", std::nullopt);
  f.put(1, "b", "2", std::nullopt);
  f.put(2, "c", "1", std::nullopt);
  f.evict(1);
  f.put(3, "b", "3", std::nullopt);
  CHECK(keys() == Lines{"61 -", "62 0", "63 0"});
  f.put(3, "b", "4", std::nullopt);
  f.evict(2);
  f.put(4, "c", "2", std::nullopt);
  f.evict(4);
  f.put(5, "d", "1", std::nullopt);
  CHECK(keys() == Lines{"62 -", "63 -", "64 0"});
  CHECK(keys().empty());
  f.put(5, "d", "2", std::nullopt);
  CHECK(keys() == Lines{"64 0"});
}

TEST_CASE("Order, places, prior values and weights are those of a list that is sorted each time") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  auto text = [&] {
    return number(4) == 0 ? cs::OptionalBytes() : cs::OptionalBytes(std::string(number(5), "ab"[number(2)]));
  };
  struct Change {
    std::int64_t time;
    std::string key;
    cs::OptionalBytes prior, before, now;
    std::int64_t record_time;
  };
  for (int round = 0; round < 20; ++round) {
    Fixture f;
    std::vector<Change> model;
    std::int64_t now = 0;
    for (int step = 0; step < 500; ++step) {
      auto key = std::string(1, static_cast<char>(number(256))) + (number(3) ? "" : "x");
      auto time = std::max<std::int64_t>(0, now + number(20) - 10);
      now = std::max(now, time);
      auto next = text();
      auto before = text();
      f.put(time, key, next, before);
      auto found = std::find_if(model.begin(), model.end(), [&](const Change& change) { return change.key == key; });
      if (found == model.end()) {
        model.push_back({time, key, before, before, next, time});
      } else {
        *found = {found->time, key, found->prior, before, next, time};
      }
      std::sort(model.begin(), model.end(), [](const Change& a, const Change& b) {
        // By the unsigned bytes of the key.
        return a.time != b.time ? a.time < b.time : a.key < b.key;
      });
      if (number(10) == 0) {
        auto until = now - number(15);
        Lines want;
        while (!model.empty() && model.front().time <= until) {
          const auto& front = model.front();
          want.push_back(front.key + " " + front.now.value_or("-") + " " + front.before.value_or("-") + " " +
                         std::to_string(front.record_time));
          model.erase(model.begin());
        }
        REQUIRE(f.evict(until) == want);
      }
      std::uint64_t weight = 0;
      for (const auto& change : model) {
        weight += 8 + change.key.size() + change.prior.value_or("").size() + change.now.value_or("").size() + 20 + 2;
        if (change.before != change.prior) weight += change.before.value_or("").size();
        auto prior = f.buffer->prior_value(change.key);
        REQUIRE(prior.has_value());
        REQUIRE(cs::OptionalBytes(*prior) == change.prior);
      }
      REQUIRE(f.buffer->bytes() == weight);
      REQUIRE(f.buffer->records() == model.size());
      REQUIRE(f.buffer->front_time().ms == (model.empty() ? INT64_MAX : model.front().time));
      if (number(4) == 0) must(f.buffer->flush());
    }
    // A buffer restored from the changelog goes on where the other one ended.
    must(f.buffer->flush());
    Fixture restored;
    f.changelog.replay(*restored.buffer);
    CHECK(restored.buffer->bytes() == f.buffer->bytes());
    CHECK(restored.logged().empty());
    CHECK(restored.evict(INT64_MAX) == f.evict(INT64_MAX));
  }
}

TEST_CASE("A changelog in an older format is refused by name, a damaged one too") {
  Fixture f;
  auto why = [&](cs::BytesView value, cs::HeadersView headers) {
    auto restored = f.buffer->restore("a", value, {}, headers);
    REQUIRE_FALSE(restored);
    return restored.error().message();
  };
  CHECK(why("x", {}).find("format 0") != std::string::npos);
  cs::Headers headers;
  headers.add("v", "\x02");
  CHECK(why("x", headers).find("format 2") != std::string::npos);
  headers.add("v", "\x03");
  f.put(1, "a", "1", std::nullopt, headers);
  must(f.buffer->flush());
  auto whole = *f.changelog.records.back().value;
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(why(whole.substr(0, size), headers).find("cut off") != std::string::npos);
  CHECK(f.buffer->restore("a", whole, {}, headers));
}

TEST_CASE("A restored entry takes the place that the log gives it") {
  Fixture f;
  f.put(1, "a", "1", std::nullopt);
  f.logged();
  f.evict(1);
  f.put(9, "a", "2", std::nullopt);
  f.logged();
  // Compaction has taken the tombstone in between.
  Fixture restored;
  for (const auto& record : f.changelog.records)
    REQUIRE(restored.buffer->restore(record.key, record.value, {}, record.headers));
  CHECK(restored.buffer->front_time().ms == 9);
  CHECK(restored.buffer->records() == 1);
  CHECK(restored.buffer->restore("a", std::nullopt, {}, {}));
  CHECK(restored.buffer->bytes() == 0);
}

TEST_CASE("Without a changelog nothing is logged") {
  auto buffer = cs::make_suppression_buffer({.name = "buffer"}, {});
  REQUIRE(buffer->put({1}, "a", "1", std::nullopt, {}));
  CHECK(buffer->flush());
}
