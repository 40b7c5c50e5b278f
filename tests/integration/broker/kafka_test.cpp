// What is Kafka's own: latency, members that restart, offsets of topics nobody subscribed to, markers, properties.
#include "logs.h"

#include <algorithm>
#include <stdexcept>

using namespace conformance;
using Steady = std::chrono::steady_clock;

namespace {

std::shared_ptr<Broker> plain_broker(std::chrono::milliseconds session = 45s, std::chrono::milliseconds transaction = 60s) {
  KafkaOptions options;
  options.brokers = kafka_address();
  options.session_timeout = session;
  options.transaction_timeout = transaction;
  return kafka_broker(options);
}

std::unique_ptr<Group> join_as(Broker& broker, const std::string& name, const std::string& instance, std::int32_t units) {
  GroupOptions options;
  options.group = name;
  options.instance = instance;
  options.units = units;
  return must(broker.join(options), "join");
}

/// The next event that is one.
GroupEvent next_event(Group& group, std::chrono::milliseconds timeout = 20s) {
  auto event = must(group.poll(timeout), "poll");
  if (event.type == GroupEvent::Type::none) FAIL("no event in time");
  return event;
}

using Units = std::vector<std::int32_t>;

}  // namespace

TEST_CASE("one record is handed over at once, not when a batch is full") {
  auto broker = plain_broker();
  make_topic(*broker, "latency");
  auto consumer = reader(*broker, {"latency", 0});
  auto producer = must(broker->producer({}));
  send(*producer, {"latency", 0}, "k", "warm");
  must(producer->flush(10s));
  while (must(consumer->poll(1000, 1s)).empty()) {
  }
  std::vector<Steady::duration> waits;
  for (int i = 0; i < 11; ++i) {
    auto began = Steady::now();
    send(*producer, {"latency", 0}, "k", "v");
    must(producer->flush(10s));
    while (must(consumer->poll(1000, 1s)).empty()) {
    }
    waits.push_back(Steady::now() - began);
  }
  std::sort(waits.begin(), waits.end());
  CHECK(waits[5] < 250ms);
}

TEST_CASE("the first record to a topic is there in less than a second") {
  auto broker = plain_broker();
  make_topic(*broker, "first-output");
  auto began = Steady::now();
  auto producer = must(broker->producer({}));
  send(*producer, {"first-output", 0}, "k", "v");
  must(producer->flush(10s));
  CHECK(Steady::now() - began < 900ms);
}

TEST_CASE("a static member that crashed has its units back at once") {
  auto broker = plain_broker();
  auto group = join_as(*broker, "static", "0", 3);
  CHECK(next_event(*group).units == Units{0, 1, 2});
  group.reset();  // as a crash: nothing is said to the cluster
  auto began = Steady::now();
  group = join_as(*broker, "static", "0", 3);
  CHECK(next_event(*group).units == Units{0, 1, 2});
  CHECK(Steady::now() - began < 5s);
  must(group->leave());
}

TEST_CASE("two members share the units, and who stays gets those of who left") {
  auto broker = plain_broker();
  auto one = join_as(*broker, "shared", "one", 4);
  CHECK(next_event(*one).units == Units{0, 1, 2, 3});
  auto two = join_as(*broker, "shared", "two", 4);
  std::jthread polling([&](std::stop_token stop) {  // a group moves only when all its members ask
    while (!stop.stop_requested()) {
      auto event = one->poll(50ms);
      if (event && event->type == GroupEvent::Type::revoked) (void)one->acknowledge();
    }
  });
  auto theirs = next_event(*two);
  CHECK(theirs.type == GroupEvent::Type::assigned);
  CHECK(theirs.units.size() == 2);
  polling.request_stop();
  polling.join();
  must(one->leave());
  Units all = theirs.units;
  while (all.size() < 4) {
    auto more = next_event(*two);
    CHECK(more.type == GroupEvent::Type::assigned);
    all.insert(all.end(), more.units.begin(), more.units.end());
  }
  std::sort(all.begin(), all.end());
  CHECK(all == Units{0, 1, 2, 3});
  must(two->leave());
}

