// Bytes by bytes in memory: an index over entries that hold key and value. Overwriting allocates nothing where the new
// value is not longer than the longest so far.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/state/key_index.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

class ByteTable {
 public:
  /// The key lies behind the struct in the same allocation, and so does the value, until it outgrows its room.
  struct Entry : IndexedKey {
    char* value_data = nullptr;
    std::uint32_t value_size = absent;
    std::uint32_t value_room = 0;

    /// Null: a tombstone, where the owner wants one.
    OptionalBytesView value() const {
      return value_size == absent ? OptionalBytesView() : OptionalBytesView({value_data, value_size});
    }

   private:
    friend class ByteTable;
    static constexpr std::uint32_t absent = 0xffffffff;
  };

  ByteTable() = default;
  ~ByteTable() { clear(); }
  ByteTable(const ByteTable&) = delete;
  ByteTable& operator=(const ByteTable&) = delete;

  const Entry* find(std::string_view key) const { return static_cast<const Entry*>(index_.find(key)); }
  void put(std::string_view key, OptionalBytesView value);
  void erase(std::string_view key);
  /// Erases [from, to); null: unbounded.
  void erase_range(OptionalBytesView from, OptionalBytesView to);
  void clear() { erase_range({}, {}); }

  /// The order of the entries, which are Entry.
  const KeyIndex& index() const { return index_; }
  const Entry& at(KeyIndex::Position position) const { return static_cast<const Entry&>(index_.at(position)); }
  /// Bytes of keys and values.
  std::size_t bytes() const { return bytes_; }

 private:
  static void set_value(Entry& entry, OptionalBytesView value);
  void release(IndexedKey* entry);

  KeyIndex index_;
  std::vector<IndexedKey*> removed_;
  std::size_t bytes_ = 0;
};

}  // namespace cryptostream
