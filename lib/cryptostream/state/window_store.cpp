// Values by key and window start; in the changelog key | start | sequence number.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/segmented_map.h>
#include <cryptostream/state/window_store.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

namespace cryptostream {

namespace {

constexpr auto any_suffix = std::numeric_limits<std::int64_t>::max();

class MapWindowStore final : public WindowStore {
 public:
  MapWindowStore(const StoreSpec& spec, const StoreEnvironment& environment, std::unique_ptr<SegmentedMap> map)
      : WindowStore(spec.name),
        timestamped_(spec.type == StoreSpec::Type::timestamped_window),
        duplicates_(spec.retain_duplicates),
        changelog_(changelog_of(spec, environment)),
        dropped_(environment.dropped),
        map_(std::move(map)) {}

  Result<std::optional<StoredValue>> fetch(BytesView key, Timestamp start) override {
    if (!duplicates_) return map_->get({key, start, 0});
    CRYPTOSTREAM_TRY_ASSIGN(found_, fetch(key, start, start, Direction::forward));
    CRYPTOSTREAM_TRY_ASSIGN(const auto* first, found_->next());
    if (!first) return std::nullopt;
    return StoredValue{first->value, first->timestamp};
  }

  Result<Cursor> fetch(BytesView key, Timestamp from, Timestamp to, Direction direction) override {
    return map_->of_key(key, std::max(from, map_->oldest_visible()), to, any_suffix, direction);
  }

  Result<Cursor> fetch_all(Timestamp from, Timestamp to) override {
    return map_->of_all(std::max(from, map_->oldest_visible()), to);
  }

  Result<bool> put(BytesView key, OptionalBytesView value, Timestamp timestamp, Timestamp start,
                   const RecordContext& context) override {
    SegmentedMap::Place place{key, start, duplicates_ ? map_->next_sequence() : 0};
    auto time = value && timestamped_ ? timestamp : context.timestamp;
    CRYPTOSTREAM_TRY_ASSIGN(bool kept, set(place, value, time));
    if (!kept && dropped_) dropped_();
    // The stores of stream-stream joins log the record's headers, those of aggregates do not.
    auto headers = timestamped_ ? HeadersView() : context.headers;
    if (changelog_) CRYPTOSTREAM_TRY(changelog_->append(map_->changelog_key(place), value, time, headers));
    return kept;
  }

  Result<void> commit(std::int64_t changelog_offset) override { return map_->commit(changelog_offset); }

  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp timestamp, HeadersView) override {
    auto place = map_->place_of(key);
    if (!place) return fail(ErrorKind::bad_record, "a changelog key is too short for a window: " + name());
    if (duplicates_) map_->restored_sequence(static_cast<std::int32_t>(place->suffix));
    CRYPTOSTREAM_TRY(set(*place, value, timestamp));
    return {};
  }

 private:
  // False if it had expired.
  Result<bool> set(const SegmentedMap::Place& place, OptionalBytesView value, Timestamp time) {
    // Null beside duplicates removes nothing. In memory it moves stream time all the same, and can be late.
    bool idle = !value && duplicates_;
    if (idle && map_->by_segment()) return true;
    CRYPTOSTREAM_TRY(map_->advance(place.time));
    if (!map_->live(place.time)) return false;
    if (!idle) CRYPTOSTREAM_TRY(map_->set(place, value, time));
    return true;
  }

  bool timestamped_;
  bool duplicates_;
  Changelog* changelog_;
  std::function<void()> dropped_;
  std::unique_ptr<SegmentedMap> map_;
  Cursor found_;  // holds the value that fetch() of one window returned
};

}  // namespace

Result<std::unique_ptr<WindowStore>> make_window_store(const StoreSpec& spec, const StoreEnvironment& environment) {
  CRYPTOSTREAM_TRY_ASSIGN(auto map, SegmentedMap::open(spec, environment));
  return std::make_unique<MapWindowStore>(spec, environment, std::move(map));
}

}  // namespace cryptostream
