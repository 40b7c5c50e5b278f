// What a spec means in an environment.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/rocksdb.h>

namespace cryptostream {

StoreBackend backend_of(const StoreSpec& spec, const StoreEnvironment& environment) {
  auto backend = spec.backend == StoreBackend::by_configuration ? environment.backend : spec.backend;
  return backend == StoreBackend::rocksdb ? StoreBackend::rocksdb : StoreBackend::memory;
}

Result<std::unique_ptr<ByteMap>> open_map(const StoreSpec& spec, const StoreEnvironment& environment) {
  if (environment.directory && backend_of(spec, environment) == StoreBackend::rocksdb)
    return environment.directory->map(spec.name);
  return memory_map();
}

Changelog* changelog_of(const StoreSpec& spec, const StoreEnvironment& environment) {
  return spec.logging && spec.source_topic.empty() ? environment.changelog : nullptr;
}

}  // namespace cryptostream
