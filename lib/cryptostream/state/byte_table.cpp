// Bytes by bytes in memory: hash index and sorted blocks over the same entries.
#include <cryptostream/state/byte_table.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>

namespace cryptostream {

namespace {

// Large enough that the outer vector stays short, small enough that an insertion moves 1 KB on average.
constexpr std::size_t block_capacity = 256;

std::size_t value_size(const OptionalBytes& value) { return value ? value->size() : 0; }

ByteTable::Entry* make_entry(std::string_view key) {
  void* memory = ::operator new(sizeof(ByteTable::Entry) + key.size());
  auto* entry = new (memory) ByteTable::Entry;
  entry->key_size = static_cast<std::uint32_t>(key.size());
  std::memcpy(static_cast<char*>(memory) + sizeof(ByteTable::Entry), key.data(), key.size());
  return entry;
}

}  // namespace

ByteTable::ByteTable() : slots_(16) {}
ByteTable::~ByteTable() { clear(); }

const ByteTable::Entry* ByteTable::find(std::string_view key) const {
  return slots_[slot_of(key, std::hash<std::string_view>()(key))].entry;
}

bool ByteTable::put(std::string_view key, OptionalBytesView value) {
  auto hash = std::hash<std::string_view>()(key);
  auto* entry = slots_[slot_of(key, hash)].entry;
  bool added = entry == nullptr;
  if (added) {
    entry = make_entry(key);
    if ((size_ + 1) * 8 > slots_.size() * 5) grow();
    add_slot({hash, entry});
    add_in_order(entry);
    ++size_;
    bytes_ += key.size();
  }
  bytes_ -= value_size(entry->value);
  if (!value) {
    entry->value.reset();
  } else if (entry->value) {
    entry->value->assign(*value);
  } else {
    entry->value.emplace(*value);
  }
  bytes_ += value_size(entry->value);
  return added;
}

bool ByteTable::erase(std::string_view key) {
  auto slot = slot_of(key, std::hash<std::string_view>()(key));
  auto* entry = slots_[slot].entry;
  if (!entry) return false;
  auto position = lower_bound(key);
  auto& block = blocks_[position.block];
  block.erase(block.begin() + static_cast<std::ptrdiff_t>(position.index));
  if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(position.block));
  ++version_;
  drop_slot(slot);
  release(entry);
  return true;
}

void ByteTable::erase_range(OptionalBytesView from, OptionalBytesView to) {
  auto first = from ? lower_bound(*from) : begin();
  auto last = to ? lower_bound(*to) : end();
  if (first.block > last.block || (first.block == last.block && first.index >= last.index)) return;
  for (auto position = first; position != last; position = after(position)) {
    auto* entry = blocks_[position.block][position.index];
    drop_slot(slot_of(entry->key(), std::hash<std::string_view>()(entry->key())));
    release(entry);
  }
  auto cut = [&](std::size_t block, std::size_t begin, std::size_t end) {
    auto at = blocks_[block].begin();
    blocks_[block].erase(at + static_cast<std::ptrdiff_t>(begin), at + static_cast<std::ptrdiff_t>(end));
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

void ByteTable::clear() {
  for (auto& block : blocks_)
    for (auto* entry : block) release(entry);
  blocks_.clear();
  slots_.assign(16, {});
  ++version_;
}

ByteTable::Position ByteTable::lower_bound(std::string_view key) const {
  // The last block whose first key is <= key, or the first block.
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), key,
                                [](std::string_view k, const Block& b) { return k < b.front()->key(); });
  if (block != blocks_.begin()) --block;
  if (block == blocks_.end()) return end();
  auto entry = std::lower_bound(block->begin(), block->end(), key,
                                [](const Entry* e, std::string_view k) { return e->key() < k; });
  Position position{static_cast<std::size_t>(block - blocks_.begin()),
                    static_cast<std::size_t>(entry - block->begin())};
  if (entry == block->end()) return {position.block + 1, 0};
  return position;
}

ByteTable::Position ByteTable::after(Position position) const {
  if (++position.index == blocks_[position.block].size()) return {position.block + 1, 0};
  return position;
}

std::optional<ByteTable::Position> ByteTable::before(Position position) const {
  if (position.index > 0) return Position{position.block, position.index - 1};
  if (position.block == 0) return std::nullopt;
  return Position{position.block - 1, blocks_[position.block - 1].size() - 1};
}

// The slot that holds `key`, or the free one where it belongs.
std::size_t ByteTable::slot_of(std::string_view key, std::size_t hash) const {
  auto mask = slots_.size() - 1;
  auto slot = hash & mask;
  while (slots_[slot].entry && (slots_[slot].hash != hash || slots_[slot].entry->key() != key))
    slot = (slot + 1) & mask;
  return slot;
}

void ByteTable::add_slot(Slot added) {
  auto mask = slots_.size() - 1;
  auto slot = added.hash & mask;
  while (slots_[slot].entry) slot = (slot + 1) & mask;
  slots_[slot] = added;
}

void ByteTable::drop_slot(std::size_t hole) {
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

void ByteTable::grow() {
  auto old = std::move(slots_);
  slots_.assign(old.size() * 2, {});
  for (const auto& slot : old)
    if (slot.entry) add_slot(slot);
}

void ByteTable::add_in_order(Entry* entry) {
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

void ByteTable::release(Entry* entry) {
  --size_;
  bytes_ -= entry->key_size + value_size(entry->value);
  entry->~Entry();
  ::operator delete(entry);
}

}  // namespace cryptostream
