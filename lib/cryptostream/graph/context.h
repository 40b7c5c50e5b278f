// What a node may ask of the task it works in.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/result.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cryptostream {

/// Where a record can turn out bad. Each place has its error policy.
enum class Place : std::uint8_t {
  decode,    ///< a source node could not read key or value
  function,  ///< a user's function threw
  encode,    ///< a sink node could not write key or value, or the log refused the record
  sink,      ///< a sink's target refused the row
};

/// The lower-case name of `place`.
std::string_view to_string(Place place);

/// A topic that records are sent to: its partitions, ready for Producer::send.
struct OutputTopic {
  std::vector<TopicPartition> partitions;
  std::uint32_t next = 0;  ///< where the next record without a key goes: round robin
};

/// The task as its nodes see it.
class TaskContext {
 public:
  virtual ~TaskContext() = default;

  /// The input record being handled; null while a record of an external source is.
  const LogRecord* input() const { return input_; }

  /// The topic of that name (internal names without the application's prefix). Stays valid as long as the task. Errors:
  /// configuration.
  virtual Result<OutputTopic*> output(const std::string& topic) = 0;

  /// Appends a record; the partition is chosen from the key's bytes as Java's default partitioner does (murmur2).
  virtual Result<void> send(OutputTopic& topic, OptionalBytesView key, OptionalBytesView value, Timestamp timestamp,
                            HeadersView headers) = 0;

  /// Remembers where the bad record that is about to be reported went wrong.
  void note_failure(Place place, const std::string& node) {
    failed_place_ = place;
    failed_node_ = &node;
  }

 protected:
  const LogRecord* input_ = nullptr;
  Place failed_place_ = Place::function;
  const std::string* failed_node_ = nullptr;
};

}  // namespace cryptostream
