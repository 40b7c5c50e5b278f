#include <cryptostream/core/murmur3.h>

#include <bit>
#include <cstddef>

namespace cryptostream {
namespace {

constexpr std::uint64_t seed = 104729;
constexpr std::size_t block = 16;
constexpr std::uint64_t factor_1 = 0x87c37b91114253d5, factor_2 = 0x4cf5ad432745937f;

// Little-endian whatever the machine; `count` < 8: the rest is zeros.
std::uint64_t word_at(const unsigned char* bytes, std::size_t count = 8) {
  std::uint64_t word = 0;
  for (std::size_t i = count; i-- > 0;) word = word << 8 | bytes[i];
  return word;
}

std::uint64_t mixed_1(std::uint64_t word) { return std::rotl(word * factor_1, 31) * factor_2; }
std::uint64_t mixed_2(std::uint64_t word) { return std::rotl(word * factor_2, 33) * factor_1; }

std::uint64_t spread(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

}  // namespace

// Austin Appleby's MurmurHash3_x64_128 (public domain algorithm).
Hash128 murmur3_128(BytesView bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  auto left = bytes.size();
  std::uint64_t one = seed, two = seed;
  for (; left >= block; at += block, left -= block) {
    one = (std::rotl(one ^ mixed_1(word_at(at)), 27) + two) * 5 + 0x52dce729;
    two = (std::rotl(two ^ mixed_2(word_at(at + 8)), 31) + one) * 5 + 0x38495ab5;
  }
  if (left > 8) two ^= mixed_2(word_at(at + 8, left - 8));
  if (left > 0) one ^= mixed_1(word_at(at, left < 8 ? left : 8));
  one ^= bytes.size();
  two ^= bytes.size();
  one += two;
  two += one;
  one = spread(one);
  two = spread(two);
  one += two;
  two += one;
  return {one, two};
}

}  // namespace cryptostream
