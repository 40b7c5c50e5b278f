// State on disk over RocksDB. What is not yet committed lies in a table in memory; a commit writes it, and the
// changelog offset, in one batch.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/byte_table.h>
#include <cryptostream/state/rocksdb.h>
#include <cryptostream/state/table_cursor.h>

#include <fmt/core.h>
#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace cryptostream {

struct StateMemory::Parts {
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> writes;
};

namespace {

rocksdb::Slice slice(BytesView bytes) { return {bytes.data(), bytes.size()}; }
BytesView view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

Error failed(const rocksdb::Status& status, const std::string& path) {
  // RocksDB tells another owner of the lock file by its text alone.
  auto text = status.ToString();
  if (status.IsIOError() && text.find("lock") != std::string::npos)
    return {ErrorKind::unavailable, fmt::format("state in {}: another process has it ({})", path, text)};
  if (status.IsCorruption())
    return {ErrorKind::failure, fmt::format("state in {} is damaged: {}; remove the directory, and it is restored from "
                                            "the changelogs",
                                            path, text)};
  return {ErrorKind::failure, fmt::format("state in {}: {}", path, text)};
}

}  // namespace

StateMemory::StateMemory(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
StateMemory::~StateMemory() = default;

std::shared_ptr<StateMemory> StateMemory::of(std::size_t bytes) {
  auto parts = std::make_unique<Parts>();
  parts->cache = rocksdb::NewLRUCache(bytes);
  // Writes not yet in files count as entries of the cache, and fill at most half of it.
  parts->writes = std::make_shared<rocksdb::WriteBufferManager>(bytes / 2, parts->cache);
  return std::shared_ptr<StateMemory>(new StateMemory(std::move(parts)));
}

struct StateDirectory::Database {
  std::string path;
  std::shared_ptr<StateMemory> memory;
  rocksdb::ColumnFamilyOptions store_options;
  std::unique_ptr<rocksdb::DB> db;
  std::map<std::string, rocksdb::ColumnFamilyHandle*> stores;  // the default one holds the offsets by store

  rocksdb::ColumnFamilyHandle* offsets() const { return db->DefaultColumnFamily(); }

  ~Database() {
    if (!db) return;
    for (auto& [name, handle] : stores) db->DestroyColumnFamilyHandle(handle);
    db->Close();
  }
};

namespace {

struct Range {
  std::string from;
  std::string to;
};

// One store's column family with the buffer above it.
struct Family {
  Family(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* contents, rocksdb::ColumnFamilyHandle* all_offsets,
         std::string name, std::string directory)
      : db(database), handle(contents), offsets(all_offsets), store(std::move(name)), path(std::move(directory)) {}

  rocksdb::DB* db;
  rocksdb::ColumnFamilyHandle* handle;
  rocksdb::ColumnFamilyHandle* offsets;
  std::string store;
  std::string path;
  ByteTable buffer;           // tombstones for what is erased
  std::vector<Range> erased;  // of what is in the database; the buffer's entries are newer

  const Range* erased_around(BytesView key) const {
    for (const auto& range : erased)
      if (key >= range.from && key < range.to) return &range;
    return nullptr;
  }
};

// Merges the buffer, which wins, with an iterator over the database.
class RocksCursor final : public ByteCursor {
 public:
  RocksCursor(const Family& family, OptionalBytesView from, OptionalBytesView to, Direction direction)
      : family_(family),
        forward_(direction == Direction::forward),
        buffer_(family.buffer, from, to, direction),
        from_(from),
        to_(to) {
    rocksdb::ReadOptions options;
    if (from_) {
      from_slice_ = *from_;
      options.iterate_lower_bound = &from_slice_;
    }
    if (to_) {
      to_slice_ = *to_;
      options.iterate_upper_bound = &to_slice_;
    }
    stored_.reset(family.db->NewIterator(options, family.handle));
    forward_ ? stored_->SeekToFirst() : stored_->SeekToLast();
  }

  Result<bool> next() override {
    for (;;) {
      skip_erased();
      if (!stored_->Valid() && !stored_->status().ok()) return fail(failed(stored_->status(), family_.path));
      const auto* buffered = buffer_.peek(started_ ? &key_ : nullptr);
      if (!buffered && !stored_->Valid()) return false;
      bool both = buffered && stored_->Valid() && buffered->key() == view(stored_->key());
      bool from_buffer =
          both || !stored_->Valid() || (buffered && (buffered->key() < view(stored_->key())) == forward_);
      started_ = true;
      if (!from_buffer) {
        key_.assign(view(stored_->key()));
        value_.assign(view(stored_->value()));
        move_stored();
        return true;
      }
      key_.assign(buffered->key());
      if (both) move_stored();
      auto value = buffered->value();
      if (!value) continue;
      value_.assign(*value);
      return true;
    }
  }
  BytesView key() const override { return key_; }
  BytesView value() const override { return value_; }

 private:
  void move_stored() { forward_ ? stored_->Next() : stored_->Prev(); }
  void skip_erased() {
    while (stored_->Valid()) {
      const auto* range = family_.erased_around(view(stored_->key()));
      if (!range) return;
      if (forward_) {
        stored_->Seek(range->to);
      } else {
        stored_->SeekForPrev(range->from);
        if (stored_->Valid() && view(stored_->key()) == range->from) stored_->Prev();
      }
    }
  }

  const Family& family_;
  bool forward_;
  TableCursor buffer_;
  OptionalBytes from_;
  OptionalBytes to_;
  rocksdb::Slice from_slice_;
  rocksdb::Slice to_slice_;
  std::unique_ptr<rocksdb::Iterator> stored_;
  bool started_ = false;
  std::string key_;
  std::string value_;
};

class RocksMap final : public ByteMap {
 public:
  RocksMap(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle, rocksdb::ColumnFamilyHandle* offsets,
           const std::string& store, const std::string& path)
      : family_(db, handle, offsets, store, path) {}

  Result<OptionalBytesView> get(BytesView key) override {
    if (const auto* buffered = family_.buffer.find(key)) return buffered->value();
    if (family_.erased_around(key)) return OptionalBytesView();
    found_.Reset();
    auto status = family_.db->Get({}, family_.handle, slice(key), &found_);
    if (status.IsNotFound()) return OptionalBytesView();
    if (!status.ok()) return fail(failed(status, family_.path));
    return OptionalBytesView(view(found_));
  }
  Result<void> put(BytesView key, BytesView value) override {
    family_.buffer.put(key, value);
    return {};
  }
  Result<void> erase(BytesView key) override {
    family_.buffer.put(key, std::nullopt);
    return {};
  }
  Result<void> erase_range(BytesView from, BytesView to) override {
    if (from >= to) return {};
    family_.buffer.erase_range(from, to);
    family_.erased.push_back({std::string(from), std::string(to)});
    return {};
  }
  Result<std::unique_ptr<ByteCursor>> scan(OptionalBytesView from, OptionalBytesView to, Direction direction) override {
    return std::make_unique<RocksCursor>(family_, from, to, direction);
  }

  Result<void> commit(std::int64_t changelog_offset) override {
    rocksdb::WriteBatch batch;
    auto put = [&](const rocksdb::Status& status) {
      return status.ok() ? Result<void>() : fail(failed(status, family_.path));
    };
    for (const auto& range : family_.erased)
      CRYPTOSTREAM_TRY(put(batch.DeleteRange(family_.handle, range.from, range.to)));
    const auto& index = family_.buffer.index();
    for (auto position = index.begin(); position != index.end(); position = index.after(position)) {
      const auto& entry = family_.buffer.at(position);
      auto value = entry.value();
      CRYPTOSTREAM_TRY(put(value ? batch.Put(family_.handle, slice(entry.key()), slice(*value))
                                 : batch.Delete(family_.handle, slice(entry.key()))));
    }
    std::string offset;
    append_int64(changelog_offset, offset);
    CRYPTOSTREAM_TRY(put(batch.Put(family_.offsets, family_.store, offset)));
    CRYPTOSTREAM_TRY(put(family_.db->Write({}, &batch)));  // to the write-ahead log, without waiting for the disk
    family_.buffer.clear();
    family_.erased.clear();
    return {};
  }

  std::size_t buffered_bytes() const override {
    constexpr std::size_t entry_overhead = 96;  // what an entry takes beside its key and value
    return family_.buffer.bytes() + family_.buffer.index().size() * entry_overhead;
  }

 private:
  Family family_;
  rocksdb::PinnableSlice found_;
};

rocksdb::ColumnFamilyOptions options_of_stores(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Else they would grow with the files, outside the bound.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  auto kinds = rocksdb::GetSupportedCompressions();
  bool lz4 = std::find(kinds.begin(), kinds.end(), rocksdb::kLZ4Compression) != kinds.end();
  options.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  options.write_buffer_size = 16 << 20;
  return options;
}

}  // namespace

StateDirectory::StateDirectory(std::unique_ptr<Database> database) : database_(std::move(database)) {}
StateDirectory::~StateDirectory() = default;

Result<std::unique_ptr<StateDirectory>> StateDirectory::open(const std::string& path,
                                                             std::shared_ptr<StateMemory> memory) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(ErrorKind::failure, fmt::format("state directory {}: {}", path, error.message()));

  auto database = std::make_unique<Database>();
  database->path = path;
  database->memory = std::move(memory);
  const auto& parts = *database->memory->parts_;
  database->store_options = options_of_stores(parts.cache);

  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.write_buffer_manager = parts.writes;
  options.max_total_wal_size = 64 << 20;
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::ERROR_LEVEL;
  options.keep_log_file_num = 1;

  std::vector<std::string> names;
  if (!rocksdb::DB::ListColumnFamilies(options, path, &names).ok()) names = {rocksdb::kDefaultColumnFamilyName};
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const auto& name : names) descriptors.emplace_back(name, database->store_options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  auto status = rocksdb::DB::Open(options, path, descriptors, &handles, &db);
  if (!status.ok()) return fail(failed(status, path));
  database->db.reset(db);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == rocksdb::kDefaultColumnFamilyName) {
      db->DestroyColumnFamilyHandle(handles[i]);
    } else {
      database->stores.emplace(names[i], handles[i]);
    }
  }
  return std::unique_ptr<StateDirectory>(new StateDirectory(std::move(database)));
}

