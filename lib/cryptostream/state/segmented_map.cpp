// Keys: segment (8 bytes) | 0 | key | time (8) | suffix (4 or 8), and where a store reads by time also, without a
// value, segment | 1 | time | suffix | key. Behind the segments, under one byte 0xff: stream time and sequence number.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/segmented_map.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace cryptostream {

namespace {

constexpr std::size_t head_size = 9;
constexpr char by_key = 0;
constexpr char by_time = 1;
constexpr std::string_view progress_key = "\xff";

// RocksDB has the JVM's segments, which are part of its rules; memory may have shorter ones.
std::int64_t interval_of(const StoreSpec& spec, bool by_segment) {
  if (by_segment && spec.segment_interval.count() > 0) return spec.segment_interval.count();
  return std::max<std::int64_t>(spec.retention.count() / 2, by_segment ? 60'000 : 1'000);
}

void set_head(std::int64_t segment, char kind, std::string& into) {
  into.clear();
  append_int64(segment, into);
  into.push_back(kind);
}

}  // namespace

// Segment by segment; the map's cursor stands in one.
class SegmentedMap::KeyCursor final : public StoreCursor {
 public:
  KeyCursor(SegmentedMap& map, BytesView key, std::int64_t from, std::int64_t to, std::int64_t last_suffix,
            Direction direction)
      : map_(map), key_(key), from_(from), to_(to), last_suffix_(last_suffix), direction_(direction) {
    segment_ = direction == Direction::forward ? map.segment_of(from) : map.segment_of(to);
  }

  Result<const StoredEntry*> next() override {
    while (from_ <= to_) {
      if (!cursor_) {
        if (!enter_segment()) break;
        CRYPTOSTREAM_TRY(open_cursor());
      }
      CRYPTOSTREAM_TRY_ASSIGN(bool more, cursor_->next());
      if (!more) {
        cursor_.reset();
        segment_ += direction_ == Direction::forward ? 1 : -1;
        continue;
      }
      // A longer key may begin with this one and the bytes of a time.
      auto found = cursor_->key();
      if (found.size() != head_size + key_.size() + time_size + map_.suffix_size_) continue;
      auto* time = found.data() + head_size + key_.size();
      auto suffix = map_.read_suffix(time + time_size);
      if (suffix > last_suffix_) continue;
      entry_ = map_.entry_of({key_, {read_int64(time)}, suffix}, cursor_->value());
      return &entry_;
    }
    from_ = 0;
    to_ = -1;
    return nullptr;
  }

 private:
  bool enter_segment() {
    auto segment = direction_ == Direction::forward ? map_.segment_from(segment_) : map_.segment_until(segment_);
    if (!segment || *segment < map_.segment_of(from_) || *segment > map_.segment_of(to_)) return false;
    segment_ = *segment;
    return true;
  }
  Result<void> open_cursor() {
    auto bound = [&](std::int64_t time, std::string& into) {
      set_head(segment_, by_key, into);
      into.append(key_);
      append_int64(time, into);
    };
    bound(from_, map_.key_);
    bound(to_, map_.index_key_);
    map_.index_key_.append(map_.suffix_size_, '\xff');  // behind every suffix, which are not negative
    CRYPTOSTREAM_TRY_ASSIGN(cursor_, map_.map_->scan(map_.key_, map_.index_key_, direction_));
    return {};
  }

  SegmentedMap& map_;
  std::string key_;
  std::int64_t from_;
  std::int64_t to_;
  std::int64_t last_suffix_;
  Direction direction_;
  std::int64_t segment_;
  std::unique_ptr<ByteCursor> cursor_;
  StoredEntry entry_{};
};

// Collects what belongs together (a time where there is an index by time, else a segment) and sorts it.
class SegmentedMap::TimeCursor final : public StoreCursor {
 public:
  TimeCursor(SegmentedMap& map, std::int64_t from, std::int64_t to)
      : map_(map), from_(from), to_(to), segment_(map.segment_of(from)) {}

  Result<const StoredEntry*> next() override {
    for (;;) {
      while (at_ < group_.size()) {
        const auto& owned = group_[at_++];
        Place place{owned.key, {owned.time}, owned.suffix};
        CRYPTOSTREAM_TRY_ASSIGN(auto stored, map_.map_->get(map_.map_key(place)));
        if (!stored) continue;  // erased since
        entry_ = map_.entry_of(place, *stored);
        return &entry_;
      }
      group_.clear();
      at_ = 0;
      CRYPTOSTREAM_TRY_ASSIGN(bool more, map_.by_time_ ? collect_time() : collect_segment());
      if (!more) return nullptr;
    }
  }

 private:
  struct Owned {
    std::string key;
    std::int64_t time;
    std::int64_t suffix;
  };

