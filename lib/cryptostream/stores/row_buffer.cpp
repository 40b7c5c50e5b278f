#include <cryptostream/stores/row_buffer.h>

#include <algorithm>
#include <bit>
#include <functional>

namespace cryptostream {

const std::vector<std::uint32_t>& RowBuffer::last_of_each_key(std::size_t from, std::size_t to) {
  // From the back: the first row seen of a key is its last one.
  slots_.assign(std::bit_ceil((to - from) * 2 + 1), 0);
  last_.clear();
  for (std::size_t i = to; i-- > from;) {
    auto wanted = key(rows_[i]);
    std::size_t slot = std::hash<std::string_view>{}(wanted) & (slots_.size() - 1);
    while (slots_[slot] != 0 && key(rows_[slots_[slot] - 1]) != wanted) slot = (slot + 1) & (slots_.size() - 1);
    if (slots_[slot] != 0) continue;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
    last_.push_back(static_cast<std::uint32_t>(i));
  }
  std::reverse(last_.begin(), last_.end());
  return last_;
}

void RowBuffer::keep_last_of_each_key() {
  std::size_t kept = 0;
  for (auto index : last_of_each_key(0, rows_.size()))
    if (!rows_[index].deletes) rows_[kept++] = rows_[index];
  rows_.resize(kept);
}

}  // namespace cryptostream
