// The buffer of suppress. In memory; what it held is restored from its changelog.
#pragma once

#include <cryptostream/state/open_store.h>
#include <cryptostream/state/store_buffers.h>

#include <memory>

namespace cryptostream {

std::unique_ptr<SuppressionBuffer> make_suppression_buffer(const StoreSpec& spec, const StoreEnvironment& environment);

}  // namespace cryptostream