  // True as long as there may be more.
  Result<bool> collect_time() {
    if (from_ > to_) return false;
    auto segment = map_.segment_from(segment_);
    if (!segment || *segment > map_.segment_of(to_)) return false;
    segment_ = *segment;
    std::string from;
    set_head(segment_, by_time, from);
    auto until = from;
    append_int64(from_, from);
    until.back() = by_time + 1;
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_.map_->scan(from, until));
    std::optional<std::int64_t> time;
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(bool more, cursor->next());
      if (!more) break;
      auto* at = cursor->key().data() + head_size;
      auto found = read_int64(at);
      if (found > to_ || (time && found != *time)) {
        from_ = found;
        return sort();
      }
      time = found;
      auto suffix_end = head_size + time_size + map_.suffix_size_;
      group_.push_back({std::string(cursor->key().substr(suffix_end)), found, map_.read_suffix(at + time_size)});
    }
    ++segment_;
    return sort();
  }

  Result<bool> collect_segment() {
    if (from_ > to_) return false;
    auto segment = map_.segment_from(segment_);
    if (!segment || *segment > map_.segment_of(to_)) return false;
    std::string from;
    set_head(*segment, by_key, from);
    auto until = from;
    until.back() = by_key + 1;
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_.map_->scan(from, until));
    for (;;) {
      CRYPTOSTREAM_TRY_ASSIGN(bool more, cursor->next());
      if (!more) break;
      auto place = *map_.place_of(cursor->key().substr(head_size));
      if (place.time.ms >= from_ && place.time.ms <= to_)
        group_.push_back({std::string(place.key), place.time.ms, place.suffix});
    }
    segment_ = *segment + 1;
    return sort();
  }

  bool sort() {
    bool suffix_first = map_.session_ && map_.by_segment_;
    std::sort(group_.begin(), group_.end(), [&](const Owned& a, const Owned& b) {
      return suffix_first ? std::tie(a.time, a.suffix, a.key) < std::tie(b.time, b.suffix, b.key)
                          : std::tie(a.time, a.key, a.suffix) < std::tie(b.time, b.key, b.suffix);
    });
    return true;
  }

  SegmentedMap& map_;
  std::int64_t from_;
  std::int64_t to_;
  std::int64_t segment_;
  std::vector<Owned> group_;
  std::size_t at_ = 0;
  StoredEntry entry_{};
};

SegmentedMap::SegmentedMap(const StoreSpec& spec, const StoreEnvironment& environment, std::unique_ptr<ByteMap> map)
    : map_(std::move(map)),
      retention_(spec.retention.count()),
      window_size_(spec.window_size.count()),
      suffix_size_(spec.type == StoreSpec::Type::session ? 8 : 4),
      session_(spec.type == StoreSpec::Type::session),
      by_segment_(backend_of(spec, environment) == StoreBackend::rocksdb),
      by_time_(spec.time_first),
      // Windows that are read by time when they close are seen once more when they have just expired.
      keeps_one_more_(by_segment_ && by_time_ && !session_) {
  interval_ = interval_of(spec, by_segment_);
}

Result<std::unique_ptr<SegmentedMap>> SegmentedMap::open(const StoreSpec& spec, const StoreEnvironment& environment) {
  CRYPTOSTREAM_TRY_ASSIGN(auto map, open_map(spec, environment));
  std::unique_ptr<SegmentedMap> opened(new SegmentedMap(spec, environment, std::move(map)));
  CRYPTOSTREAM_TRY(opened->load());
  return opened;
}

Result<void> SegmentedMap::load() {
  CRYPTOSTREAM_TRY_ASSIGN(auto progress, map_->get(progress_key));
  if (progress) {
    stream_time_ = read_int64(progress->data());
    sequence_ = read_int32(progress->data() + time_size);
  }
  for (std::int64_t segment = 0;;) {
    set_head(segment, by_key, key_);
    CRYPTOSTREAM_TRY_ASSIGN(auto cursor, map_->scan(key_, progress_key));
    CRYPTOSTREAM_TRY_ASSIGN(bool more, cursor->next());
    if (!more) return {};
    segments_.push_back(read_int64(cursor->key().data()));
    segment = segments_.back() + 1;
  }
}

std::int64_t SegmentedMap::first_live_segment() const {
  return segment_of(std::max<std::int64_t>(0, stream_time_ - retention_ + (by_segment_ ? 0 : 1)));
}

Result<void> SegmentedMap::advance(Timestamp time) {
  if (time.ms <= stream_time_) return {};
  stream_time_ = time.ms;
  if (segments_.empty()) return {};
  auto first = first_live_segment();
  if (segments_.front() >= first) return {};
  set_head(segments_.front(), by_key, key_);
  set_head(first, by_key, index_key_);
  CRYPTOSTREAM_TRY(map_->erase_range(key_, index_key_));
  segments_.erase(segments_.begin(), std::lower_bound(segments_.begin(), segments_.end(), first));
  return {};
}

