// A window store below a record cache. In the cache a window's key is key | start; it knows no expiry.
#include <cryptostream/state/cache_parts.h>
#include <cryptostream/state/cached_store.h>
#include <cryptostream/state/stored_bytes.h>

#include <algorithm>
#include <limits>
#include <tuple>

namespace cryptostream {

namespace {

bool start_before(const StoredEntry& a, const StoredEntry& b) {
  return std::tie(a.start, a.key) < std::tie(b.start, b.key);
}
bool start_behind(const StoredEntry& a, const StoredEntry& b) { return start_before(b, a); }

class CachedWindowStore final : public CachedStore<WindowStore> {
 public:
  CachedWindowStore(std::unique_ptr<WindowStore> store, const StoreSpec& spec, RecordCache& cache, bool time_first)
      // Kafka Streams' keys here have a segment in front and a sequence number behind; with time in front also a kind.
      : CachedStore(std::move(store), cache,
                    {8 + 4 + (time_first ? 1u : 0u), spec.type == StoreSpec::Type::timestamped_window ? time_size : 0},
                    [this](const NamedCache::Content& content) { return hand_on(content); }),
        window_size_(spec.window_size.count()) {}

  Result<std::optional<StoredValue>> fetch(BytesView key, Timestamp start) override {
    const auto* known = cache_.get(cache_key(key, start.ms));
    if (!known) return store_->fetch(key, start);
    if (!known->value) return std::nullopt;
    return StoredValue{*known->value, known->timestamp};
  }

  Result<Cursor> fetch(BytesView key, Timestamp from, Timestamp to, Direction direction) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto below, store_->fetch(key, from, to, direction));
    auto first = std::string(cache_key(key, std::max<std::int64_t>(from.ms, 0)));
    auto behind = std::string(cache_key(key, to.ms)) + '\0';
    bool forward = direction == Direction::forward;
    auto entries = entries_in(first, behind, [&](const StoredEntry& entry) { return entry.key.size() == key.size(); });
    if (!forward) std::reverse(entries.begin(), entries.end());
    return std::make_unique<MergedCursor>(std::move(entries), std::move(below), forward ? start_before : start_behind);
  }

  Result<Cursor> fetch_all(Timestamp from, Timestamp to) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto below, store_->fetch_all(from, to));
    auto entries =
        entries_in({}, {}, [&](const StoredEntry& entry) { return entry.start >= from && entry.start <= to; });
    std::sort(entries.begin(), entries.end(),
              [](const CachedEntry& a, const CachedEntry& b) { return start_before(a.entry, b.entry); });
    return std::make_unique<MergedCursor>(std::move(entries), std::move(below), start_before);
  }

  Result<bool> put(BytesView key, OptionalBytesView value, Timestamp timestamp, Timestamp start,
                   const RecordContext& context) override {
    CRYPTOSTREAM_TRY(cache_.put(cache_key(key, start.ms), value, timestamp, context));
    return true;  // it may still turn out to have expired when it leaves
  }

 private:
  BytesView cache_key(BytesView key, std::int64_t start) {
    key_.assign(key);
    append_int64(start, key_);
    return key_;
  }

  StoredEntry entry_of(const NamedCache::Content& content) const {
    StoredEntry entry;
    entry.key = BytesView(content.key).substr(0, content.key.size() - time_size);
    if (content.value) entry.value = *content.value;
    entry.timestamp = content.timestamp;
    entry.start.ms = read_int64(content.key.data() + entry.key.size());
    auto room = std::numeric_limits<std::int64_t>::max() - entry.start.ms;
    entry.end.ms = entry.start.ms + std::min(window_size_, room);
    return entry;
  }

  template <class Wanted>
  std::vector<CachedEntry> entries_in(OptionalBytesView from, OptionalBytesView to, const Wanted& wanted) {
    return cached_entries(
        from, to, [this](const NamedCache::Content& content) { return entry_of(content); }, wanted);
  }

  Result<void> hand_on(const NamedCache::Content& content) {
    auto at = entry_of(content);
    FlushedEntry entry;
    entry.key = at.key;
    entry.start = at.start;
    entry.end = at.end;
    return exit_(
        content, entry, [&] { return store_->fetch(at.key, at.start); },
        [&]() -> Result<void> {
          CRYPTOSTREAM_TRY(store_->put(at.key, content.value, content.timestamp, at.start, content.context.view()));
          return {};
        });
  }

  std::int64_t window_size_;
  std::string key_;
};

}  // namespace

std::unique_ptr<WindowStore> cached(std::unique_ptr<WindowStore> store, const StoreSpec& spec, RecordCache& cache,
                                    bool time_first) {
  return std::make_unique<CachedWindowStore>(std::move(store), spec, cache, time_first);
}

}  // namespace cryptostream
