// A key-value store below a record cache.
#include <cryptostream/state/cache_parts.h>
#include <cryptostream/state/cached_store.h>
#include <cryptostream/state/stored_bytes.h>

#include <algorithm>

namespace cryptostream {

namespace {

bool key_before(const StoredEntry& a, const StoredEntry& b) { return a.key < b.key; }
bool key_behind(const StoredEntry& a, const StoredEntry& b) { return b.key < a.key; }

class CachedKeyValueStore final : public CachedStore<KeyValueStore> {
 public:
  CachedKeyValueStore(std::unique_ptr<KeyValueStore> store, const StoreSpec& spec, RecordCache& cache)
      // Kafka Streams caches the value together with its time.
      : CachedStore(std::move(store), cache, {0, spec.type == StoreSpec::Type::timestamped_key_value ? time_size : 0},
                    [this](const NamedCache::Content& content) { return hand_on(content); }) {}

  Result<std::optional<StoredValue>> get(BytesView key) override {
    if (const auto* known = cache_.get(key)) {
      if (!known->value) return std::nullopt;
      return StoredValue{*known->value, known->timestamp};
    }
    CRYPTOSTREAM_TRY_ASSIGN(auto stored, store_->get(key));
    if (!stored) return std::nullopt;
    CRYPTOSTREAM_TRY(cache_.remember(key, stored->value, stored->timestamp));
    // Making room may have written to the store, so that `stored` is no longer valid.
    if (const auto* known = cache_.get(key); known && known->value) return StoredValue{*known->value, known->timestamp};
    return store_->get(key);
  }

  Result<void> put(BytesView key, OptionalBytesView value, Timestamp timestamp, const RecordContext& context) override {
    return cache_.put(key, value, timestamp, context);
  }

  Result<Cursor> range(OptionalBytesView from, OptionalBytesView to, Direction direction) override {
    OptionalBytes behind;
    if (to) behind = std::string(*to) + '\0';
    CRYPTOSTREAM_TRY_ASSIGN(auto below, store_->range(from, to, direction));
    return merged(from, behind, std::move(below), direction);
  }
  Result<Cursor> prefix(BytesView prefix) override {
    CRYPTOSTREAM_TRY_ASSIGN(auto below, store_->prefix(prefix));
    return merged(prefix, behind_prefix(prefix), std::move(below), Direction::forward);
  }

 private:
  Result<void> hand_on(const NamedCache::Content& content) {
    FlushedEntry entry;
    entry.key = content.key;
    return exit_(
        content, entry, [&] { return store_->get(content.key); },
        [&] { return store_->put(content.key, content.value, content.timestamp, content.context.view()); });
  }

  Cursor merged(OptionalBytesView from, OptionalBytesView to, Cursor below, Direction direction) {
    auto entry_of = [](const NamedCache::Content& content) {
      StoredEntry entry;
      entry.key = content.key;
      if (content.value) entry.value = *content.value;
      entry.timestamp = content.timestamp;
      return entry;
    };
    auto entries = cached_entries(from, to, entry_of, [](const StoredEntry&) { return true; });
    bool forward = direction == Direction::forward;
    if (!forward) std::reverse(entries.begin(), entries.end());
    return std::make_unique<MergedCursor>(std::move(entries), std::move(below), forward ? key_before : key_behind);
  }
};

}  // namespace

std::unique_ptr<KeyValueStore> cached(std::unique_ptr<KeyValueStore> store, const StoreSpec& spec, RecordCache& cache) {
  return std::make_unique<CachedKeyValueStore>(std::move(store), spec, cache);
}

}  // namespace cryptostream
