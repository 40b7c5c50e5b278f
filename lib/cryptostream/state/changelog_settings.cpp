// How the changelog topic of a store is made.
#include <cryptostream/state/open_store.h>

#include <limits>

namespace cryptostream {

namespace {

// What Kafka Streams adds to a store's retention, for clocks that differ and work that lags.
std::string with_a_day(std::chrono::milliseconds time) {
  constexpr std::int64_t day = 24 * 60 * 60 * 1000;
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return std::to_string(time.count() > most - day ? most : time.count() + day);
}

}  // namespace

std::map<std::string, std::string> changelog_settings(const StoreSpec& spec) {
  auto settings = spec.topic_settings;  // these win
  settings.try_emplace("message.timestamp.type", "CreateTime");
  switch (spec.type) {
    case StoreSpec::Type::window:
    case StoreSpec::Type::timestamped_window:
    case StoreSpec::Type::session:
      // With duplicates each key occurs once, and there is nothing to compact.
      settings.try_emplace("cleanup.policy", spec.retain_duplicates ? "delete" : "compact,delete");
      settings.try_emplace("retention.ms", with_a_day(spec.retention));
      break;
    case StoreSpec::Type::versioned:
      settings.try_emplace("cleanup.policy", "compact");
      settings.try_emplace("min.compaction.lag.ms", with_a_day(spec.retention));
      break;
    case StoreSpec::Type::key_value:
    case StoreSpec::Type::timestamped_key_value:
    case StoreSpec::Type::suppression:
    case StoreSpec::Type::join_grace:
    case StoreSpec::Type::unmatched:
      settings.try_emplace("cleanup.policy", "compact");
      break;
  }
  return settings;
}

}  // namespace cryptostream