bool SegmentedMap::live(Timestamp time) const {
  if (by_segment_) return segment_of(time.ms) >= first_live_segment();
  return time.ms > stream_time_ - retention_;
}

Timestamp SegmentedMap::oldest_visible() const { return {stream_time_ - retention_ + (keeps_one_more_ ? 0 : 1)}; }

std::optional<std::int64_t> SegmentedMap::segment_from(std::int64_t segment) const {
  auto at = std::lower_bound(segments_.begin(), segments_.end(), segment);
  return at == segments_.end() ? std::nullopt : std::optional(*at);
}

std::optional<std::int64_t> SegmentedMap::segment_until(std::int64_t segment) const {
  auto at = std::upper_bound(segments_.begin(), segments_.end(), segment);
  return at == segments_.begin() ? std::nullopt : std::optional(*std::prev(at));
}

void SegmentedMap::append_suffix(std::int64_t suffix, std::string& into) const {
  suffix_size_ == 8 ? append_int64(suffix, into) : append_int32(static_cast<std::int32_t>(suffix), into);
}

std::int64_t SegmentedMap::read_suffix(const char* at) const {
  return suffix_size_ == 8 ? read_int64(at) : read_int32(at);
}

StoredEntry SegmentedMap::entry_of(const Place& place, BytesView bytes) const {
  auto stored = unpack_stored(bytes);
  auto start = session_ ? place.suffix : place.time.ms;
  // Not past the end of time.
  auto end =
      session_ ? place.time.ms : start + std::min(window_size_, std::numeric_limits<std::int64_t>::max() - start);
  return {place.key, stored.value, stored.timestamp, {start}, {end}};
}

BytesView SegmentedMap::map_key(const Place& place) {
  set_head(segment_of(place.time.ms), by_key, key_);
  key_.append(place.key);
  append_int64(place.time.ms, key_);
  append_suffix(place.suffix, key_);
  return key_;
}

BytesView SegmentedMap::index_key(const Place& place) {
  set_head(segment_of(place.time.ms), by_time, index_key_);
  append_int64(place.time.ms, index_key_);
  append_suffix(place.suffix, index_key_);
  index_key_.append(place.key);
  return index_key_;
}

BytesView SegmentedMap::changelog_key(const Place& place) { return map_key(place).substr(head_size); }

std::optional<SegmentedMap::Place> SegmentedMap::place_of(BytesView changelog_key) const {
  auto tail = time_size + suffix_size_;
  if (changelog_key.size() < tail) return std::nullopt;
  auto key_size = changelog_key.size() - tail;
  auto* time = changelog_key.data() + key_size;
  return Place{changelog_key.substr(0, key_size), {read_int64(time)}, read_suffix(time + time_size)};
}

Result<std::optional<StoredValue>> SegmentedMap::get(const Place& place) {
  if (place.time < oldest_visible()) return std::nullopt;
  CRYPTOSTREAM_TRY_ASSIGN(auto stored, map_->get(map_key(place)));
  if (!stored) return std::nullopt;
  return unpack_stored(*stored);
}

Result<void> SegmentedMap::set(const Place& place, OptionalBytesView value, Timestamp timestamp) {
  auto segment = segment_of(place.time.ms);
  if (!value) {
    CRYPTOSTREAM_TRY(map_->erase(map_key(place)));
    if (by_time_) CRYPTOSTREAM_TRY(map_->erase(index_key(place)));
    return {};
  }
  if (segments_.empty() || segments_.back() != segment) {
    auto at = std::lower_bound(segments_.begin(), segments_.end(), segment);
    if (at == segments_.end() || *at != segment) segments_.insert(at, segment);
  }
  CRYPTOSTREAM_TRY(map_->put(map_key(place), pack_stored(*value, timestamp, value_)));
  if (by_time_) CRYPTOSTREAM_TRY(map_->put(index_key(place), {}));
  return {};
}

Cursor SegmentedMap::of_key(BytesView key, Timestamp from, Timestamp to, std::int64_t last_suffix,
                            Direction direction) {
  return std::make_unique<KeyCursor>(*this, key, std::max<std::int64_t>(from.ms, 0), to.ms, last_suffix, direction);
}

Cursor SegmentedMap::of_all(Timestamp from, Timestamp to) {
  return std::make_unique<TimeCursor>(*this, std::max<std::int64_t>(from.ms, 0), to.ms);
}

std::int32_t SegmentedMap::next_sequence() {
  sequence_ = sequence_ == std::numeric_limits<std::int32_t>::max() ? 0 : sequence_ + 1;
  return sequence_;
}

Result<void> SegmentedMap::commit(std::int64_t changelog_offset) {
  value_.clear();
  append_int64(stream_time_, value_);
  append_int32(sequence_, value_);
  CRYPTOSTREAM_TRY(map_->put(progress_key, value_));
  return map_->commit(changelog_offset);
}

}  // namespace cryptostream
