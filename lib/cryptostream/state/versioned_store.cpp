// Versions of values: the latest ones by key, older ones by the segment and time of their end.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/backend.h>
#include <cryptostream/state/versioned_store.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream {

namespace {

// Rows of the map:
//   00 | key                                  -> int64 since | value                   the latest version
//   01 | int64 segment | int32 length | key | int64 until -> int64 since | there | value   an older one
//   02                                        -> int64 stream time
// An older row without a value says that the key was deleted in that time. One whose two times are equal says only
// that it was deleted then, and no more is known of the time before.
constexpr char latest_prefix = 0;
constexpr char older_prefix = 1;
constexpr std::string_view behind_latest = "\x01";
constexpr std::string_view progress_key = "\x02";
constexpr std::size_t time_size = 8;
constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

// Kafka Streams' defaults.
std::int64_t default_segment_interval(std::int64_t history) {
  constexpr std::int64_t minute = 60'000;
  if (history <= minute) return std::max<std::int64_t>(history / 3, 2'000);
  if (history <= 5 * minute) return std::max<std::int64_t>(history / 5, 20'000);
  if (history <= 60 * minute) return std::max<std::int64_t>(history / 12, minute);
  return std::max<std::int64_t>(history / 24, 5 * minute);
}

class VersionsCursor final : public StoreCursor {
 public:
  struct Version {
    std::string value;
    Timestamp since;
    Timestamp until;
  };
  explicit VersionsCursor(BytesView key) : key_(key) {}
  std::vector<Version>& versions() { return versions_; }
  Result<const StoredEntry*> next() override {
    if (at_ == versions_.size()) return nullptr;
    const auto& version = versions_[at_++];
    entry_ = {key_, version.value, version.since, {}, version.until};
    return &entry_;
  }

 private:
  std::string key_;
  std::vector<Version> versions_;
  std::size_t at_ = 0;
  StoredEntry entry_;
};

class LatestCursor final : public StoreCursor {
 public:
  explicit LatestCursor(std::unique_ptr<ByteCursor> cursor) : cursor_(std::move(cursor)) {}
  Result<const StoredEntry*> next() override {
    CRYPTOSTREAM_TRY_ASSIGN(bool there, cursor_->next());
    if (!there) return nullptr;
    auto value = cursor_->value();
    entry_ = {cursor_->key().substr(1), value.substr(time_size), {read_int64(value.data())}, {}, {for_ever}};
    return &entry_;
  }

 private:
  std::unique_ptr<ByteCursor> cursor_;
  StoredEntry entry_;
};

class MapVersionedStore final : public VersionedStore {
 public:
  MapVersionedStore(const StoreSpec& spec, const StoreEnvironment& environment, std::unique_ptr<ByteMap> map)
      : VersionedStore(spec.name),
        history_(spec.retention.count()),
        interval_(spec.segment_interval.count() > 0 ? spec.segment_interval.count()
                                                    : default_segment_interval(history_)),
        map_(std::move(map)),
        changelog_(changelog_of(spec, environment)),
        dropped_(environment.dropped) {}

  Result<void> load() {
    CRYPTOSTREAM_TRY_ASSIGN(auto progress, map_->get(progress_key));
    if (progress) stream_time_ = {read_int64(progress->data())};
    for (std::int64_t segment = 0;; segment = segments_.back() + 1) {
      CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_->scan(segment_key(segment), progress_key));
      CRYPTOSTREAM_TRY_ASSIGN(bool there, cursor->next());
      if (!there) return {};
      segments_.push_back(read_int64(cursor->key().data() + 1));
    }
  }

  Result<std::optional<Version>> get(BytesView key) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto latest, find_latest(key));
    if (!latest) return std::nullopt;
    return Version{latest->value, latest->since, std::nullopt};
  }

