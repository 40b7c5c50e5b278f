// The ByteMap in memory. It dies with the process, buffer or not, so that committing has nothing to do.
#include <cryptostream/state/byte_map.h>
#include <cryptostream/state/byte_table.h>

#include <string>
#include <utility>

namespace cryptostream {

namespace {

class MemoryCursor final : public ByteCursor {
 public:
  MemoryCursor(const ByteTable& table, OptionalBytesView from, OptionalBytesView to, Direction direction)
      : table_(table), from_(from), to_(to), direction_(direction) {}

  Result<bool> next() override {
    if (done_) return false;
    done_ = !(direction_ == Direction::forward ? step_forward() : step_back());
    if (done_) return false;
    started_ = true;
    version_ = table_.index().version();
    entry_ = &table_.at(position_);
    last_.assign(entry_->key());
    return true;
  }
  BytesView key() const override { return last_; }
  BytesView value() const override { return *entry_->value; }

 private:
  bool step_forward() {
    if (!started_) {
      position_ = from_ ? table_.index().lower_bound(*from_) : table_.index().begin();
    } else if (version_ == table_.index().version()) {
      position_ = table_.index().after(position_);
    } else {
      position_ = table_.index().lower_bound(last_);
      if (position_ != table_.index().end() && table_.at(position_).key() == last_)
        position_ = table_.index().after(position_);
    }
    return position_ != table_.index().end() && (!to_ || table_.at(position_).key() < *to_);
  }

  bool step_back() {
    if (!started_) {
      position_ = to_ ? table_.index().lower_bound(*to_) : table_.index().end();
    } else if (version_ != table_.index().version()) {
      position_ = table_.index().lower_bound(last_);
    }
    auto before = table_.index().before(position_);
    if (!before) return false;
    position_ = *before;
    return !from_ || table_.at(position_).key() >= *from_;
  }

  const ByteTable& table_;
  OptionalBytes from_;
  OptionalBytes to_;
  Direction direction_;
  bool started_ = false;
  bool done_ = false;
  KeyIndex::Position position_;
  std::uint64_t version_ = 0;
  const ByteTable::Entry* entry_ = nullptr;
  std::string last_;
};

class MemoryMap final : public ByteMap {
 public:
  Result<OptionalBytesView> get(BytesView key) override {
    const auto* entry = table_.find(key);
    return entry ? OptionalBytesView(*entry->value) : OptionalBytesView();
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
