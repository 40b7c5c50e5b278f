// A place in a ByteTable that is found again, by key, after the table has changed.
#pragma once

#include <cryptostream/state/byte_table.h>
#include <cryptostream/state/state_store.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cryptostream {

/// Walks over the entries of [from, to), null: unbounded, tombstones too.
class TableCursor {
 public:
  TableCursor(const ByteTable& table, OptionalBytesView from, OptionalBytesView to, Direction direction)
      : table_(table), from_(from), to_(to), direction_(direction) {}

  /// The entry that follows `last`, the key walked over last (null: none yet); null if there is none. Valid until the
  /// table changes.
  const ByteTable::Entry* peek(const std::string* last);

 private:
  std::optional<KeyIndex::Position> seek(const std::string* last) const;
  std::optional<KeyIndex::Position> step(KeyIndex::Position position) const;

  const ByteTable& table_;
  OptionalBytes from_;
  OptionalBytes to_;
  Direction direction_;
  bool sought_ = false;
  std::optional<KeyIndex::Position> position_;
  std::uint64_t version_ = 0;
};

}  // namespace cryptostream
