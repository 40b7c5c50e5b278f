// What only the log in memory shows: markers, the last stable offset, unknown outcomes, members that share units,
// timeouts.
#include "../../integration/broker/conformance.h"

#include <cryptostream/core/fail_point.h>

#include <algorithm>
#include <random>
#include <set>

using namespace conformance;

namespace {

struct Fixture {
  ManualClock clock{Timestamp{1'000'000}};
  std::shared_ptr<Broker> broker = memory_broker({.clock = &clock, .log_id = "fixed", .pending_wait = 0ms});
  TopicPartition t{"t", 0};
  Fixture() { make_topic(*broker, "t"); }
  ~Fixture() { set_fail_points(""); }

  OffsetRange range(Isolation isolation) { return must(broker->offsets(t, isolation)); }
};

GroupOptions member_of(const std::string& group, std::int32_t units, const std::string& instance = "",
                       const std::string& fingerprint = "f") {
  GroupOptions options;
  options.group = group;
  options.units = units;
  options.instance = instance;
  options.fingerprint = fingerprint;
  return options;
}

/// A member that does what it is told and checks that no unit is anywhere twice.
struct Worker {
  std::unique_ptr<Group> group;
  std::set<std::int32_t> units;

  /// True if there was an event.
  bool step() {
    auto event = must(group->poll(0ms), "poll");
    switch (event.type) {
      case GroupEvent::Type::none:
        return false;
      case GroupEvent::Type::assigned:
        for (auto unit : event.units) CHECK(units.insert(unit).second);
        return true;
      case GroupEvent::Type::revoked:
        for (auto unit : event.units) CHECK(units.erase(unit) == 1);
        must(group->acknowledge());
        return true;
      case GroupEvent::Type::lost:
        units.clear();
        must(group->acknowledge());
        return true;
    }
    return false;
  }
};

void settle(std::vector<Worker*> workers) {
  for (bool moved = true; moved;) {
    moved = false;
    for (auto* worker : workers) moved |= worker->step();
  }
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "markers take an offset in each partition of a transaction, and readers pass over them") {
  make_topic(*broker, "other");
  auto producer = transactional(*broker, "p");
  for (int i = 0; i < 2; ++i) {
    must(producer->begin());
    send(*producer, t, "k", std::to_string(i));
    commit(*producer);
  }
  CHECK(range(Isolation::read_committed).end == 4);
  CHECK(must(broker->offsets({"other", 0}, Isolation::read_committed)).end == 0);
  auto records = drain(*reader(*broker, t));
  REQUIRE(records.size() == 2);
  CHECK(records[0].offset == 0);
  CHECK(records[1].offset == 2);
  auto consumer = reader(*broker, t, 3);
  CHECK(drain(*consumer).empty());
  CHECK(consumer->position(0) == 4);
}

TEST_CASE_FIXTURE(Fixture, "a committed reader stops at the first open transaction, an uncommitted one does not") {
  auto open = transactional(*broker, "open");
  auto done = transactional(*broker, "done");
  must(open->begin());
  must(done->begin());
  send(*done, t, "k", "0");
  send(*open, t, "k", "1");
  send(*done, t, "k", "2");
  commit(*done);
  write(*broker, t, 4, 1);
  CHECK(range(Isolation::read_committed).end == 1);
  CHECK(range(Isolation::read_uncommitted).end == 5);
  auto committed = reader(*broker, t);
  CHECK(values(drain(*committed)) == Texts{"0"});
  CHECK(committed->caught_up(0));
  CHECK(read_values(*broker, t, Isolation::read_uncommitted) == Texts{"0", "1", "2", "4"});
  must(open->abort());
  CHECK(values(drain(*committed)) == Texts{"2", "4"});
  CHECK(committed->position(0) == 6);
  CHECK(read_values(*broker, t, Isolation::read_uncommitted) == Texts{"0", "1", "2", "4"});
}

TEST_CASE_FIXTURE(Fixture, "a commit of unknown outcome answers when asked again, whether it happened or not") {
  auto producer = transactional(*broker, "p");
  auto group = must(broker->join(member_of("g", 1)));
  std::int64_t offset = 0;
  for (auto point : {"memory.commit.lost", "memory.commit.after"}) {
    must(producer->begin());
    send(*producer, t, "k", point);
    must(producer->send_offsets(*group, {{t, {++offset}}}));
    set_fail_points(std::string(point) + "=error");
    CHECK(must(producer->commit()) == CommitOutcome::unknown);
    commit(*producer);
    CHECK(must(group->committed({&t, 1}))[t].offset == offset);
  }
  must(producer->begin());
  send(*producer, t, "k", "before");
  set_fail_points("memory.commit.before=error");
  CHECK(error_kind(producer->commit()) == ErrorKind::unavailable);
  commit(*producer);
  CHECK(read_values(*broker, t) == Texts{"memory.commit.lost", "memory.commit.after", "before"});
}

TEST_CASE_FIXTURE(Fixture, "a transaction of unknown outcome that did not happen is aborted by the next producer") {
  auto producer = transactional(*broker, "p");
  must(producer->begin());
  send(*producer, t, "k", "lost");
  set_fail_points("memory.commit.lost=error");
  CHECK(must(producer->commit()) == CommitOutcome::unknown);
  auto heir = transactional(*broker, "p");
  CHECK(error_kind(producer->commit()) == ErrorKind::fenced);
  CHECK(read_values(*broker, t).empty());
  CHECK(range(Isolation::read_committed).end == 2);
}

TEST_CASE_FIXTURE(Fixture, "offsets of an open transaction are waited for") {
  auto producer = transactional(*broker, "p");
  auto group = must(broker->join(member_of("g", 1)));
  must(producer->begin());
  must(producer->send_offsets(*group, {{t, {1}}}));
  CHECK(error_kind(group->committed({&t, 1})) == ErrorKind::temporary);
  commit(*producer);
  CHECK(must(group->committed({&t, 1}))[t].offset == 1);
}

TEST_CASE_FIXTURE(Fixture, "a transaction left open too long is aborted, and its producer goes on after abort()") {
  auto producer = transactional(*broker, "p");
  must(producer->begin());
  send(*producer, t, "k", "late");
  write(*broker, t, 0, 1);
  auto consumer = reader(*broker, t);
  clock.advance(60'000ms);
  CHECK(drain(*consumer).empty());
  clock.advance(1ms);
  CHECK(values(drain(*consumer)) == Texts{"0"});
  CHECK(error_kind(producer->commit()) == ErrorKind::aborted);
  must(producer->abort());
  must(producer->begin());
  send(*producer, t, "k", "next");
  commit(*producer);
  CHECK(values(drain(*consumer)) == Texts{"next"});
}

TEST_CASE_FIXTURE(Fixture, "units move only after their holder let go, and as few as need be") {
  Worker a{must(broker->join(member_of("g", 6))), {}};
  settle({&a});
  CHECK(a.units.size() == 6);
  Worker b{must(broker->join(member_of("g", 6))), {}};
  CHECK_FALSE(b.step());  // nothing is free yet
  auto event = must(a.group->poll(0ms));
  CHECK(event.type == GroupEvent::Type::revoked);
  CHECK(event.units.size() == 3);
  CHECK_FALSE(b.step());
  CHECK(must(a.group->poll(0ms)).type == GroupEvent::Type::none);
  for (auto unit : event.units) a.units.erase(unit);
  auto kept = a.units;
  must(a.group->acknowledge());
  settle({&a, &b});
  CHECK(a.units == kept);
  CHECK(b.units == std::set<std::int32_t>(event.units.begin(), event.units.end()));

  must(b.group->leave());
  settle({&a});
  CHECK(a.units.size() == 6);
}

TEST_CASE_FIXTURE(Fixture, "any sequence of joins, leaves and deaths shares out every unit once and evenly") {
  auto seed = std::random_device{}();
  INFO("seed ", seed);
  std::mt19937 random(seed);
  constexpr std::int32_t units = 7;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int step = 0; step < 300; ++step) {
    auto choice = random() % 4;
    if (choice < 2 && workers.size() < 9) {
      workers.push_back(std::make_unique<Worker>(Worker{must(broker->join(member_of("g", units))), {}}));
    } else if (choice == 2 && !workers.empty()) {
      auto gone = workers.begin() + static_cast<std::ptrdiff_t>(random() % workers.size());
      if (random() % 2 == 0) must((*gone)->group->leave());
      workers.erase(gone);
    } else if (!workers.empty()) {
      workers[random() % workers.size()]->step();
    }
    if (random() % 5 != 0 || workers.empty()) continue;
    clock.advance(6'000ms);  // twice this is more than a silent member may take
    for (auto& worker : workers) worker->step();
    clock.advance(6'000ms);
    std::vector<Worker*> all;
    for (auto& worker : workers) all.push_back(worker.get());
    settle(all);
    std::set<std::int32_t> seen;
    std::size_t least = units;
    std::size_t most = 0;
    for (auto& worker : workers) {
      for (auto unit : worker->units) CHECK(seen.insert(unit).second);
      least = std::min(least, worker->units.size());
      most = std::max(most, worker->units.size());
    }
    CHECK(seen.size() == units);
    CHECK(most - least <= 1);
  }
}

TEST_CASE_FIXTURE(Fixture, "a member that stops asking loses its units and learns it") {
  Worker silent{must(broker->join(member_of("g", 2))), {}};
  settle({&silent});
  Worker other{must(broker->join(member_of("g", 2))), {}};
  clock.advance(10'001ms);
  settle({&other});
  CHECK(other.units.size() == 2);
  CHECK(error_kind(silent.group->commit({{t, {1}}})) == ErrorKind::fenced);
  auto producer = transactional(*broker, "p");
  must(producer->begin());
  CHECK(error_kind(producer->send_offsets(*silent.group, {{t, {1}}})) == ErrorKind::fenced);
  CHECK(must(silent.group->poll(0ms)).type == GroupEvent::Type::lost);
  silent.units.clear();
  must(silent.group->acknowledge());
  settle({&silent, &other});
  CHECK(silent.units.size() == 1);
  CHECK(other.units.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "who lost its units is a member again by itself, and commits nothing of its former work") {
  Worker zombie{must(broker->join(member_of("g", 1))), {}};
  settle({&zombie});
  auto producer = transactional(*broker, "p");
  must(producer->begin());
  send(*producer, t, "k", "of the former work");
  Worker heir{must(broker->join(member_of("g", 1))), {}};
  clock.advance(10'001ms);
  settle({&heir});
  CHECK(must(zombie.group->poll(0ms)).type == GroupEvent::Type::lost);
  CHECK(error_kind(producer->send_offsets(*zombie.group, {{t, {1}}})) == ErrorKind::fenced);
  CHECK(error_kind(zombie.group->commit({{t, {1}}})) == ErrorKind::fenced);
  must(zombie.group->acknowledge());
  must(producer->send_offsets(*zombie.group, {}));
  must(zombie.group->commit({}));
}

TEST_CASE_FIXTURE(Fixture, "a restarted instance has its units at once, and the former holder is fenced") {
  Worker first{must(broker->join(member_of("g", 4, "one"))), {}};
  Worker second{must(broker->join(member_of("g", 4, "two"))), {}};
  settle({&first, &second});
  auto before = first.units;
  Worker again{must(broker->join(member_of("g", 4, "one"))), {}};
  again.step();
  CHECK(again.units == before);
  CHECK_FALSE(second.step());
  CHECK(error_kind(first.group->commit({{t, {1}}})) == ErrorKind::fenced);
  CHECK(error_kind(first.group->poll(0ms)) == ErrorKind::fenced);
}

TEST_CASE_FIXTURE(Fixture, "a member with another topology is refused while others live") {
  auto old = must(broker->join(member_of("g", 2, "", "old")));
  CHECK(error_kind(broker->join(member_of("g", 2, "", "new"))) == ErrorKind::configuration);
  must(old->leave());
  must(broker->join(member_of("g", 3, "", "new")));
}

TEST_CASE_FIXTURE(Fixture, "a wait for units ends when another member lets go") {
  Worker a{must(broker->join(member_of("g", 1))), {}};
  settle({&a});
  auto b = must(broker->join(member_of("g", 1)));
  std::jthread leaver([&] { must(a.group->leave()); });
  auto event = must(b->poll(20s));
  CHECK(event.type == GroupEvent::Type::assigned);
}

TEST_CASE_FIXTURE(Fixture, "old deletions leave a compacted topic after a day") {
  TopicSpec spec;
  spec.name = "c";
  spec.compacted = true;
  must(broker->create_topic(spec));
  TopicPartition c{"c", 0};
  auto producer = must(broker->producer({}));
  auto churn = [&] {
    for (int i = 0; i < 1'200; ++i) send(*producer, c, "busy", std::to_string(i));
    must(producer->flush(1s));
  };
  send(*producer, c, "gone", "value");
  send(*producer, c, "gone", std::nullopt);
  auto has_gone = [&] {
    auto records = drain(*reader(*broker, c));
    return std::any_of(records.begin(), records.end(), [](auto& record) { return record.key == "gone"; });
  };
  churn();
  CHECK(has_gone());
  clock.advance(23h);
  churn();
  CHECK(has_gone());
  clock.advance(2h);
  churn();
  CHECK_FALSE(has_gone());
}

TEST_CASE("a consumer can have the records of several partitions in the order of their appending") {
  auto broker = memory_broker({.polls_in_order = true});
  TopicPartition a{"a", 0}, b{"b", 0};
  make_topic(*broker, "a");
  make_topic(*broker, "b");
  auto producer = must(broker->producer({}));
  auto consumer = must(broker->consumer(Isolation::read_committed));
  Assignment both[] = {{a, 0}, {b, 0}};
  must(consumer->assign(both));
  for (int round = 0; round < 3; ++round) {  // whichever partition a poll begins with
    for (int i = 0; i < 6; ++i) send(*producer, i % 3 == 0 ? a : b, "k", std::to_string(i));
    must(producer->flush(0ms));
    std::string values;
    for (const auto& record : must(consumer->poll(100, 0ms))) values += *record.value;
    CHECK(values == "012345");
  }
}

TEST_CASE("the same calls give the same log") {
  auto run = [] {
    ManualClock clock;
    auto broker = memory_broker({.clock = &clock, .log_id = "fixed"});
    make_topic(*broker, "a", 2);
    auto one = transactional(*broker, "one");
    auto two = transactional(*broker, "two");
    must(one->begin());
    must(two->begin());
    for (int i = 0; i < 50; ++i) send(i % 3 ? *one : *two, {"a", i % 2}, "k", std::to_string(i), i);
    must(one->abort());
    commit(*two);
    auto consumer = must(broker->consumer(Isolation::read_committed));
    std::vector<Assignment> assignment{{{"a", 0}, 0}, {{"a", 1}, 0}};
    must(consumer->assign(assignment));
    return std::pair{must(broker->topic("a"))->id + must(broker->log_id()), drain(*consumer, 7)};
  };
  CHECK((run() == run()));
}
