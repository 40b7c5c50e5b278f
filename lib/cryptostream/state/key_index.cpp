// Hash index and sorted blocks over the same entries.
#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/key_index.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

namespace cryptostream {

namespace {

// Large enough that the outer vector stays short, small enough that an insertion moves 2 KB on average.
constexpr std::size_t block_capacity = 256;

std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

// Big-endian, with zeros behind the end: heads that differ order their keys, equal ones tell nothing.
std::uint64_t head_of(std::string_view key, std::size_t from) {
  std::uint64_t head = 0;
  if (key.size() >= from + sizeof(head)) {
    std::memcpy(&head, key.data() + from, sizeof(head));
  } else if (key.size() > from) {
    std::memcpy(&head, key.data() + from, key.size() - from);
  }
  return to_big_endian(head);
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  auto size = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(size), b.begin()).first - a.begin());
}

}  // namespace

IndexedKey* KeyIndex::find(std::string_view key) const { return slots_[slot_of(key, hash_of(key))].entry; }

void KeyIndex::add(IndexedKey* entry) {
  if ((size_ + 1) * 8 > slots_.size() * 5) grow();
  add_slot({hash_of(entry->key()), entry});
  add_in_order(entry);
  ++size_;
}

void KeyIndex::remove(const IndexedKey* entry) {
  auto position = lower_bound(entry->key());
  cut(blocks_[position.block], position.index, position.index + 1);
  if (blocks_[position.block].items.empty())
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(position.block));
  drop_slot(slot_of(entry->key(), hash_of(entry->key())));
  --size_;
  ++version_;
}

void KeyIndex::remove_range(OptionalBytesView from, OptionalBytesView to, std::vector<IndexedKey*>& removed) {
  auto first = from ? lower_bound(*from) : begin();
  auto last = to ? lower_bound(*to) : end();
  if (first.block > last.block || (first.block == last.block && first.index >= last.index)) return;
  for (auto position = first; position != last; position = after(position)) {
    auto* entry = &at(position);
    drop_slot(slot_of(entry->key(), hash_of(entry->key())));
    removed.push_back(entry);
    --size_;
  }
  if (first.block == last.block) {
    cut(blocks_[first.block], first.index, last.index);
  } else {
    cut(blocks_[first.block], first.index, blocks_[first.block].items.size());
    for (auto block = first.block + 1; block < last.block; ++block) blocks_[block].items.clear();
    if (last.block < blocks_.size()) cut(blocks_[last.block], 0, last.index);
  }
  auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(first.block);
  auto end = blocks_.begin() + static_cast<std::ptrdiff_t>(std::min(last.block + 1, blocks_.size()));
  blocks_.erase(std::remove_if(begin, end, [](const Block& block) { return block.items.empty(); }), end);
  ++version_;
}

KeyIndex::Position KeyIndex::lower_bound(std::string_view key) const {
  // The last block whose first key is <= key, or the first block.
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), key,
                                [](std::string_view k, const Block& b) { return k < b.first->key(); });
  if (block != blocks_.begin()) --block;
  if (block == blocks_.end()) return end();
  Position position{static_cast<std::size_t>(block - blocks_.begin()), index_in(*block, key)};
  if (position.index == block->items.size()) return {position.block + 1, 0};
  return position;
}

// The first item of the block with a key >= `key`.
std::size_t KeyIndex::index_in(const Block& block, std::string_view key) {
  auto order = key.substr(0, block.common).compare(block.first->key().substr(0, block.common));
  if (order != 0) return order < 0 ? 0 : block.items.size();
  auto head = head_of(key, block.common);
  auto found = std::lower_bound(block.items.begin(), block.items.end(), key, [&](const Item& item, std::string_view k) {
    return item.head != head ? item.head < head : item.entry->key() < k;
  });
  return static_cast<std::size_t>(found - block.items.begin());
}

KeyIndex::Position KeyIndex::after(Position position) const {
  if (++position.index == blocks_[position.block].items.size()) return {position.block + 1, 0};
  return position;
}