TEST_CASE("a second process of one instance fences the first") {
  auto broker = plain_broker();
  auto zombie = join_as(*broker, "fenced-instance", "0", 1);
  next_event(*zombie);
  auto heir = join_as(*broker, "fenced-instance", "0", 1);
  next_event(*heir);
  auto deadline = Steady::now() + 20s;
  Result<GroupEvent> polled = GroupEvent{};
  while (polled && Steady::now() < deadline) polled = zombie->poll(100ms);
  CHECK(error_kind(polled) == ErrorKind::fenced);
  must(heir->leave());
}

TEST_CASE("a group's topic grows with the units and never shrinks") {
  auto broker = plain_broker();
  for (std::int32_t units : {2, 5, 3}) {
    auto group = join_as(*broker, "grown", "0", units);
    Units got;
    while (got.size() < static_cast<std::size_t>(units)) {
      auto event = next_event(*group);
      got.insert(got.end(), event.units.begin(), event.units.end());
    }
    CHECK(got.back() == units - 1);
    must(group->leave());
  }
  CHECK(must(broker->topic("grown-tasks"))->partitions == 5);
}

TEST_CASE("reading over markers ends at the end of the log") {
  auto broker = plain_broker();
  make_topic(*broker, "markers");
  auto producer = transactional(*broker, "markers");
  for (int i = 0; i < 5; ++i) {
    must(producer->begin());
    send(*producer, {"markers", 0}, "k", "v");
    if (i < 4) {
      commit(*producer);
    } else {
      must(producer->abort());
    }
  }
  auto end = must(broker->offsets({"markers", 0}, Isolation::read_uncommitted)).end;
  CHECK(end > 5);
  auto consumer = reader(*broker, {"markers", 0});
  int records = 0;
  eventually("the position is the end of the log", [&] {
    for (auto& record : must(consumer->poll(100, 100ms))) records += record.value == "v" ? 1 : 0;
    return consumer->position(0) == end;
  });
  CHECK(records == 4);
  CHECK(consumer->caught_up(0));
}

TEST_CASE("a transaction that was open for too long is aborted, and a new producer goes on") {
  auto broker = plain_broker(45s, 1s);
  make_topic(*broker, "slow");
  auto producer = transactional(*broker, "slow");
  must(producer->begin());
  send(*producer, {"slow", 0}, "k", "lost");
  must(producer->flush(10s));
  auto consumer = reader(*broker, {"slow", 0});
  // The cluster ends it by itself: the reader comes past it.
  auto deadline = Steady::now() + 60s;
  while (consumer->position(0) == 0 && Steady::now() < deadline) CHECK(must(consumer->poll(10, 100ms)).empty());
  CHECK(error_kind(producer->commit()) == ErrorKind::aborted);
  producer = transactional(*broker, "slow");
  must(producer->begin());
  send(*producer, {"slow", 0}, "k", "kept");
  commit(*producer);
}

TEST_CASE("properties that cannot work are refused at once, without their values") {
  auto refusal = [](std::map<std::string, std::string> properties) -> std::string {
    KafkaOptions options;
    options.brokers = "127.0.0.1:9";
    options.properties = std::move(properties);
    try {
      kafka_broker(options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(contains(refusal({{"no.such.property", "x"}}), "no.such.property"));
  CHECK(contains(refusal({{"isolation.level", "read_uncommitted"}}), "cannot be set"));
  CHECK_FALSE(contains(refusal({{"security.protocol", "secret"}}), "secret"));
  CHECK(refusal({{"socket.timeout.ms", "5000"}}) == "accepted");
}

TEST_CASE("a cluster that is not there is unavailable") {
  KafkaOptions options;
  options.brokers = "127.0.0.1:9";
  options.request_timeout = 300ms;
  auto broker = kafka_broker(options);
  CHECK(error_kind(broker->log_id()) == ErrorKind::unavailable);
  CHECK(error_kind(broker->topic("t")) == ErrorKind::unavailable);
}