Result<std::unique_ptr<ByteMap>> StateDirectory::map(const std::string& store) {
  auto& d = *database_;
  auto found = d.stores.find(store);
  if (found == d.stores.end()) {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    auto status = d.db->CreateColumnFamily(d.store_options, store, &handle);
    if (!status.ok()) return fail(failed(status, d.path));
    found = d.stores.emplace(store, handle).first;
  }
  return std::make_unique<RocksMap>(d.db.get(), found->second, d.offsets(), store, d.path);
}

Result<std::optional<std::int64_t>> StateDirectory::changelog_offset(const std::string& store) const {
  std::string bytes;
  auto status = database_->db->Get({}, database_->offsets(), store, &bytes);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return fail(failed(status, database_->path));
  if (bytes.size() != 8) return std::nullopt;
  return read_int64(bytes.data());
}

Result<void> StateDirectory::discard(const std::string& store) {
  auto& d = *database_;
  // The offset first: contents without an offset are restored from the beginning, an offset without contents is a lie.
  auto status = d.db->Delete({}, d.offsets(), store);
  auto found = d.stores.find(store);
  if (status.ok() && found != d.stores.end()) {
    status = d.db->DropColumnFamily(found->second);
    if (status.ok()) {
      d.db->DestroyColumnFamilyHandle(found->second);
      d.stores.erase(found);
    }
  }
  if (!status.ok()) return fail(failed(status, d.path));
  return {};
}

}  // namespace cryptostream
