// A cursor over cache and store together.
#include <cryptostream/state/cache_parts.h>

namespace cryptostream {

Result<void> MergedCursor::peek_store() {
  if (peeked_ || store_ended_) return {};
  CRYPTOSTREAM_TRY_ASSIGN(const auto* found, store_->next());
  store_ended_ = found == nullptr;
  if (!found) return {};
  peeked_ = true;
  store_entry_ = *found;
  store_key_.assign(found->key);
  store_value_.assign(found->value);
  store_entry_.key = store_key_;
  store_entry_.value = store_value_;
  return {};
}

Result<const StoredEntry*> MergedCursor::next() {
  for (;;) {
    CRYPTOSTREAM_TRY(peek_store());
    bool cache_ended = at_ == cache_.size();
    if (cache_ended && !peeked_) return nullptr;
    if (cache_ended || (peeked_ && before_(store_entry_, cache_[at_].entry))) {
      peeked_ = false;
      return &store_entry_;
    }
    const auto& cached = cache_[at_++];
    if (peeked_ && !before_(cached.entry, store_entry_)) peeked_ = false;  // the same key: outdated in the store
    if (cached.content->value) return &cached.entry;
  }
}

}  // namespace cryptostream
