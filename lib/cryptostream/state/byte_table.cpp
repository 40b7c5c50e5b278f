// Bytes by bytes in memory: entries with their key behind them.
#include <cryptostream/state/byte_table.h>

#include <cstring>
#include <new>

namespace cryptostream {

namespace {

using Entry = ByteTable::Entry;

char* behind(Entry* entry) { return reinterpret_cast<char*>(entry) + sizeof(Entry); }
bool holds_value(Entry* entry) { return entry->value_data == behind(entry) + entry->key_size; }
std::size_t bytes_of(const Entry& entry) { return entry.key_size + entry.value().value_or("").size(); }

Entry* make_entry(std::string_view key, std::size_t value_room) {
  value_room += (16 - (key.size() + value_room) % 16) % 16;  // the allocator would round up anyway
  void* memory = ::operator new(sizeof(Entry) + key.size() + value_room);
  auto* entry = new (memory) Entry;
  std::memcpy(behind(entry), key.data(), key.size());
  entry->key_data = behind(entry);
  entry->key_size = key.size();
  entry->value_data = behind(entry) + key.size();
  entry->value_room = static_cast<std::uint32_t>(value_room);
  return entry;
}

}  // namespace

void ByteTable::put(std::string_view key, OptionalBytesView value) {
  auto* entry = static_cast<Entry*>(index_.find(key));
  if (!entry) {
    entry = make_entry(key, value.value_or("").size());
    index_.add(entry);
  } else {
    bytes_ -= bytes_of(*entry);
  }
  set_value(*entry, value);
  bytes_ += bytes_of(*entry);
}

void ByteTable::set_value(Entry& entry, OptionalBytesView value) {
  if (!value) {
    entry.value_size = Entry::absent;
    return;
  }
  if (value->size() > entry.value_room) {
    auto room = value->size() + value->size() / 2;  // a value that grows once grows again
    auto* data = static_cast<char*>(::operator new(room));
    if (!holds_value(&entry)) ::operator delete(entry.value_data);
    entry.value_data = data;
    entry.value_room = static_cast<std::uint32_t>(room);
  }
  if (!value->empty()) std::memcpy(entry.value_data, value->data(), value->size());
  entry.value_size = static_cast<std::uint32_t>(value->size());
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
  bytes_ -= bytes_of(*entry);
  if (!holds_value(entry)) ::operator delete(entry->value_data);
  ::operator delete(entry);
}

}  // namespace cryptostream
