#include <cryptostream/dsl/stream_join.h>

namespace cryptostream {

StreamJoinNames::StreamJoinNames(BuilderState& state, const StreamJoined& joined, JoinKind kind) {
  bool left_waits = kind != JoinKind::inner, right_waits = kind == JoinKind::outer;
  // Numbers are taken where a name is given too: only then do later ones not depend on it.
  auto named = [&](const std::string& numbered, std::string_view suffix) {
    return joined.name.empty() ? numbered : joined.name + std::string(suffix);
  };
  std::string left_suffix = right_waits ? "-outer-this-join" : "-this-join";
  std::string right_suffix = left_waits ? "-outer-other-join" : "-other-join";
  left_side = named(state.next_name("KSTREAM-WINDOWED-"), "-this-windowed");
  right_side = named(state.next_name("KSTREAM-WINDOWED-"), "-other-windowed");
  std::string_view left_prefix = right_waits ? "KSTREAM-OUTERTHIS-" : "KSTREAM-JOINTHIS-";
  auto left_numbered = state.next_name(left_prefix);
  auto right_numbered = state.next_name(left_waits ? "KSTREAM-OUTEROTHER-" : "KSTREAM-JOINOTHER-");
  left = named(left_numbered, left_suffix);
  right = named(right_numbered, right_suffix);
  merge = named(state.next_name("KSTREAM-MERGE-"), "-merge");
  auto store = [&](const std::string& numbered, const std::string& suffix) {
    return (joined.store.empty() ? numbered : joined.store + suffix) + "-store";
  };
  left_store = store(left_numbered, left_suffix);
  right_store = store(right_numbered, right_suffix);
  if (left_waits)
    unmatched_store = store("KSTREAM-OUTERSHARED-" + left_numbered.substr(left_prefix.size()),
                            right_waits ? "-outer-shared-join" : "-left-shared-join");
}

StoreSpec join_window_store(std::string name, const JoinWindows& windows, const StreamJoined& joined) {
  StoreSpec store;
  store.name = std::move(name);
  store.type = StoreSpec::Type::window;
  store.retention = windows.size() + windows.grace();
  store.window_size = windows.size();
  store.retain_duplicates = true;
  store.logging = joined.has_changelog;
  return store;
}

StoreSpec join_unmatched_store(std::string name, const StreamJoined& joined) {
  StoreSpec store;
  store.name = std::move(name);
  store.type = StoreSpec::Type::unmatched;
  store.logging = joined.has_changelog;
  return store;
}

}  // namespace cryptostream
