// What a store remembers of the record that led to a write.
#pragma once

#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/headers.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace cryptostream {

/// Time and headers of the record in hand, and where its input record came from (Kafka Streams'
/// ProcessorRecordContext). Valid during the call.
struct RecordContext {
  Timestamp timestamp{};
  HeadersView headers{};
  std::string_view topic{};  ///< empty: none, as within a punctuation
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

/// The same with a life of its own.
struct OwnedRecordContext {
  Timestamp timestamp{};
  Headers headers{};
  std::string topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;

  OwnedRecordContext() = default;
  explicit OwnedRecordContext(const RecordContext& from)
      : timestamp(from.timestamp),
        headers(from.headers),
        topic(from.topic),
        partition(from.partition),
        offset(from.offset) {}
  RecordContext view() const { return {timestamp, headers, topic, partition, offset}; }
};

}  // namespace cryptostream
