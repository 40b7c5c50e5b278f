// Bytes by bytes in memory, made for stores: a point is found by hash, a range in sorted blocks of pointers. Only a new
// or an erased key touches the order; finding and overwriting allocate nothing.
#pragma once

#include <cryptostream/core/bytes.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

class ByteTable {
 public:
  /// One key, lying behind the struct in the same allocation, and its value.
  struct Entry {
    OptionalBytes value;  ///< null: a tombstone, where the owner wants one
    std::uint32_t key_size = 0;
    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_size}; }
  };
  /// Where an entry lies; valid until version() changes.
  struct Position {
    std::size_t block = 0;
    std::size_t index = 0;
    bool operator==(const Position&) const = default;
  };

  ByteTable();
  ~ByteTable();
  ByteTable(const ByteTable&) = delete;
  ByteTable& operator=(const ByteTable&) = delete;

  const Entry* find(std::string_view key) const;
  /// Sets, or adds, the value of `key`; true if it was added.
  bool put(std::string_view key, OptionalBytesView value);
  bool erase(std::string_view key);
  /// Erases [from, to); null: unbounded.
  void erase_range(OptionalBytesView from, OptionalBytesView to);
  void clear();

  /// The first entry with a key >= `key`; end() if there is none.
  Position lower_bound(std::string_view key) const;
  Position begin() const { return {}; }
  Position end() const { return {blocks_.size(), 0}; }
  const Entry& at(Position position) const { return *blocks_[position.block][position.index]; }
  Position after(Position position) const;
  /// The one before; null in front of the first.
  std::optional<Position> before(Position position) const;
  /// Changes whenever positions become invalid.
  std::uint64_t version() const { return version_; }

  std::size_t size() const { return size_; }
  /// Bytes of keys and values.
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    std::size_t hash = 0;
    Entry* entry = nullptr;
  };
  using Block = std::vector<Entry*>;

  std::size_t slot_of(std::string_view key, std::size_t hash) const;
  void add_slot(Slot slot);
  void drop_slot(std::size_t slot);
  void grow();
  void add_in_order(Entry* entry);
  void release(Entry* entry);

  std::vector<Slot> slots_;    // open addressing, linear probing; a power of two, at most 5/8 full
  std::vector<Block> blocks_;  // sorted, none empty
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace cryptostream
