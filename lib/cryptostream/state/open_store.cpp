// Chooses the class that keeps what a spec describes.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/suppression_buffer.h>

#include <fmt/core.h>

namespace cryptostream {

StoreBackend backend_of(const StoreSpec& spec, const StoreEnvironment& environment) {
  auto backend = spec.backend == StoreBackend::by_configuration ? environment.backend : spec.backend;
  return backend == StoreBackend::rocksdb ? StoreBackend::rocksdb : StoreBackend::memory;
}

Result<std::unique_ptr<ByteMap>> open_map(const StoreSpec&, const StoreEnvironment&) { return memory_map(); }

Result<std::unique_ptr<StateStore>> open_store(const StoreSpec& spec, const StoreEnvironment& environment) {
  switch (spec.type) {
    case StoreSpec::Type::suppression:
      return suppression_buffer(spec.name, environment);
    case StoreSpec::Type::key_value:
    case StoreSpec::Type::timestamped_key_value:
    case StoreSpec::Type::window:
    case StoreSpec::Type::timestamped_window:
    case StoreSpec::Type::session:
    case StoreSpec::Type::versioned:
    case StoreSpec::Type::join_grace:
    case StoreSpec::Type::unmatched:
      break;
  }
  return fail(ErrorKind::internal, fmt::format("store {}: no class keeps stores of its type", spec.name));
}

}  // namespace cryptostream
