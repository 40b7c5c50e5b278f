// What a left or outer stream-stream join has not matched, over any map.
#pragma once

#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/store_buffers.h>

#include <memory>

namespace cryptostream {

/// Map and changelog have the same keys, `int64 time | side | key`, and the same values, packed.
std::unique_ptr<UnmatchedStore> make_unmatched_store(const StoreSpec& spec, const StoreEnvironment& environment,
                                                     std::unique_ptr<ByteMap> map);

}  // namespace cryptostream
