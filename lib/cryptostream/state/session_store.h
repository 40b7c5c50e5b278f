// Values by key and session, kept for a retention.
#pragma once

#include <cryptostream/state/open_store.h>

#include <memory>

namespace cryptostream {

/// Of type session; without a cache.
Result<std::unique_ptr<SessionStore>> make_session_store(const StoreSpec& spec, const StoreEnvironment& environment);

}  // namespace cryptostream
