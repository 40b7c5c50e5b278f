// The ByteMap in memory. It dies with the process, buffer or not, so that committing has nothing to do.
#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/byte_table.h>
#include <cryptostream/state/table_cursor.h>

#include <string>

namespace cryptostream {

namespace {

class MemoryCursor final : public ByteCursor {
 public:
  MemoryCursor(const ByteTable& table, OptionalBytesView from, OptionalBytesView to, Direction direction)
      : cursor_(table, from, to, direction) {}

  Result<bool> next() override {
    entry_ = cursor_.peek(started_ ? &key_ : nullptr);
    if (!entry_) return false;
    key_.assign(entry_->key());
    started_ = true;
    return true;
  }
  BytesView key() const override { return key_; }
  BytesView value() const override { return *entry_->value(); }

 private:
  TableCursor cursor_;
  bool started_ = false;
  const ByteTable::Entry* entry_ = nullptr;
  std::string key_;
};

class MemoryMap final : public ByteMap {
 public:
  Result<OptionalBytesView> get(BytesView key) override {
    const auto* entry = table_.find(key);
    return entry ? entry->value() : OptionalBytesView();
  }
  Result<void> put(BytesView key, BytesView value) override {
    table_.put(key, value);
    return {};
  }
  Result<void> erase(BytesView key) override {
    table_.erase(key);
    return {};
  }
  Result<void> erase_range(BytesView from, BytesView to) override {
    table_.erase_range(from, to);
    return {};
  }
  Result<std::unique_ptr<ByteCursor>> scan(OptionalBytesView from, OptionalBytesView to, Direction direction) override {
    return std::make_unique<MemoryCursor>(table_, from, to, direction);
  }
  Result<void> commit(std::int64_t) override { return {}; }
  std::size_t buffered_bytes() const override { return 0; }

 private:
  ByteTable table_;
};

}  // namespace

std::unique_ptr<ByteMap> memory_map() { return std::make_unique<MemoryMap>(); }

}  // namespace cryptostream
