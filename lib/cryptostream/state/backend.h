// What a spec means in an environment: the backend, the ByteMap, the changelog.
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

/// Where the store logs its changes; null if it does not.
Changelog* changelog_of(const StoreSpec& spec, const StoreEnvironment& environment);

}  // namespace cryptostream
