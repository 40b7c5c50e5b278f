// Several processes on one local log, and their sudden ends.
#include "helper_process.h"
#include "logs.h"

#include <map>
#include <random>
#include <set>

using namespace conformance;

namespace {

struct Fixture {
  TemporaryFolder folder;
  std::string file = (folder.path() / "log.db").string();
  std::shared_ptr<Broker> broker = local_broker(file);
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "two processes write at once: a reader sees every record once, in one order, none skipped") {
  make_topic(*broker, "t");
  HelperProcess one({"write", file, "t", "one", "150", "7"});
  HelperProcess two({"write", file, "t", "two", "150", "5"});
  auto consumer = reader(*broker, {"t", 0});
  std::map<std::string, int> next;
  std::int64_t offset = 0;
  auto deadline = std::chrono::steady_clock::now() + 60s;
  while (offset < 150 * 12 && std::chrono::steady_clock::now() < deadline) {
    for (auto& record : must(consumer->poll(100, 1s))) {
      auto prefix = std::string(*record.key);
      if (record.offset != offset || record.value != prefix + " " + std::to_string(next[prefix])) {
        FAIL("offset ", record.offset, " came where ", offset, " was due, value ", std::string(*record.value));
      }
      ++offset;
      ++next[prefix];
    }
  }
  CHECK(next == std::map<std::string, int>{{"one", 1050}, {"two", 750}});
  CHECK(one.rest().size() == 150);
  CHECK(two.rest().size() == 150);
}

TEST_CASE_FIXTURE(Fixture, "processes that make the log at the same moment make one log") {
  for (int round = 0; round < 5; ++round) {
    auto name = file + std::to_string(round);
    HelperProcess a({"join", name, "a"});
    HelperProcess b({"join", name, "b"});
    HelperProcess c({"join", name, "c"});
    HelperProcess d({"join", name, "d"});
    for (auto* helper : {&a, &b, &c, &d}) CHECK(helper->line() == "joined");
    CHECK(must(local_broker(name)->groups()) == Texts{"a", "b", "c", "d"});
  }
}

TEST_CASE_FIXTURE(Fixture, "a waiting poll sees what another process writes") {
  make_topic(*broker, "t");
  auto consumer = reader(*broker, {"t", 0});
  CHECK(drain(*consumer).empty());
  HelperProcess writer({"write", file, "t", "w", "1", "1"});
  auto batch = must(consumer->poll(10, 20s));
  REQUIRE(batch.size() == 1);
  CHECK(batch[0].value == "w 0");
}

TEST_CASE_FIXTURE(Fixture, "a group takes one process; a second is told why, and a killed one makes room at once") {
  HelperProcess first({"join", file, "app"});
  CHECK(first.line() == "joined");
  HelperProcess second({"join", file, "app"});
  auto refusal = second.line().value_or("");
  CHECK(refusal.starts_with("error failure application.id \"app\" is already running on local log"));
  CHECK(contains(refusal, "Kafka"));
  GroupOptions options;
  options.group = "app";
  CHECK(error_kind(broker->join(options)) == ErrorKind::failure);
  HelperProcess other({"join", file, "other"});
  CHECK(other.line() == "joined");
  CHECK(must(broker->groups()) == Texts{"app", "other"});

  first.kill();
  auto mine = must(broker->join(options));
  CHECK(error_kind(broker->join(options)) == ErrorKind::failure);  // within this process too
  must(mine->leave());
  must(broker->join(options));
}

TEST_CASE_FIXTURE(
    Fixture, "whatever moment a process is killed at, its acknowledged transactions are there and no part of another") {
  make_topic(*broker, "t", 2);
  auto seed = std::random_device{}();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  std::set<std::string> acknowledged;
  for (int round = 0; round < 25; ++round) {
    const char* point = round % 5 == 3   ? "local.commit.after=kill@3"
                        : round % 5 == 4 ? "local.commit.before=kill@3"
                                         : nullptr;
    HelperProcess helper({"resume", file}, point);
    auto lines = random() % 20;
    for (std::size_t i = 0; i < lines; ++i) {
      auto line = helper.line();
      if (!line) break;
      REQUIRE_FALSE(line->starts_with("error"));
      CHECK(acknowledged.insert(*line).second);
    }
    // Somewhere within the next transaction, which takes about a millisecond.
    auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 2'000);
    while (std::chrono::steady_clock::now() < until) continue;
    helper.kill();
    for (auto& line : helper.rest()) CHECK(acknowledged.insert(line).second);
  }
  auto total = must(broker->group_offsets("resume"))[{"t", 0}].offset;
  CHECK(total >= static_cast<std::int64_t>(acknowledged.size()));
  Texts expected;
  for (std::int64_t i = 0; i < total; ++i) expected.insert(expected.end(), 2, std::to_string(i));
  for (auto& line : acknowledged) CHECK(std::stoll(line) < total);
  CHECK((read_values(*broker, {"t", 0}) == expected));
  CHECK((read_values(*broker, {"t", 1}) == expected));
}
