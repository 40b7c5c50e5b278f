// The buffer of suppress. In memory; what it held is restored from its changelog.
#pragma once

#include <cryptostream/state/open_store.h>
#include <cryptostream/state/store_buffers.h>

#include <memory>
#include <string>

namespace cryptostream {

std::unique_ptr<SuppressionBuffer> suppression_buffer(std::string name, const StoreEnvironment& environment);

}  // namespace cryptostream
