// Transactions: all or nothing, records and offsets together, fenced by the newest producer.
#include "logs.h"

using namespace conformance;

TEST_CASE_TEMPLATE("a transaction is seen when it commits, in all its partitions", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "a");
  make_topic(*log.broker, "b", 2);
  auto producer = transactional(*log.broker, "p");
  auto consumer = reader(*log.broker, {"b", 1});
  must(producer->begin());
  send(*producer, {"a", 0}, "k", "1");
  send(*producer, {"b", 1}, "k", "2");
  must(producer->flush(10s));
  CHECK(read_values(*log.broker, {"a", 0}).empty());
  CHECK(drain(*consumer).empty());
  commit(*producer);
  CHECK(read_values(*log.broker, {"a", 0}) == Texts{"1"});
  CHECK(values(drain(*consumer)) == Texts{"2"});
  CHECK(read_values(*log.broker, {"b", 0}).empty());
}

TEST_CASE_TEMPLATE("an aborted transaction leaves nothing to a committed reader", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto producer = transactional(*log.broker, "p");
  for (int round = 0; round < 4; ++round) {
    must(producer->begin());
    for (int i = 0; i < 3; ++i) send(*producer, {"t", 0}, "k", std::to_string(round * 10 + i));
    if (round % 2 == 0) {
      must(producer->abort());
    } else {
      commit(*producer);
    }
  }
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"10", "11", "12", "30", "31", "32"});
  auto consumer = reader(*log.broker, {"t", 0});
  drain(*consumer);
  CHECK(consumer->position(0) == must(log.broker->offsets({"t", 0}, Isolation::read_committed)).end);
}

TEST_CASE_TEMPLATE("a reader of uncommitted records sees at least the committed ones", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto producer = transactional(*log.broker, "p");
  must(producer->begin());
  send(*producer, {"t", 0}, "k", "open");
  must(producer->flush(10s));
  auto early = read_values(*log.broker, {"t", 0}, Isolation::read_uncommitted);
  CHECK(early == (Log::open_transactions_lie_in_the_log ? Texts{"open"} : Texts{}));
  commit(*producer);
  CHECK(read_values(*log.broker, {"t", 0}, Isolation::read_uncommitted) == Texts{"open"});
}

TEST_CASE_TEMPLATE("offsets commit with their transaction and only with it", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "in");
  make_topic(*log.broker, "out");
  write(*log.broker, {"in", 0}, 0, 10);
  auto group = join(*log.broker, "g");
  auto producer = transactional(*log.broker, "p");
  TopicPartition in{"in", 0};
  auto committed = [&] { return must(log.broker->group_offsets("g")); };

  must(producer->begin());
  send(*producer, {"out", 0}, "k", "lost");
  must(producer->send_offsets(*group, {{in, {3, "m"}}}));
  CHECK(committed().empty());
  must(producer->abort());
  CHECK(must(group->committed({&in, 1})).empty());

  must(producer->begin());
  send(*producer, {"out", 0}, "k", "kept");
  must(producer->send_offsets(*group, {{in, {4, "first"}}}));
  must(producer->send_offsets(*group, {{in, {5, "metadata \xc3\xbc"}}}));
  commit(*producer);
  auto offsets = must(group->committed({&in, 1}));
  REQUIRE(offsets.contains(in));
  CHECK(offsets[in].offset == 5);
  CHECK(offsets[in].metadata == "metadata \xc3\xbc");
  CHECK(read_values(*log.broker, {"out", 0}) == Texts{"kept"});

  must(producer->begin());  // offsets alone are a transaction too
  must(producer->send_offsets(*group, {{in, {6}}}));
  commit(*producer);
  eventually("the offset is committed", [&] { return committed()[in].offset == 6; });  // Kafka writes it a little after its answer
}

TEST_CASE_TEMPLATE("a newer producer fences the older and ends its transaction", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto group = join(*log.broker, "g");
  auto zombie = transactional(*log.broker, "p");
  must(zombie->begin());
  send(*zombie, {"t", 0}, "k", "zombie");
  must(zombie->flush(10s));
  must(zombie->send_offsets(*group, {{{"t", 0}, {7}}}));

  auto heir = transactional(*log.broker, "p");
  CHECK(error_kind(zombie->commit()) == ErrorKind::fenced);
  CHECK(error_kind(zombie->send_offsets(*group, {})) == ErrorKind::fenced);
  CHECK(error_kind(zombie->abort()) == ErrorKind::fenced);
  CHECK(error_kind(zombie->begin()) == ErrorKind::fenced);
  TopicPartition partition{"t", 0};
  CHECK(must(group->committed({&partition, 1})).empty());  // nothing pending is left behind either

  must(heir->begin());
  send(*heir, {"t", 0}, "k", "heir");
  commit(*heir);
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"heir"});
  auto other = transactional(*log.broker, "q");  // another id fences nobody
  must(heir->begin());
  send(*heir, {"t", 0}, "k", "again");
  commit(*heir);
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"heir", "again"});
}

TEST_CASE_TEMPLATE("a producer that left its group cannot commit offsets for it", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto group = join(*log.broker, "g");
  auto producer = transactional(*log.broker, "p");
  must(group->leave());
  must(producer->begin());
  CHECK(error_kind(producer->send_offsets(*group, {{{"t", 0}, {1}}})) == ErrorKind::fenced);
  must(producer->abort());
}

TEST_CASE_TEMPLATE("transactions of two producers do not mix", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto one = transactional(*log.broker, "one");
  auto two = transactional(*log.broker, "two");
  must(one->begin());
  must(two->begin());
  for (int i = 0; i < 3; ++i) {
    send(*one, {"t", 0}, "k", "one" + std::to_string(i));
    send(*two, {"t", 0}, "k", "two" + std::to_string(i));
  }
  commit(*two);
  must(one->abort());
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"two0", "two1", "two2"});
}

TEST_CASE_TEMPLATE("an empty transaction commits", Log, ALL_LOGS) {
  Log log;
  auto producer = transactional(*log.broker, "p");
  must(producer->begin());
  commit(*producer);
  must(producer->begin());
  must(producer->abort());
}

TEST_CASE_TEMPLATE("calls outside of a transaction are refused", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto producer = transactional(*log.broker, "p");
  CHECK(error_kind(try_send(*producer, {"t", 0}, "k", "v")) == ErrorKind::internal);
  CHECK(error_kind(producer->commit()) == ErrorKind::internal);
  CHECK(error_kind(producer->abort()) == ErrorKind::internal);
  must(producer->begin());
  CHECK(error_kind(producer->begin()) == ErrorKind::internal);
  auto plain = must(log.broker->producer({}));
  CHECK(error_kind(plain->begin()) == ErrorKind::internal);
}

TEST_CASE_TEMPLATE("a refused send leaves the transaction usable", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto producer = transactional(*log.broker, "p");
  must(producer->begin());
  send(*producer, {"t", 0}, "k", "1");
  CHECK(error_kind(try_send(*producer, {"nowhere", 0}, "k", "2")) == ErrorKind::configuration);
  send(*producer, {"t", 0}, "k", "3");
  commit(*producer);
  CHECK(read_values(*log.broker, {"t", 0}) == Texts{"1", "3"});
}