  Result<std::optional<Version>> get(BytesView key, Timestamp as_of) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto latest, find_latest(key));
    if (latest && latest->since <= as_of) return Version{latest->value, latest->since, std::nullopt};
    if (as_of < history_begin()) return std::nullopt;
    CRYPTOSTREAM_TRY_ASSIGN(bool found, find_older(key, as_of));
    if (!found || older_.since > as_of || !older_.there) return std::nullopt;
    return Version{older_.value, older_.since, older_.until};
  }

  Result<Put> put(BytesView key, OptionalBytesView value, Timestamp timestamp, const RecordContext&) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto done, apply(key, value, timestamp));
    if (done.outcome == Put::Outcome::expired && dropped_) dropped_();
    if (changelog_) CRYPTOSTREAM_TRY(changelog_->append(key, value, timestamp, {}));
    return done;
  }

  Result<Cursor> versions(BytesView key) override {
    auto found = std::make_unique<VersionsCursor>(key);
    CRYPTOSTREAM_TRY_ASSIGN(auto latest, find_latest(key));
    if (latest) found->versions().push_back({std::string(latest->value), latest->since, {for_ever}});
    for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
      CRYPTOSTREAM_TRY_ASSIGN(auto cursor,
                              map_->scan(older_key(*segment, key, {0}), older_end(*segment, key), Direction::backward));
      while (true) {
        CRYPTOSTREAM_TRY_ASSIGN(bool more, cursor->next());
        if (!more) break;
        read_older(*cursor);
        if (older_.until <= history_begin()) return found;
        if (older_.there) found->versions().push_back({older_.value, older_.since, older_.until});
      }
    }
    return found;
  }

  Result<Cursor> all() override {
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_->scan(std::nullopt, behind_latest));
    return std::make_unique<LatestCursor>(std::move(cursor));
  }

  Result<void> commit(std::int64_t changelog_offset) override {
    if (std::exchange(progressed_, false)) {
      row_.clear();
      append_int64(stream_time_.ms, row_);
      CRYPTOSTREAM_TRY(map_->put(progress_key, row_));
    }
    return map_->commit(changelog_offset);
  }

  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp timestamp, HeadersView) override {
    CRYPTOSTREAM_TRY(apply(key, value, timestamp));
    return {};
  }

 private:
  struct Latest {
    BytesView value;
    Timestamp since;
  };
  struct Older {
    Timestamp since;
    Timestamp until;
    bool there = false;
    std::string value;
  };

  Timestamp history_begin() const { return {stream_time_.ms - history_}; }
  std::int64_t segment_of(Timestamp time) const { return std::max<std::int64_t>(time.ms, 0) / interval_; }

  Result<Put> apply(BytesView key, OptionalBytesView value, Timestamp timestamp) {
    if (timestamp < history_begin()) return Put{Put::Outcome::expired, {}};
    auto newest = stream_time_ < timestamp;
    if (newest) CRYPTOSTREAM_TRY(advance(timestamp));
    CRYPTOSTREAM_TRY_ASSIGN(auto latest, find_latest(key));
    if (latest && latest->since <= timestamp) {
      if (latest->since < timestamp) CRYPTOSTREAM_TRY(put_older(key, latest->since, timestamp, latest->value));
      CRYPTOSTREAM_TRY(put_latest(key, value, timestamp));
      return Put{};
    }
    auto latest_since = latest ? std::optional(latest->since) : std::nullopt;

    // What holds at `timestamp`, or else the first that holds later.
    CRYPTOSTREAM_TRY_ASSIGN(bool found, find_older(key, timestamp));
    if (found && older_.since <= timestamp) {
      auto until = older_.until;
      if (older_.since < timestamp)
        CRYPTOSTREAM_TRY(
            put_older(key, older_.since, timestamp, older_.there ? OptionalBytesView(older_.value) : std::nullopt));
      CRYPTOSTREAM_TRY(put_older(key, timestamp, until, value));
      return Put{Put::Outcome::older, until};
    }
    if (found || latest_since) {
      auto until = found ? older_.since : *latest_since;
      CRYPTOSTREAM_TRY(put_older(key, timestamp, until, value));
      return Put{Put::Outcome::older, until};
    }

    // Nothing is known of any later time. As in Kafka Streams, that is also so where the latest version was deleted at
    // its own time and began where no other ended: such a deletion leaves no trace.
    if (value) {
      CRYPTOSTREAM_TRY(put_latest(key, value, timestamp));
      return Put{};
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto ended, map_->get(older_key(segment_of(timestamp), key, timestamp)));
    if (!ended) CRYPTOSTREAM_TRY(put_older(key, timestamp, timestamp, std::nullopt));
    return Put{};
  }

  Result<void> advance(Timestamp stream_time) {
    stream_time_ = stream_time;
    progressed_ = true;
    auto first = segment_of(history_begin());
    if (segments_.empty() || segments_.front() >= first) return {};
    CRYPTOSTREAM_TRY(map_->erase_range(segment_key(segments_.front()), segment_key(first)));
    segments_.erase(segments_.begin(), std::lower_bound(segments_.begin(), segments_.end(), first));
    return {};
  }

  Result<std::optional<Latest>> find_latest(BytesView key) {
    key_.assign(1, latest_prefix).append(key);
    CRYPTOSTREAM_TRY_ASSIGN(auto row, map_->get(key_));
    if (!row) return std::nullopt;
    return Latest{row->substr(time_size), {read_int64(row->data())}};
  }

  Result<void> put_latest(BytesView key, OptionalBytesView value, Timestamp since) {
    key_.assign(1, latest_prefix).append(key);
    if (!value) return map_->erase(key_);
    row_.clear();
    append_int64(since.ms, row_);
    row_ += *value;
    return map_->put(key_, row_);
  }

  Result<void> put_older(BytesView key, Timestamp since, Timestamp until, OptionalBytesView value) {
    row_.clear();
    append_int64(since.ms, row_);
    row_ += static_cast<char>(value.has_value());
    row_ += value.value_or(BytesView());
    auto segment = segment_of(until);
    auto place = std::lower_bound(segments_.begin(), segments_.end(), segment);
    if (place == segments_.end() || *place != segment) segments_.insert(place, segment);
    return map_->put(older_key(segment, key, until), row_);
  }

  // The first older version of `key` that ends after `time`, in `older_`.
  Result<bool> find_older(BytesView key, Timestamp time) {
    if (time >= stream_time_) return false;  // nothing ends later than that
    for (auto segment = std::lower_bound(segments_.begin(), segments_.end(), segment_of(time));
         segment != segments_.end(); ++segment) {
      CRYPTOSTREAM_TRY_ASSIGN(auto cursor,
                              map_->scan(older_key(*segment, key, {time.ms + 1}), older_end(*segment, key)));
      CRYPTOSTREAM_TRY_ASSIGN(bool there, cursor->next());
      if (there) {
        read_older(*cursor);
        return true;
      }
    }
    return false;
  }

  void read_older(const ByteCursor& cursor) {
    auto key = cursor.key();
    auto row = cursor.value();
    older_.since = {read_int64(row.data())};
    older_.until = {read_int64(key.data() + key.size() - time_size)};
    older_.there = row[time_size] != 0;
    older_.value.assign(row.substr(time_size + 1));
  }

  static std::string segment_key(std::int64_t segment) {
    std::string key(1, older_prefix);
    append_int64(segment, key);
    return key;
  }
  static void write_older_key(std::int64_t segment, BytesView key, Timestamp until, std::string& into) {
    into.assign(1, older_prefix);
    append_int64(segment, into);
    append_int32(static_cast<std::int32_t>(key.size()), into);
    into += key;
    append_int64(until.ms, into);
  }
  const std::string& older_key(std::int64_t segment, BytesView key, Timestamp until) {
    write_older_key(segment, key, until, key_);
    return key_;
  }
  // Behind all rows of the key in the segment: times are not negative.
  const std::string& older_end(std::int64_t segment, BytesView key) {
    write_older_key(segment, key, {-1}, end_);
    return end_;
  }

  const std::int64_t history_;
  const std::int64_t interval_;
  std::unique_ptr<ByteMap> map_;
  Changelog* changelog_;
  std::function<void()> dropped_;
  Timestamp stream_time_{-1};
  bool progressed_ = false;             // since the last commit
  std::vector<std::int64_t> segments_;  // that have rows, ascending
  Older older_;
  std::string key_;  // buffers, used again
  std::string end_;
  std::string row_;
};

}  // namespace

Result<std::unique_ptr<VersionedStore>> make_versioned_store(const StoreSpec& spec, const StoreEnvironment& environment,
                                                             std::unique_ptr<ByteMap> map) {
  auto store = std::make_unique<MapVersionedStore>(spec, environment, std::move(map));
  auto loaded = store->load();
  if (!loaded) return fail(std::move(loaded).error().with_context(spec.name));
  return store;
}

}  // namespace cryptostream
