// A value as the maps hold it: int64 time, then the bytes. Stores without times keep that of the write's record
// context, so that all have one layout.
#pragma once

#include <cryptostream/core/big_endian.h>
#include <cryptostream/state/state_store.h>

#include <string>

namespace cryptostream {

inline constexpr std::size_t time_size = 8;

inline StoredValue unpack_stored(BytesView stored) { return {stored.substr(time_size), {read_int64(stored.data())}}; }

/// Packs into `scratch`, whose capacity is used again.
inline BytesView pack_stored(BytesView value, Timestamp timestamp, std::string& scratch) {
  scratch.clear();
  append_int64(timestamp.ms, scratch);
  scratch.append(value);
  return scratch;
}

/// The first key behind all that begin with `prefix`; nothing if there is none.
inline OptionalBytes behind_prefix(BytesView prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace cryptostream
