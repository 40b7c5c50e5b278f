// Bytes by bytes in memory: entries with their key behind them.
#include <cryptostream/state/byte_table.h>

#include <cstring>
#include <new>

namespace cryptostream {

namespace {

std::size_t value_size(const OptionalBytes& value) { return value ? value->size() : 0; }

ByteTable::Entry* make_entry(std::string_view key) {
  void* memory = ::operator new(sizeof(ByteTable::Entry) + key.size());
  auto* entry = new (memory) ByteTable::Entry;
  auto* behind = static_cast<char*>(memory) + sizeof(ByteTable::Entry);
  std::memcpy(behind, key.data(), key.size());
  entry->key_data = behind;
  entry->key_size = key.size();
  return entry;
}

}  // namespace

void ByteTable::put(std::string_view key, OptionalBytesView value) {
  auto* entry = static_cast<Entry*>(index_.find(key));
  if (!entry) {
    entry = make_entry(key);
    index_.add(entry);
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
}

void ByteTable::erase(std::string_view key) {
  auto* entry = index_.find(key);
  if (!entry) return;
  index_.remove(entry);
  release(entry);
}

void ByteTable::erase_range(OptionalBytesView from, OptionalBytesView to) {
  index_.remove_range(from, to, removed_);
  for (auto* entry : removed_) release(entry);
  removed_.clear();
}

void ByteTable::release(IndexedKey* indexed) {
  auto* entry = static_cast<Entry*>(indexed);
  bytes_ -= entry->key_size + value_size(entry->value);
  entry->~Entry();
  ::operator delete(entry);
}

}  // namespace cryptostream
