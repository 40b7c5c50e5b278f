// The 128-bit hash against what Kafka Streams' own class gives (4.3.1).
#include <cryptostream/core/murmur3.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace cs = cryptostream;

TEST_CASE("the hash is Kafka Streams' for every length of the last block") {
  struct Vector {
    std::size_t size;
    std::uint64_t high, low;
  };
  const Vector vectors[] = {
      {0, 0x9d2764a018e32942, 0x8c3cf3b035938518},
      {1, 0xbff2166f25d4e3ca, 0xad76f90042c32eb7},
      {2, 0xbcd4482b54b21ae4, 0xff522487ce044fc6},
      {3, 0xb02c9dcb0b188cb7, 0x261d276514956649},
      {4, 0x846a0800ef7c20fe, 0xcd9d9b8b3a3e1bbb},
      {5, 0x70bec6468243fd7e, 0x05fcff0ec098b7ba},
      {6, 0xd07ca34fbc869666, 0xc96bfa2a5c3ad0ef},
      {7, 0xe2c12aaa37615c8d, 0x78e8fff449acd2e3},
      {8, 0x5376fe5d8752a480, 0x2bcfb922970c534c},
      {9, 0xb79cc91e67eb164f, 0x7285936d18b5c4c8},
      {10, 0xde352a4f8e87c376, 0x4d4a442db54088a9},
      {11, 0x4d82494a5c775980, 0x91fd208eec8c5b93},
      {12, 0x77cb9c85e6102be4, 0x97b3ef548224d05b},
      {13, 0x1f4e6d1678476ed3, 0x139e312733e0df5d},
      {14, 0x612723854c356186, 0xf2210c027b0a1791},
      {15, 0x8541440932df88a8, 0x133781906f758397},
      {16, 0x3b1ca826ba2a8ab1, 0x00ff368af7e15570},
      {17, 0x14606ec89b0c68c7, 0x20e38f08a941bbdf},
      {23, 0x8f24f202db359817, 0x6ec9ced33f9a02ba},
      {24, 0x51113554edd27de7, 0x5501bcf9acda8270},
      {25, 0x9b832d0cc79d389c, 0x4ed36db4f9127cc2},
      {31, 0x0fc8bff6b4d635a2, 0xdb8b6c0ce90a3cd8},
      {32, 0x271fc7adca25c66d, 0x69f499a2c53fd088},
      {33, 0xc811ac0257c06b43, 0xde4815d1c281354e},
      {100, 0xac5e6f34f01858a4, 0x773258770366c397},
  };
  for (const auto& vector : vectors) {
    CAPTURE(vector.size);
    std::string bytes;
    for (std::size_t i = 0; i < vector.size; ++i) bytes += static_cast<char>(i * 37 + 200);
    CHECK(cs::murmur3_128(bytes) == cs::Hash128{vector.high, vector.low});
  }
  CHECK(cs::murmur3_128("v") == cs::Hash128{0xe001ba9f5f750d05, 0x18bc9338ae3e72f3});
}

TEST_CASE("the hash does not depend on where the bytes lie") {
  std::string bytes = "x0123456789abcdef0123456789";
  CHECK(cs::murmur3_128(cs::BytesView(bytes).substr(1)) == cs::murmur3_128("0123456789abcdef0123456789"));
}
