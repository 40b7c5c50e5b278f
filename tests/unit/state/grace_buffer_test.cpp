// The buffer of stream-table joins with grace: bytes against Kafka Streams', order and lateness against a model.
#include <cryptostream/state/grace_buffer.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "recorded_changelog.h"
#include "shared_map.h"

namespace cs = cryptostream;
using Lines = std::vector<std::string>;

namespace {

struct Fixture {
  explicit Fixture(std::int64_t milliseconds_of_grace) : grace(milliseconds_of_grace) { open(); }

  void open() {
    buffer = cs::make_grace_buffer({.name = "buffer", .retention = grace}, {.changelog = &changelog},
                                   std::make_unique<SharedMap>(*map))
                 .value();
  }
  void lose_map() {
    map = cs::memory_map();
    open();
    changelog.replay(*buffer);
  }
  bool put(std::int64_t time, cs::BytesView key, cs::BytesView value, cs::HeadersView headers = {}) {
    return buffer->put({time}, key, value, {{time}, headers, "s", 0, offset++}).value();
  }
  // "time key value header=value…" of each entry that is taken.
  Lines evict() {
    Lines taken;
    must(buffer->evict([&](const cs::GraceBuffer::Buffered& entry) -> cs::Result<void> {
      auto line = std::to_string(entry.time.ms) + " " + std::string(entry.key) + " " + std::string(entry.value);
      CHECK(entry.context.timestamp == entry.time);
      for (auto header : entry.context.headers)
        line += " " + std::string(header.name) + "=" + std::string(*header.value);
      taken.push_back(std::move(line));
      return {};
    }));
    return taken;
  }

  std::chrono::milliseconds grace;
  RecordedChangelog changelog;
  std::unique_ptr<cs::ByteMap> map = cs::memory_map();
  std::unique_ptr<cs::GraceBuffer> buffer;
  std::int64_t offset = 0;
};

}  // namespace

TEST_CASE("Changelog and order are Kafka Streams', to the millisecond of the grace") {
  Fixture f(10);
  cs::Headers headers;
  headers.add("h", "1");
  CHECK(f.put(5, "a", "x", headers));
  CHECK(f.evict().empty());
  CHECK(f.put(14, "a", "y"));
  CHECK(f.evict().empty());
  CHECK(f.put(15, "a", "z"));
  CHECK(f.evict() == Lines{"5 a x h=1"});
  CHECK(
      f.changelog.news() ==
      Lines{
          "0000000000000000056100000001 000000000000000500000000000000000000000173000000000000000100000001680000000131"
          "ffffffffffffffff00000001780000000000000000 -",
          "00000000000000000e6100000002 000000000000000e000000000000000100000001730000000000000000ffffffffffffffff0000"
          "0001790000000000000000 -",
          "00000000000000000f6100000003 000000000000000f000000000000000200000001730000000000000000ffffffffffffffff0000"
          "00017a0000000000000000 -",
          "0000000000000000056100000001 - -",
      });
  CHECK(f.put(20, "a", "w"));
  CHECK(f.evict().empty());
  CHECK(f.put(40, "b", "n"));
  CHECK(f.evict() == Lines{"14 a y", "15 a z", "20 a w"});
  CHECK_FALSE(f.put(29, "a", "late"));
  CHECK(f.put(30, "a", "ontime"));
  CHECK(f.evict() == Lines{"30 a ontime"});
  f.changelog.news();
  f.offset = 8;
  CHECK(f.put(50, "a", "q"));
  CHECK(f.evict() == Lines{"40 b n"});
  CHECK(
      f.changelog.news() ==
      Lines{
          "0000000000000000326100000007 0000000000000032000000000000000800000001730000000000000000ffffffffffffffff0000"
          "0001710000000000000000 -",
          "0000000000000000286200000005 - -",
      });
}

TEST_CASE("Without grace each record is taken at once, also at the end of time") {
  Fixture f(0);
  for (auto time : {std::int64_t(0), std::int64_t(7), INT64_MAX}) {
    CHECK(f.put(time, "a", "v"));
    CHECK(f.evict() == Lines{std::to_string(time) + " a v"});
  }
  CHECK_FALSE(f.put(7, "a", "late"));
  CHECK(f.evict().empty());
}

TEST_CASE("An error does not bring an entry back") {
  Fixture f(0);
  CHECK(f.put(1, "a", "1"));
  CHECK(f.put(1, "a", "2"));
  auto ended = f.buffer->evict(
      [](const cs::GraceBuffer::Buffered&) -> cs::Result<void> { return cs::fail(cs::ErrorKind::bad_record, "no"); });
  CHECK(ended.error().kind() == cs::ErrorKind::bad_record);
  CHECK(f.evict() == Lines{"1 a 2"});
}

TEST_CASE("Equal records before and after a restart are two") {
  for (bool lost : {false, true}) {
    Fixture f(10);
    CHECK(f.put(5, "a", "before"));
    must(f.buffer->commit(1));
    lost ? f.lose_map() : f.open();
    CHECK(f.put(5, "a", "after"));
    CHECK(f.put(15, "a", "v"));
    CHECK(f.evict() == Lines{"5 a before", "5 a after"});
    must(f.buffer->commit(2));
    // A tombstone tells as much as the record it removes.
    lost ? f.lose_map() : f.open();
    CHECK_FALSE(f.put(4, "a", "late"));
  }
}

TEST_CASE("A damaged or foreign changelog record is refused") {
  Fixture f(10);
  CHECK(f.put(5, "a", "x"));
  const auto record = f.changelog.records.back();
  CHECK_FALSE(f.buffer->restore("short", *record.value, {}, {}));
  CHECK_FALSE(f.buffer->restore("\x01" + record.key.substr(1), *record.value, {}, {}));
  CHECK_FALSE(f.buffer->restore(record.key, record.value->substr(1), {}, {}));
  CHECK(f.buffer->restore(record.key, *record.value, {}, {}));
}

TEST_CASE("Records come out as from a list that is sorted each time, also after a restart") {
  auto seed = std::random_device()();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  auto number = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
  for (int round = 0; round < 20; ++round) {
    std::int64_t grace = number(40);
    Fixture f(grace);
    struct Entry {
      std::int64_t time;
      std::string key;
      int arrival;
    };
    std::vector<Entry> model;
    std::int64_t stream_time = -1;
    std::int64_t now = 0;
    for (int step = 0; step < 1000; ++step) {
      now += number(5);
      auto time = std::max<std::int64_t>(0, now - number(60));
      // Keys of one length: with others the number behind the key takes part in the order.
      std::string key(1, static_cast<char>(number(256)));
      bool fits = time >= stream_time - grace;
      REQUIRE(f.put(time, key, std::to_string(step)) == fits);
      if (fits) {
        model.push_back({time, key, step});
        stream_time = std::max(stream_time, time);
      }
      std::stable_sort(model.begin(), model.end(), [](const Entry& a, const Entry& b) {
        return a.time != b.time ? a.time < b.time : a.key < b.key;
      });
      if (number(3) == 0) {
        Lines want;
        while (!model.empty() && model.front().time <= stream_time - grace) {
          want.push_back(std::to_string(model.front().time) + " " + model.front().key + " " +
                         std::to_string(model.front().arrival));
          model.erase(model.begin());
        }
        REQUIRE(f.evict() == want);
      }
      if (number(100) == 0) {
        must(f.buffer->commit(step));
        number(2) ? f.open() : f.lose_map();
      }
    }
  }
}