std::optional<KeyIndex::Position> KeyIndex::before(Position position) const {
  if (position.index > 0) return Position{position.block, position.index - 1};
  if (position.block == 0) return std::nullopt;
  return Position{position.block - 1, blocks_[position.block - 1].items.size() - 1};
}

// The slot that holds `key`, or the free one where it belongs.
std::size_t KeyIndex::slot_of(std::string_view key, std::size_t hash) const {
  auto mask = slots_.size() - 1;
  auto slot = hash & mask;
  while (slots_[slot].entry && (slots_[slot].hash != hash || slots_[slot].entry->key() != key))
    slot = (slot + 1) & mask;
  return slot;
}

void KeyIndex::add_slot(Slot added) {
  auto mask = slots_.size() - 1;
  auto slot = added.hash & mask;
  while (slots_[slot].entry) slot = (slot + 1) & mask;
  slots_[slot] = added;
}

void KeyIndex::drop_slot(std::size_t hole) {
  // Moves back what had been pushed past the hole, so that probing needs no marks of erased slots.
  auto mask = slots_.size() - 1;
  for (auto next = (hole + 1) & mask; slots_[next].entry; next = (next + 1) & mask) {
    auto home = slots_[next].hash & mask;
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      slots_[hole] = slots_[next];
      hole = next;
    }
  }
  slots_[hole] = {};
}

void KeyIndex::grow() {
  auto old = std::move(slots_);
  slots_.assign(old.size() * 2, {});
  for (const auto& slot : old)
    if (slot.entry) add_slot(slot);
}

void KeyIndex::add_in_order(IndexedKey* entry) {
  ++version_;
  if (blocks_.empty()) {
    add_at(blocks_.emplace_back(), 0, entry);
    return;
  }
  auto position = lower_bound(entry->key());
  // In front of a block's first entry there is room at the end of the block before it.
  if (position.index == 0 && position.block > 0)
    position = {position.block - 1, blocks_[position.block - 1].items.size()};
  if (blocks_[position.block].items.size() == block_capacity) {
    // Behind the very last key a new block starts: keys that arrive in order fill their blocks.
    bool at_end = position.index == block_capacity && position.block + 1 == blocks_.size();
    split(position.block, at_end);
    auto kept = blocks_[position.block].items.size();
    if (position.index > kept || at_end) position = {position.block + 1, position.index - kept};
  }
  add_at(blocks_[position.block], position.index, entry);
}

void KeyIndex::split(std::size_t block, bool at_end) {
  Block upper;
  upper.items.reserve(block_capacity);
  auto& items = blocks_[block].items;
  if (!at_end) {
    auto middle = items.begin() + block_capacity / 2;
    upper.items.assign(middle, items.end());
    items.erase(middle, items.end());
    upper.first = upper.items.front().entry;
    // Half the keys may have more in common than all had.
    for (auto* half : {&blocks_[block], &upper})
      set_heads(*half, common_prefix(half->first->key(), half->items.back().entry->key()));
  }
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(block) + 1, std::move(upper));
}

void KeyIndex::add_at(Block& block, std::size_t index, IndexedKey* entry) {
  if (block.items.empty()) {
    block.first = entry;
    block.common = entry->key_size;
  } else if (auto common = common_prefix(entry->key(), block.first->key()); common < block.common) {
    set_heads(block, common);
  }
  block.items.insert(block.items.begin() + static_cast<std::ptrdiff_t>(index),
                     {head_of(entry->key(), block.common), entry});
  block.first = block.items.front().entry;
}

void KeyIndex::cut(Block& block, std::size_t from, std::size_t to) {
  auto start = block.items.begin();
  block.items.erase(start + static_cast<std::ptrdiff_t>(from), start + static_cast<std::ptrdiff_t>(to));
  if (!block.items.empty()) block.first = block.items.front().entry;
}

void KeyIndex::set_heads(Block& block, std::size_t common) {
  block.common = common;
  for (auto& item : block.items) item.head = head_of(item.entry->key(), common);
}

}  // namespace cryptostream
