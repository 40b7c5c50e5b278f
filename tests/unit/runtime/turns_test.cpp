// Whose turn it is: input partitions by the time of their first record, and punctuations by their schedule.
#include <cryptostream/runtime/partition_group.h>
#include <cryptostream/runtime/punctuations.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

// Takes a record's own time, or refuses one whose value is "bad".
struct OwnTime final : cs::InputSlot {
  cs::Result<cs::Timestamp> decode(const cs::LogRecord& record, cs::Timestamp) override {
    if (record.value == "bad") return cs::fail(cs::ErrorKind::bad_record, "bad");
    return record.timestamp;
  }
  cs::Result<void> forward(cs::HeadersView) override { return {}; }
};

struct Group {
  std::vector<std::string> refused;
  cs::PartitionGroup queues{[this](std::size_t, const cs::LogRecord& record, const cs::Error* why) {
    refused.push_back(std::to_string(record.offset) + (why ? " bad" : " no time"));
    return cs::Result<void>();
  }};
  explicit Group(std::size_t inputs) {
    std::vector<std::unique_ptr<cs::InputSlot>> slots;
    for (std::size_t i = 0; i < inputs; ++i) slots.push_back(std::make_unique<OwnTime>());
    queues.reset(std::move(slots));
  }
  void put(std::size_t input, std::int64_t offset, std::int64_t time, const char* value = "v") {
    cs::LogRecord record;
    record.offset = offset;
    record.timestamp = {time};
    record.value = value;
    REQUIRE(queues.enqueue(input, record));
  }
  std::vector<std::string> drain() {
    std::vector<std::string> order;
    while (auto next = queues.next()) {
      order.push_back(std::to_string(next->input) + "/" + std::to_string(next->record.offset));
      REQUIRE(queues.done());
    }
    return order;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the partition whose first record is the oldest has its turn, whatever lies behind it") {
  Group group(2);
  group.put(0, 0, 10);
  group.put(0, 1, 1);
  group.put(1, 0, 5);
  group.put(1, 1, 20);
  CHECK(group.drain() == Lines{"1/0", "0/0", "0/1", "1/1"});
  CHECK(group.queues.stream_time() == cs::Timestamp{20});
}

TEST_CASE("equal times come in the order of java.util.PriorityQueue") {
  Group group(3);
  for (std::size_t input : {0u, 1u, 2u})
    for (std::int64_t offset : {0, 1}) group.put(input, offset, 7);
  CHECK(group.drain() == Lines{"0/0", "2/0", "0/1", "2/1", "1/0", "1/1"});
}

TEST_CASE("what cannot be decoded or has no valid time is passed over when it comes to the front") {
  Group group(1);
  group.put(0, 0, 5, "bad");
  group.put(0, 1, -1);
  group.put(0, 2, 3);
  group.put(0, 3, 4, "bad");
  CHECK(group.refused == Lines{"0 bad", "1 no time"});
  CHECK(group.drain() == Lines{"0/2"});
  CHECK(group.refused == Lines{"0 bad", "1 no time", "3 bad"});
}

TEST_CASE("punctuations that were missed are made up for by one, and stay on their grid") {
  cs::Punctuations punctuations;
  std::vector<std::int64_t> times;
  punctuations.add({0}, 10ms, [&](cs::Timestamp time) {
    times.push_back(time.ms);
    return cs::Result<void>();
  });
  for (std::int64_t now : {3, 9, 10, 35, 39, 40}) REQUIRE(punctuations.run({now}));
  CHECK(times == std::vector<std::int64_t>{3, 10, 35, 40});
}

TEST_CASE("punctuations that are due at the same time take turns as in Java's priority queue") {
  cs::Punctuations punctuations;
  std::string calls;
  for (char name : {'a', 'b', 'c', 'd'})
    punctuations.add({10}, 10ms, [&calls, name](cs::Timestamp) {
      calls += name;
      return cs::Result<void>();
    });
  REQUIRE(punctuations.run({10}));
  REQUIRE(punctuations.run({20}));
  // A java.util.PriorityQueue of four equal items, each of which is put back behind the others once it was taken.
  CHECK(calls == "adbcbcad");
}

TEST_CASE("a cancelled punctuation is not called, and one may be added by another") {
  cs::Punctuations punctuations;
  int first = 0, second = 0;
  auto handle = punctuations.add({0}, 10ms, [&](cs::Timestamp) {
    if (++first == 1)
      punctuations.add({5}, 10ms, [&](cs::Timestamp) {
        ++second;
        return cs::Result<void>();
      });
    return cs::Result<void>();
  });
  CHECK(punctuations.run({7}).value());
  CHECK(second == 1);
  handle.cancel();
  CHECK(punctuations.run({30}).value());
  CHECK(first == 1);
  CHECK(second == 2);
  CHECK(!punctuations.due({31}));
}
