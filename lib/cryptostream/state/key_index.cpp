// Hash index and sorted blocks over the same entries.
#include <cryptostream/state/key_index.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace cryptostream {

namespace {

// Large enough that the outer vector stays short, small enough that an insertion moves 1 KB on average.
constexpr std::size_t block_capacity = 256;

std::size_t hash_of(std::string_view key) { return std::hash<std::string_view>()(key); }

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
  auto& block = blocks_[position.block];
  block.erase(block.begin() + static_cast<std::ptrdiff_t>(position.index));
  if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(position.block));
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
  auto cut = [&](std::size_t block, std::size_t begin, std::size_t end) {
    auto start = blocks_[block].begin();
    blocks_[block].erase(start + static_cast<std::ptrdiff_t>(begin), start + static_cast<std::ptrdiff_t>(end));
  };
  if (first.block == last.block) {
    cut(first.block, first.index, last.index);
  } else {
    cut(first.block, first.index, blocks_[first.block].size());
    for (auto block = first.block + 1; block < last.block; ++block) blocks_[block].clear();
    if (last.block < blocks_.size()) cut(last.block, 0, last.index);
  }
  auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(first.block);
  auto end = blocks_.begin() + static_cast<std::ptrdiff_t>(std::min(last.block + 1, blocks_.size()));
  blocks_.erase(std::remove_if(begin, end, [](const Block& block) { return block.empty(); }), end);
  ++version_;
}

KeyIndex::Position KeyIndex::lower_bound(std::string_view key) const {
  // The last block whose first key is <= key, or the first block.
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), key,
                                [](std::string_view k, const Block& b) { return k < b.front()->key(); });
  if (block != blocks_.begin()) --block;
  if (block == blocks_.end()) return end();
  auto entry = std::lower_bound(block->begin(), block->end(), key,
                                [](const IndexedKey* e, std::string_view k) { return e->key() < k; });
  Position position{static_cast<std::size_t>(block - blocks_.begin()),
                    static_cast<std::size_t>(entry - block->begin())};
  if (entry == block->end()) return {position.block + 1, 0};
  return position;
}

KeyIndex::Position KeyIndex::after(Position position) const {
  if (++position.index == blocks_[position.block].size()) return {position.block + 1, 0};
  return position;
}

std::optional<KeyIndex::Position> KeyIndex::before(Position position) const {
  if (position.index > 0) return Position{position.block, position.index - 1};
  if (position.block == 0) return std::nullopt;
  return Position{position.block - 1, blocks_[position.block - 1].size() - 1};
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
    blocks_.emplace_back().reserve(block_capacity);
    blocks_.back().push_back(entry);
    return;
  }
  auto position = lower_bound(entry->key());
  // In front of a block's first entry there is room at the end of the block before it.
  if (position.index == 0 && position.block > 0) position = {position.block - 1, blocks_[position.block - 1].size()};
  if (blocks_[position.block].size() == block_capacity) {
    // Behind the very last key a new block starts: keys that arrive in order fill their blocks.
    bool at_end = position.index == block_capacity && position.block + 1 == blocks_.size();
    Block upper;
    upper.reserve(block_capacity);
    if (!at_end) {
      auto middle = blocks_[position.block].begin() + block_capacity / 2;
      upper.assign(middle, blocks_[position.block].end());
      blocks_[position.block].erase(middle, blocks_[position.block].end());
    }
    auto kept = blocks_[position.block].size();
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(position.block) + 1, std::move(upper));
    if (position.index > kept || at_end) position = {position.block + 1, position.index - kept};
  }
  auto& block = blocks_[position.block];
  block.insert(block.begin() + static_cast<std::ptrdiff_t>(position.index), entry);
}

}  // namespace cryptostream
