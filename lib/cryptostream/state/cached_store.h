// Stores below a record cache: reads see both, writes go to the cache, and what leaves it is written, logged and told
// to the listener.
#pragma once

#include <cryptostream/state/open_store.h>

#include <memory>

namespace cryptostream {

std::unique_ptr<KeyValueStore> cached(std::unique_ptr<KeyValueStore> store, const StoreSpec& spec, RecordCache& cache);
/// `time_first`: in the store below, keys have their time in front (StoreSpec::time_first, on disk).
std::unique_ptr<WindowStore> cached(std::unique_ptr<WindowStore> store, const StoreSpec& spec, RecordCache& cache,
                                    bool time_first);
/// `by_segment`: the order in which sessions of all keys come, as SegmentedMap has it.
std::unique_ptr<SessionStore> cached(std::unique_ptr<SessionStore> store, const StoreSpec& spec, RecordCache& cache,
                                     bool by_segment);

}  // namespace cryptostream
