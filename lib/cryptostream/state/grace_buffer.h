// The buffer of a stream-table join with grace, over any map.
#pragma once

#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/store_buffers.h>

#include <memory>

namespace cryptostream {

/// `spec.retention` is the grace. Map and changelog have the same keys, `00 | int64 time | key | int32 number`, and the
/// same values, those of state/buffered_bytes.h. The map also keeps the stream time, which only buffered records
/// advance. Errors: those of the map.
Result<std::unique_ptr<GraceBuffer>> make_grace_buffer(const StoreSpec& spec, const StoreEnvironment& environment,
                                                       std::unique_ptr<ByteMap> map);

}  // namespace cryptostream
