#include <cryptostream/runtime/partitioner.h>

namespace cryptostream {

// Austin Appleby's MurmurHash2 (public domain algorithm), words read little-endian whatever the machine.
std::uint32_t murmur2(std::string_view bytes) {
  constexpr std::uint32_t m = 0x5bd1e995;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  auto length = bytes.size();
  std::uint32_t h = 0x9747b28cu ^ static_cast<std::uint32_t>(length);
  for (; length >= 4; data += 4, length -= 4) {
    std::uint32_t k =
        data[0] | std::uint32_t{data[1]} << 8 | std::uint32_t{data[2]} << 16 | std::uint32_t{data[3]} << 24;
    k *= m;
    k ^= k >> 24;
    k *= m;
    h = h * m ^ k;
  }
  if (length > 2) h ^= std::uint32_t{data[2]} << 16;
  if (length > 1) h ^= std::uint32_t{data[1]} << 8;
  if (length > 0) h = (h ^ data[0]) * m;
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

}  // namespace cryptostream
