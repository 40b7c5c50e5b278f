// What the caching stores share: a cursor over cache and store together, and the way out of the cache.
#pragma once

#include <cryptostream/state/named_cache.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// An entry of the cache as a cursor shows it; the views lie in `content`.
struct CachedEntry {
  NamedCache::Held content;
  StoredEntry entry{};
};

/// Merges entries of the cache, which win, with those of the store below. Both are in the order `before`.
class MergedCursor final : public StoreCursor {
 public:
  using Before = bool (*)(const StoredEntry&, const StoredEntry&);
  MergedCursor(std::vector<CachedEntry> cache, Cursor store, Before before)
      : cache_(std::move(cache)), store_(std::move(store)), before_(before) {}
  Result<const StoredEntry*> next() override;

 private:
  Result<void> peek_store();

  std::vector<CachedEntry> cache_;
  std::size_t at_ = 0;
  Cursor store_;
  Before before_;
  bool peeked_ = false;
  bool store_ended_ = false;
  StoredEntry store_entry_{};  // a copy, since the store may be written to before it is its turn
  std::string store_key_;
  std::string store_value_;
};

/// Takes an update out of the cache as Kafka Streams does: what was put and deleted without ever leaving is forgotten;
/// else the store is written first, then the listener told.
struct CacheExit {
  FlushListener listener{};
  bool wants_old = false;

  template <class Old, class Write>
  Result<void> operator()(const NamedCache::Content& content, FlushedEntry entry, const Old& old, const Write& write) {
    if (!listener) return write();
    if (!content.value || wants_old) {
      CRYPTOSTREAM_TRY_ASSIGN(std::optional<StoredValue> before, old());
      if (!content.value && !before) return {};
      if (before && wants_old) {
        old_value_.assign(before->value);
        entry.before = StoredValue{old_value_, before->timestamp};
      }
    }
    CRYPTOSTREAM_TRY(write());
    if (content.value) entry.now = StoredValue{*content.value, content.timestamp};
    entry.context = content.context.view();
    return listener(entry);
  }

 private:
  std::string old_value_;
};

/// A store below a record cache, as far as all kinds are alike. Store: KeyValueStore, WindowStore or SessionStore.
template <class Store>
class CachedStore : public Store {
 public:
  Result<void> flush() override {
    CRYPTOSTREAM_TRY(cache_.flush());
    return store_->flush();
  }
  Result<void> commit(std::int64_t changelog_offset) override { return store_->commit(changelog_offset); }
  bool caches() const override { return true; }
  void on_flush(FlushListener listener, bool wants_old) override {
    exit_.listener = std::move(listener);
    exit_.wants_old = wants_old;
  }
  Result<void> restore(BytesView key, OptionalBytesView value, Timestamp timestamp, HeadersView headers) override {
    return store_->restore(key, value, timestamp, headers);
  }

 protected:
  CachedStore(std::unique_ptr<Store> store, RecordCache& cache, NamedCache::Overhead overhead,
              NamedCache::HandOn hand_on)
      : Store(store->name()), store_(std::move(store)), cache_(cache, overhead, std::move(hand_on)) {}

  /// The cache's entries with keys in [from, to) that are `wanted`; `entry_of` reads a cache key.
  template <class EntryOf, class Wanted>
  std::vector<CachedEntry> cached_entries(OptionalBytesView from, OptionalBytesView to, const EntryOf& entry_of,
                                          const Wanted& wanted) {
    std::vector<CachedEntry> entries;
    for (auto& content : cache_.range(from, to)) {
      auto entry = entry_of(*content);
      if (wanted(entry)) entries.push_back({std::move(content), entry});
    }
    return entries;
  }

  std::unique_ptr<Store> store_;
  CacheExit exit_;
  NamedCache cache_;
};

}  // namespace cryptostream
