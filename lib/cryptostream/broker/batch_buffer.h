// Where a consumer keeps the bytes of its current batch: grows to the largest batch, then allocates no more.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace cryptostream {

/// Copies byte strings to addresses that stay until clear(). Keeps its blocks for the next batch; blocks made for a
/// single huge value are given back.
class BatchBuffer {
 public:
  std::string_view copy(std::string_view bytes) {
    char* at = take(bytes.size());
    if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }

  /// Room for `size` bytes; never null.
  char* take(std::size_t size) {
    if (size > left_) [[unlikely]]
      grow(size);
    char* at = next_;
    next_ += size;
    left_ -= size;
    return at;
  }

  void clear() {
    huge_.clear();
    used_ = 0;
    next_ = empty_;
    left_ = 0;
  }

 private:
  static constexpr std::size_t block_bytes = 256 << 10;

  void grow(std::size_t need) {
    if (need > block_bytes) {
      huge_.push_back(std::make_unique<char[]>(need));
      next_ = huge_.back().get();
      left_ = need;
      return;
    }
    if (used_ == blocks_.size()) blocks_.push_back(std::make_unique<char[]>(block_bytes));
    next_ = blocks_[used_++].get();
    left_ = block_bytes;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  std::vector<std::unique_ptr<char[]>> huge_;
  std::size_t used_ = 0;
  char empty_[1] = {};
  char* next_ = empty_;
  std::size_t left_ = 0;
};

}  // namespace cryptostream
