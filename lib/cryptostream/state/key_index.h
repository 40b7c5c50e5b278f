// Finds entries by their keys: a point by hash, a range in sorted blocks of pointers. Only a new or a removed key
// touches the order; finding allocates nothing. The entries belong to whoever adds them.
#pragma once

#include <cryptostream/core/bytes.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace cryptostream {

/// What an entry begins with: where its key lies, which must not change while it is in an index.
struct IndexedKey {
  const char* key_data = nullptr;
  std::size_t key_size = 0;
  std::string_view key() const { return {key_data, key_size}; }
};

class KeyIndex {
 public:
  /// Where an entry lies; valid until version() changes.
  struct Position {
    std::size_t block = 0;
    std::size_t index = 0;
    bool operator==(const Position&) const = default;
  };

  IndexedKey* find(std::string_view key) const;
  /// Adds an entry whose key is not in the index.
  void add(IndexedKey* entry);
  /// Takes out an entry that is in the index.
  void remove(const IndexedKey* entry);
  /// Takes [from, to) out, null: unbounded, and appends it to `removed`.
  void remove_range(OptionalBytesView from, OptionalBytesView to, std::vector<IndexedKey*>& removed);

  /// The first entry with a key >= `key`; end() if there is none.
  Position lower_bound(std::string_view key) const;
  Position begin() const { return {}; }
  Position end() const { return {blocks_.size(), 0}; }
  IndexedKey& at(Position position) const { return *blocks_[position.block].items[position.index].entry; }
  Position after(Position position) const;
  /// The one before; nothing in front of the first.
  std::optional<Position> before(Position position) const;
  /// Changes whenever positions become invalid.
  std::uint64_t version() const { return version_; }

  std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::size_t hash = 0;
    IndexedKey* entry = nullptr;
  };
  /// An entry with the 8 bytes of its key behind what its block has in common, so that most comparisons stay in the
  /// block.
  struct Item {
    std::uint64_t head = 0;
    IndexedKey* entry = nullptr;
  };
  struct Block {
    IndexedKey* first = nullptr;
    std::size_t common = 0;  // bytes with which all keys here begin alike
    std::vector<Item> items{};
  };

  std::size_t slot_of(std::string_view key, std::size_t hash) const;
  void add_slot(Slot slot);
  void drop_slot(std::size_t slot);
  void grow();
  void add_in_order(IndexedKey* entry);
  void split(std::size_t block, bool at_end);
  static std::size_t index_in(const Block& block, std::string_view key);
  static void add_at(Block& block, std::size_t index, IndexedKey* entry);
  static void cut(Block& block, std::size_t from, std::size_t to);
  static void set_heads(Block& block, std::size_t common);

  std::vector<Slot> slots_ =
      std::vector<Slot>(16);   // open addressing, linear probing; a power of two, at most 5/8 full
  std::vector<Block> blocks_;  // sorted, none empty
  std::size_t size_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace cryptostream
