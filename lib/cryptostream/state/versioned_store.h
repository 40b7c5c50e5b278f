// All versions of a value within a history, over any map.
#pragma once

#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/state_store.h>

#include <memory>

namespace cryptostream {

/// `spec.retention` is the history. The latest version of a key is found by one look-up, and is the only one that
/// lasts; older ones lie in segments by the time when they ceased to hold, and leave the map a segment at a time.
/// Errors: those of the map.
Result<std::unique_ptr<VersionedStore>> make_versioned_store(const StoreSpec& spec, const StoreEnvironment& environment,
                                                             std::unique_ptr<ByteMap> map);

}  // namespace cryptostream
