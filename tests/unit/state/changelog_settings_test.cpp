// Changelog topics are made as Kafka Streams makes them.
#include <cryptostream/state/open_store.h>

#include <doctest/doctest.h>

namespace cs = cryptostream;
using Settings = std::map<std::string, std::string>;
using Type = cs::StoreSpec::Type;

namespace {

cs::StoreSpec spec(Type type, std::int64_t retention = 0) {
  cs::StoreSpec made;
  made.name = "s";
  made.type = type;
  made.retention = std::chrono::milliseconds(retention);
  return made;
}

}  // namespace

TEST_CASE("Tables and buffers are compacted") {
  for (auto type : {Type::key_value, Type::timestamped_key_value, Type::suppression, Type::join_grace, Type::unmatched})
    CHECK(cs::changelog_settings(spec(type)) ==
          Settings{{"cleanup.policy", "compact"}, {"message.timestamp.type", "CreateTime"}});
}

TEST_CASE("Windows and sessions are compacted, and kept a day longer than in the store") {
  for (auto type : {Type::window, Type::timestamped_window, Type::session})
    CHECK(cs::changelog_settings(spec(type, 15)) == Settings{{"cleanup.policy", "compact,delete"},
                                                             {"message.timestamp.type", "CreateTime"},
                                                             {"retention.ms", "86400015"}});
}

TEST_CASE("The windows of joins are not compacted") {
  auto join = spec(Type::window, 30);
  join.retain_duplicates = true;
  CHECK(cs::changelog_settings(join) ==
        Settings{{"cleanup.policy", "delete"}, {"message.timestamp.type", "CreateTime"}, {"retention.ms", "86400030"}});
}

TEST_CASE("Versions are compacted a day after they left the history") {
  CHECK(cs::changelog_settings(spec(Type::versioned, 1000)) == Settings{{"cleanup.policy", "compact"},
                                                                        {"message.timestamp.type", "CreateTime"},
                                                                        {"min.compaction.lag.ms", "86401000"}});
}

TEST_CASE("A user's settings win, and an endless retention stays endless") {
  auto windows = spec(Type::timestamped_window, std::numeric_limits<std::int64_t>::max());
  CHECK(cs::changelog_settings(windows)["retention.ms"] == "9223372036854775807");
  windows.topic_settings = {{"retention.ms", "5"}, {"segment.bytes", "6"}};
  CHECK(cs::changelog_settings(windows) == Settings{{"cleanup.policy", "compact,delete"},
                                                    {"message.timestamp.type", "CreateTime"},
                                                    {"retention.ms", "5"},
                                                    {"segment.bytes", "6"}});
}
