// The rows of one batch in the encoding of their store, one after the other in a buffer that is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// Not thread-safe. Grows to the largest batch and stays there.
class RowBuffer {
 public:
  struct Row {
    std::size_t begin;
    std::size_t end;
    std::size_t key_end;  ///< the key columns stand first: bytes [begin, key_end) are the key
    std::int64_t offset;
    bool deletes;  ///< the row is a key only
  };

  /// Encoders append to this between begin_row and end_row.
  std::string& bytes() { return bytes_; }
  void begin_row() { begin_ = bytes_.size(); }
  void end_row(std::size_t key_end, std::int64_t offset, bool deletes) {
    rows_.push_back({begin_, bytes_.size(), key_end, offset, deletes});
  }
  /// Forgets the row that was begun.
  void drop_row() { bytes_.resize(begin_); }

  const std::vector<Row>& rows() const { return rows_; }
  std::string_view text(const Row& row) const {
    return std::string_view(bytes_).substr(row.begin, row.end - row.begin);
  }
  std::string_view key(const Row& row) const {
    return std::string_view(bytes_).substr(row.begin, row.key_end - row.begin);
  }
  bool empty() const { return rows_.empty(); }
  void clear() {
    bytes_.clear();
    rows_.clear();
  }

  /// Of rows [from, to), the last of each key, in order. Valid until the next call.
  const std::vector<std::uint32_t>& last_of_each_key(std::size_t from, std::size_t to);

  /// Drops all but the last row of each key, and then the deletes: what is left of a table that begins empty.
  void keep_last_of_each_key();

 private:
  std::string bytes_;
  std::vector<Row> rows_;
  std::size_t begin_ = 0;
  std::vector<std::uint32_t> slots_;  // open addressing; a slot holds a row's index + 1
  std::vector<std::uint32_t> last_;
};

}  // namespace cryptostream
