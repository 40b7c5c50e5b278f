// State on disk in a build without RocksDB: there is none.
#include <cryptostream/state/rocksdb.h>

#include <fmt/core.h>

namespace cryptostream {

struct StateMemory::Parts {};
struct StateDirectory::Database {};

namespace {

tl::unexpected<Error> absent() {
  return fail(ErrorKind::configuration,
              "state on disk needs RocksDB, which this build is without; keep stores in memory, or build with RocksDB");
}

}  // namespace

StateMemory::StateMemory(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
StateMemory::~StateMemory() = default;
std::shared_ptr<StateMemory> StateMemory::of(std::size_t) { return std::shared_ptr<StateMemory>(new StateMemory({})); }

StateDirectory::StateDirectory(std::unique_ptr<Database> database) : database_(std::move(database)) {}
StateDirectory::~StateDirectory() = default;
Result<std::unique_ptr<StateDirectory>> StateDirectory::open(const std::string&, std::shared_ptr<StateMemory>) {
  return absent();
}
Result<std::unique_ptr<ByteMap>> StateDirectory::map(const std::string&) { return absent(); }
Result<std::optional<std::int64_t>> StateDirectory::changelog_offset(const std::string&) const { return absent(); }
Result<void> StateDirectory::discard(const std::string&) { return absent(); }

}  // namespace cryptostream
