// State on disk: a RocksDB database for each task, a column family for each store.
#pragma once

#include <cryptostream/state/byte_map.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cryptostream {

/// What all databases of a process may use together: blocks read, and writes not yet in files.
class StateMemory {
 public:
  /// About `bytes` in all; what RocksDB pins for a moment may exceed it.
  static std::shared_ptr<StateMemory> of(std::size_t bytes);
  ~StateMemory();

 private:
  friend class StateDirectory;
  struct Parts;
  explicit StateMemory(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// The directory of one task. One process at a time; one thread.
class StateDirectory {
 public:
  /// Opens the database in `path`, or makes it, with the directories above. Errors: unavailable while another process
  /// has it; failure where the disk or the files are not in order; configuration in a build without RocksDB.
  static Result<std::unique_ptr<StateDirectory>> open(const std::string& path, std::shared_ptr<StateMemory> memory);
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  /// The contents of `store` as last committed; empty at first. A commit reaches the operating system, not the disk: a
  /// crash of the process loses nothing, one of the machine may move a store back to an earlier commit, never to half
  /// of one. The map must not outlive the directory; one map a store at a time.
  Result<std::unique_ptr<ByteMap>> map(const std::string& store);
  /// The changelog offset that `store` reached with its last commit; nothing if there was none.
  Result<std::optional<std::int64_t>> changelog_offset(const std::string& store) const;
  /// Forgets `store`, of which no map is open: its contents and its offset.
  Result<void> discard(const std::string& store);

 private:
  struct Database;
  explicit StateDirectory(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace cryptostream
