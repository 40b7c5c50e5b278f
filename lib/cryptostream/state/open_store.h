// Makes the store that a spec describes.
#pragma once

#include <cryptostream/state/state_store.h>
#include <cryptostream/state/store_spec.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace cryptostream {

class RecordCache;
class StateDirectory;

/// Where a store logs its changes: the task, bound to a topic and its partition.
class Changelog {
 public:
  virtual ~Changelog() = default;
  /// `timestamp` nothing: the log sets it (suppression and grace buffers).
  virtual Result<void> append(BytesView key, OptionalBytesView value, std::optional<Timestamp> timestamp,
                              HeadersView headers) = 0;
};

/// What a store needs of its task. Everything outlives the store.
struct StoreEnvironment {
  Changelog* changelog = nullptr;               ///< null: no changelog
  RecordCache* cache = nullptr;                 ///< null: no caching, whatever the spec says (state/record_cache.h)
  StateDirectory* directory = nullptr;          ///< for RocksDB (state/rocksdb.h); null: in memory
  StoreBackend backend = StoreBackend::memory;  ///< what by_configuration means
  std::function<void()> dropped{};              ///< called for each put that had expired
};

/// Opens the store; downcast by type: KeyValueStore, WindowStore, SessionStore, VersionedStore, SuppressionBuffer,
/// GraceBuffer, UnmatchedStore. Errors: those of the disk.
Result<std::unique_ptr<StateStore>> open_store(const StoreSpec& spec, const StoreEnvironment& environment);

/// The topic settings of a store's changelog as Kafka Streams would make it ("cleanup.policy": "compact", …).
std::map<std::string, std::string> changelog_settings(const StoreSpec& spec);

}  // namespace cryptostream
