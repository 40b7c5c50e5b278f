// Chooses the class that keeps what a spec describes.
#include <cryptostream/state/backend.h>
#include <cryptostream/state/cached_store.h>
#include <cryptostream/state/grace_buffer.h>
#include <cryptostream/state/key_value_store.h>
#include <cryptostream/state/open_store.h>
#include <cryptostream/state/session_store.h>
#include <cryptostream/state/suppression_buffer.h>
#include <cryptostream/state/unmatched_store.h>
#include <cryptostream/state/versioned_store.h>
#include <cryptostream/state/window_store.h>

#include <fmt/core.h>

#include <utility>

namespace cryptostream {

Result<std::unique_ptr<StateStore>> open_store(const StoreSpec& spec, const StoreEnvironment& environment) {
  // The cache keeps one value a key.
  bool caching = spec.caching && environment.cache && !spec.retain_duplicates;
  switch (spec.type) {
    case StoreSpec::Type::key_value:
    case StoreSpec::Type::timestamped_key_value: {
      CRYPTOSTREAM_TRY_ASSIGN(auto map, open_map(spec, environment));
      auto store = make_key_value_store(spec, environment, std::move(map));
      return caching ? cached(std::move(store), spec, *environment.cache) : std::move(store);
    }
    case StoreSpec::Type::window:
    case StoreSpec::Type::timestamped_window: {
      CRYPTOSTREAM_TRY_ASSIGN(auto store, make_window_store(spec, environment));
      bool time_first = spec.time_first && backend_of(spec, environment) == StoreBackend::rocksdb;
      return caching ? cached(std::move(store), spec, *environment.cache, time_first) : std::move(store);
    }
    case StoreSpec::Type::session: {
      CRYPTOSTREAM_TRY_ASSIGN(auto store, make_session_store(spec, environment));
      bool by_segment = backend_of(spec, environment) == StoreBackend::rocksdb;
      return caching ? cached(std::move(store), spec, *environment.cache, by_segment) : std::move(store);
    }
    case StoreSpec::Type::suppression:
      return make_suppression_buffer(spec, environment);
    case StoreSpec::Type::join_grace: {
      CRYPTOSTREAM_TRY_ASSIGN(auto map, open_map(spec, environment));
      return make_grace_buffer(spec, environment, std::move(map));
    }
    case StoreSpec::Type::unmatched: {
      CRYPTOSTREAM_TRY_ASSIGN(auto map, open_map(spec, environment));
      return make_unmatched_store(spec, environment, std::move(map));
    }
    case StoreSpec::Type::versioned: {
      CRYPTOSTREAM_TRY_ASSIGN(auto map, open_map(spec, environment));
      return make_versioned_store(spec, environment, std::move(map));
    }
  }
  return fail(ErrorKind::internal, fmt::format("store {}: no class keeps stores of its type", spec.name));
}

}  // namespace cryptostream
