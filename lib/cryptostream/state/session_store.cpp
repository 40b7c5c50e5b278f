// Values by key and session; in the changelog key | end | start.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/segmented_map.h>
#include <cryptostream/state/session_store.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace cryptostream {

namespace {

constexpr Timestamp end_of_time{std::numeric_limits<std::int64_t>::max()};

class MapSessionStore final : public SessionStore {
 public:
  MapSessionStore(const StoreSpec& spec, const StoreEnvironment& environment, std::unique_ptr<SegmentedMap> map)
      : SessionStore(spec.name),
        changelog_(changelog_of(spec, environment)),
        dropped_(environment.dropped),
        map_(std::move(map)) {}

  Result<std::optional<StoredValue>> fetch(BytesView key, Timestamp start, Timestamp end) override {
    return map_->get({key, end, start.ms});
  }

  Result<Cursor> find(BytesView key, Timestamp earliest_end, Timestamp latest_start) override {
    return map_->of_key(key, std::max(earliest_end, map_->oldest_visible()), end_of_time, latest_start.ms,
                        Direction::forward);
  }

  Result<Cursor> find_all(Timestamp earliest_end, Timestamp latest_end) override {
    // By RocksDB's rules this reads whatever its segments still hold.
    auto from = map_->by_segment() ? earliest_end : std::max(earliest_end, map_->oldest_visible());
    return map_->of_all(from, latest_end);
  }

  Result<bool> put(BytesView key, Timestamp start, Timestamp end, OptionalBytesView value,
                   const RecordContext& context) override {
    SegmentedMap::Place place{key, end, start.ms};
    CRYPTOSTREAM_TRY_ASSIGN(bool kept, set(place, value, context.timestamp));
    if (!kept && dropped_) dropped_();
    if (changelog_) CRYPTOSTREAM_TRY(changelog_->append(map_->changelog_key(place), value, context.timestamp, {}));
    return kept;
  }

  Result<void> commit(std::int64_t changelog_offset) override { return map_->commit(changelog_offset); }

  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp timestamp, HeadersView) override {
    auto place = map_->place_of(key);
    if (!place) return fail(ErrorKind::bad_record, "a changelog key is too short for a session: " + name());
    CRYPTOSTREAM_TRY(set(*place, value, timestamp));
    return {};
  }

 private:
  // False if it had expired. A null is a put like others: an aggregator may give one for a new session.
  Result<bool> set(const SegmentedMap::Place& place, OptionalBytesView value, Timestamp time) {
    CRYPTOSTREAM_TRY(map_->advance(place.time));
    if (!map_->live(place.time)) return false;
    CRYPTOSTREAM_TRY(map_->set(place, value, time));
    return true;
  }

  Changelog* changelog_;
  std::function<void()> dropped_;
  std::unique_ptr<SegmentedMap> map_;
};

}  // namespace

Result<std::unique_ptr<SessionStore>> make_session_store(const StoreSpec& spec, const StoreEnvironment& environment) {
  CRYPTOSTREAM_TRY_ASSIGN(auto map, SegmentedMap::open(spec, environment));
  return std::make_unique<MapSessionStore>(spec, environment, std::move(map));
}

}  // namespace cryptostream
