// Which partition a key belongs to: as Kafka's Java clients choose it.
#pragma once

#include <cstdint>
#include <string_view>

namespace cryptostream {

/// Murmur2 with the seed of Kafka's Java client (org.apache.kafka.common.utils.Utils.murmur2).
std::uint32_t murmur2(std::string_view bytes);

/// The partition of a key among `partitions` (BuiltInPartitioner.partitionForKey): the hash made positive, modulo.
inline std::int32_t partition_for_key(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffu) % static_cast<std::uint32_t>(partitions));
}

}  // namespace cryptostream
