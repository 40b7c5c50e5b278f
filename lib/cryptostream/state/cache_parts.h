// What the caching stores share: a cursor over cache and store together, and the way out of the cache.
#pragma once

#include <cryptostream/state/named_cache.h>

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

}  // namespace cryptostream
