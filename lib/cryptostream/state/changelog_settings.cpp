// The settings of changelog topics, as Kafka Streams makes them.
#include <cryptostream/state/open_store.h>

namespace cryptostream {
namespace {

// windowstore.changelog.additional.retention.ms: a topic keeps windows a day longer than their store, since brokers'
// clocks are not stream time.
constexpr std::chrono::milliseconds longer_than_store = std::chrono::hours(24);

}  // namespace

std::map<std::string, std::string> changelog_settings(const StoreSpec& spec) {
  std::map<std::string, std::string> settings{{"message.timestamp.type", "CreateTime"}};
  auto kept = std::to_string((spec.retention + longer_than_store).count());
  switch (spec.type) {
    case StoreSpec::Type::window:
    case StoreSpec::Type::timestamped_window:
    case StoreSpec::Type::session:
      // Values that share a key and window must all stay.
      settings["cleanup.policy"] = spec.retain_duplicates ? "delete" : "compact,delete";
      settings["retention.ms"] = kept;
      break;
    case StoreSpec::Type::versioned:
      settings["cleanup.policy"] = "compact";
      settings["min.compaction.lag.ms"] = kept;
      break;
    case StoreSpec::Type::key_value:
    case StoreSpec::Type::timestamped_key_value:
    case StoreSpec::Type::suppression:
    case StoreSpec::Type::join_grace:
    case StoreSpec::Type::unmatched:
      settings["cleanup.policy"] = "compact";
      break;
  }
  for (const auto& [name, value] : spec.topic_settings) settings[name] = value;
  return settings;
}

}  // namespace cryptostream
