// Values by key and window start, kept for a retention: windowed aggregates and both sides of stream-stream joins.
#pragma once

#include <cryptostream/state/open_store.h>

#include <memory>

namespace cryptostream {

/// Of type window or timestamped_window; without a cache.
Result<std::unique_ptr<WindowStore>> make_window_store(const StoreSpec& spec, const StoreEnvironment& environment);

}  // namespace cryptostream
