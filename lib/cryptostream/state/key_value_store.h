// One value a key over a ByteMap: the stores of tables and processors.
#pragma once

#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/open_store.h>

#include <memory>

namespace cryptostream {

/// Of type key_value or timestamped_key_value; without a cache.
std::unique_ptr<KeyValueStore> make_key_value_store(const StoreSpec& spec, const StoreEnvironment& environment,
                                                    std::unique_ptr<ByteMap> map);

}  // namespace cryptostream
