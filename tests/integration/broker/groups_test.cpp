// Groups: membership, units, committed offsets.
#include "logs.h"

using namespace conformance;

TEST_CASE_TEMPLATE("the only member gets all units at once, and then hears nothing more", Log, ALL_LOGS) {
  Log log;
  auto group = join(*log.broker, "g", 4);
  CHECK(group->name() == "g");
  auto event = must(group->poll(1s));
  CHECK(event.type == GroupEvent::Type::assigned);
  CHECK(event.units == std::vector<std::int32_t>{0, 1, 2, 3});
  CHECK(must(group->poll(0ms)).type == GroupEvent::Type::none);
  must(group->acknowledge());
}

TEST_CASE_TEMPLATE("committed offsets outlive the member, with their metadata", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t", 3);
  {
    auto group = join(*log.broker, "g");
    must(group->commit({{{"t", 0}, {1, "one"}}, {{"t", 2}, {3, ""}}}));
    must(group->commit({{{"t", 0}, {2, "two"}}}));
    must(group->leave());
    must(group->leave());
  }
  auto group = join(*log.broker, "g");
  std::vector<TopicPartition> asked{{"t", 0}, {"t", 1}, {"t", 2}};
  auto offsets = must(group->committed(asked));
  CHECK(offsets.size() == 2);
  CHECK(offsets[{"t", 0}].offset == 2);
  CHECK(offsets[{"t", 0}].metadata == "two");
  CHECK(offsets[{"t", 2}].offset == 3);
  CHECK(must(log.broker->group_offsets("g")).size() == 2);
}

TEST_CASE_TEMPLATE("groups do not see each other's offsets", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto one = join(*log.broker, "one");
  auto two = join(*log.broker, "two");
  must(one->commit({{{"t", 0}, {1}}}));
  TopicPartition partition{"t", 0};
  CHECK(must(two->committed({&partition, 1})).empty());
  CHECK(must(log.broker->groups()) == Texts{"one", "two"});
  CHECK(must(log.broker->group_offsets("nobody")).empty());
}

TEST_CASE_TEMPLATE("who left cannot commit", Log, ALL_LOGS) {
  Log log;
  make_topic(*log.broker, "t");
  auto group = join(*log.broker, "g");
  must(group->leave());
  CHECK(error_kind(group->commit({{{"t", 0}, {1}}})) == ErrorKind::fenced);
  CHECK(error_kind(group->poll(0ms)) == ErrorKind::fenced);
  auto again = join(*log.broker, "g");
  CHECK(must(again->poll(1s)).type == GroupEvent::Type::assigned);
}

TEST_CASE_TEMPLATE("an offset of an unknown topic is refused", Log, ALL_LOGS) {
  Log log;
  auto group = join(*log.broker, "g");
  CHECK(error_kind(group->commit({{{"nowhere", 0}, {1}}})) == ErrorKind::configuration);
}
