// A session store below a record cache. In the cache a session's key is key | end | start; it knows no expiry.
#include <cryptostream/state/cache_parts.h>
#include <cryptostream/state/cached_store.h>
#include <cryptostream/state/stored_bytes.h>

#include <algorithm>
#include <tuple>

namespace cryptostream {

namespace {

bool by_key(const StoredEntry& a, const StoredEntry& b) {
  return std::tie(a.end, a.key, a.start) < std::tie(b.end, b.key, b.start);
}
bool by_start(const StoredEntry& a, const StoredEntry& b) {
  return std::tie(a.end, a.start, a.key) < std::tie(b.end, b.start, b.key);
}

class CachedSessionStore final : public CachedStore<SessionStore> {
 public:
  CachedSessionStore(std::unique_ptr<SessionStore> store, RecordCache& cache, bool by_segment)
      : CachedStore(std::move(store), cache, {8, 0},  // Kafka Streams' keys here have a segment in front
                    [this](const NamedCache::Content& content) { return hand_on(content); }),
        order_of_all_(by_segment ? by_start : by_key) {}

  Result<std::optional<StoredValue>> fetch(BytesView key, Timestamp start, Timestamp end) override {
    const auto* known = cache_.get(cache_key(key, end.ms, start.ms));
    if (!known) return store_->fetch(key, start, end);
    if (!known->value) return std::nullopt;
    return StoredValue{*known->value, known->timestamp};
  }

  Result<Cursor> find(BytesView key, Timestamp earliest_end, Timestamp latest_start) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto below, store_->find(key, earliest_end, latest_start));
    auto first = std::string(cache_key(key, std::max<std::int64_t>(earliest_end.ms, 0), 0));
    auto behind = std::string(key) + '\x80';  // no time begins with this byte
    auto entries = cached_entries(first, behind, entry_of, [&](const StoredEntry& entry) {
      return entry.key.size() == key.size() && entry.start <= latest_start;
    });
    return std::make_unique<MergedCursor>(std::move(entries), std::move(below), by_key);
  }

  Result<Cursor> find_all(Timestamp earliest_end, Timestamp latest_end) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto below, store_->find_all(earliest_end, latest_end));
    auto entries = cached_entries({}, {}, entry_of, [&](const StoredEntry& entry) {
      return entry.end >= earliest_end && entry.end <= latest_end;
    });
    std::sort(entries.begin(), entries.end(),
              [&](const CachedEntry& a, const CachedEntry& b) { return order_of_all_(a.entry, b.entry); });
    return std::make_unique<MergedCursor>(std::move(entries), std::move(below), order_of_all_);
  }

  Result<bool> put(BytesView key, Timestamp start, Timestamp end, OptionalBytesView value,
                   const RecordContext& context) override {
    CRYPTOSTREAM_TRY(cache_.put(cache_key(key, end.ms, start.ms), value, context.timestamp, context));
    return true;  // it may still turn out to have expired when it leaves
  }

 private:
  BytesView cache_key(BytesView key, std::int64_t end, std::int64_t start) {
    key_.assign(key);
    append_int64(end, key_);
    append_int64(start, key_);
    return key_;
  }

  static StoredEntry entry_of(const NamedCache::Content& content) {
    StoredEntry entry;
    entry.key = BytesView(content.key).substr(0, content.key.size() - 2 * time_size);
    if (content.value) entry.value = *content.value;
    entry.timestamp = content.timestamp;
    const auto* times = content.key.data() + entry.key.size();
    entry.end.ms = read_int64(times);
    entry.start.ms = read_int64(times + time_size);
    return entry;
  }

  Result<void> hand_on(const NamedCache::Content& content) {
    auto at = entry_of(content);
    FlushedEntry entry;
    entry.key = at.key;
    entry.start = at.start;
    entry.end = at.end;
    return exit_(
        content, entry, [&] { return store_->fetch(at.key, at.start, at.end); },
        [&]() -> Result<void> {
          CRYPTOSTREAM_TRY(store_->put(at.key, at.start, at.end, content.value, content.context.view()));
          return {};
        });
  }

  MergedCursor::Before order_of_all_;
  std::string key_;
};

}  // namespace

std::unique_ptr<SessionStore> cached(std::unique_ptr<SessionStore> store, const StoreSpec&, RecordCache& cache,
                                     bool by_segment) {
  return std::make_unique<CachedSessionStore>(std::move(store), cache, by_segment);
}

}  // namespace cryptostream
