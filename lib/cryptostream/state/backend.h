// Which backend a store has, and the ByteMap that this means.
#pragma once

#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/open_store.h>

#include <memory>

namespace cryptostream {

/// What `spec.backend` means in `environment`: memory or rocksdb, never by_configuration. It decides the rules of
/// expiry, also where rocksdb has no directory and the map is in memory.
StoreBackend backend_of(const StoreSpec& spec, const StoreEnvironment& environment);

/// The map that holds the store's contents.
Result<std::unique_ptr<ByteMap>> open_map(const StoreSpec& spec, const StoreEnvironment& environment);

}  // namespace cryptostream
