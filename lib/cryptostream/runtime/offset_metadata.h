// What is committed beside an offset: the text that Kafka Streams commits, so that either goes on where the other
// ended.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <map>
#include <string>
#include <string_view>

namespace cryptostream {

struct OffsetMetadata {
  Timestamp partition_time{-1};              ///< the largest of the partition's records; -1 ms: none yet
  std::map<std::string, Timestamp> times{};  ///< that nodes of the task keep, by the names of their stores

  /// Base64 of: byte 2 | int64 partition time | if there are times: int32 number, each as int32 length | name | int64.
  std::string encode() const;
  /// What is not understood (another program's) counts as nothing, as with Kafka Streams.
  static OffsetMetadata decode(std::string_view text);
};

}  // namespace cryptostream
