// Numbers inside the bytes of keys, stores and changelogs: big-endian, as Java writes them, so that non-negative ones
// sort.
#pragma once

#include <cryptostream/core/bytes.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace cryptostream {

inline std::uint64_t to_big_endian(std::uint64_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}
inline std::uint32_t to_big_endian(std::uint32_t value) {
  return std::endian::native == std::endian::big ? value : __builtin_bswap32(value);
}

inline void append_int64(std::int64_t value, std::string& into) {
  auto bytes = to_big_endian(static_cast<std::uint64_t>(value));
  into.append(reinterpret_cast<const char*>(&bytes), 8);
}
inline void append_int32(std::int32_t value, std::string& into) {
  auto bytes = to_big_endian(static_cast<std::uint32_t>(value));
  into.append(reinterpret_cast<const char*>(&bytes), 4);
}

/// The number that begins at `at`; the caller has checked that it is there.
inline std::int64_t read_int64(const char* at) {
  std::uint64_t bytes;
  std::memcpy(&bytes, at, 8);
  return static_cast<std::int64_t>(to_big_endian(bytes));
}
inline std::int32_t read_int32(const char* at) {
  std::uint32_t bytes;
  std::memcpy(&bytes, at, 4);
  return static_cast<std::int32_t>(to_big_endian(bytes));
}

}  // namespace cryptostream
