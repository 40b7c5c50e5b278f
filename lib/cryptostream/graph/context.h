// What a node may ask of the task it works in.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/result.h>
#include <cryptostream/state/record_context.h>
#include <cryptostream/state/state_store.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// Which time a punctuation follows.
enum class PunctuationType : std::uint8_t {
  stream_time,  ///< the task's stream time: first with the first record, then whenever a multiple of the interval has
                ///< passed
  wall_clock,   ///< the clock on the wall: first after one interval
};

/// A scheduled punctuation. Dropping the handle does not cancel it.
class Punctuation {
 public:
  explicit Punctuation(std::shared_ptr<bool> cancelled) : cancelled_(std::move(cancelled)) {}
  void cancel() { *cancelled_ = true; }

 private:
  std::shared_ptr<bool> cancelled_;
};

/// Where the input record came from that led to what is being handled; topic empty: from none (punctuation).
struct RecordOrigin {
  std::string_view topic{};
  std::int32_t partition = -1;
  std::int64_t offset = -1;
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
  /// The partition that send() would choose for `key`.
  virtual std::int32_t partition_for(const OutputTopic& topic, BytesView key) const = 0;
  /// The same into a partition of the caller's choice (`partition` modulo nothing: it must exist).
  virtual Result<void> send_to(OutputTopic& topic, std::int32_t partition, OptionalBytesView key,
                               OptionalBytesView value, Timestamp timestamp, HeadersView headers) = 0;

  /// The store of that name, which the asking node must be connected to in the blueprint. Valid as long as the node.
  /// Errors: internal.
  virtual Result<StateStore*> store(const std::string& name) = 0;
  /// True if store() gives a global table's, which nodes must not write to.
  virtual bool is_global(const std::string& store) const = 0;

  /// The largest timestamp of any input record so far; -1 ms before the first.
  virtual Timestamp stream_time() const = 0;
  virtual Timestamp wall_clock() const = 0;
  /// This task's partition.
  virtual std::int32_t partition() const = 0;

  /// Calls `punctuate` again and again, between records, with the current time of its kind. Within it, origin() is of
  /// no topic.
  virtual Punctuation schedule(std::chrono::milliseconds interval, PunctuationType type,
                               std::function<Result<void>(Timestamp)> punctuate) = 0;

  /// Asks for a commit as soon as the record in hand is done with.
  void request_commit() { commit_requested_ = true; }

  /// A time that a node of this task kept before it last stopped. Known from the first record on.
  virtual std::optional<Timestamp> kept_time(const std::string& name) const = 0;
  /// Keeps a time over restarts: it is committed with the offsets of the task's inputs, under a name of the node's own.
  virtual void keep_time(const std::string& name, Timestamp time) = 0;

  /// Counts a record (or window) that an operator left out as its rules say: null key, too late. `why` names the rule,
  /// for the log.
  virtual void drop(std::string_view why) = 0;

  const RecordOrigin& origin() const { return origin_; }
  /// Handles what a cache or buffer had held back, or a punctuation: `body` runs under the origin of `held`. If it
  /// meets a bad record, the policy of its place decides about that alone, and what waits behind it is not lost. `key`,
  /// `value`: as bytes, for a dead letter.
  template <class Body>
  Result<void> under_origin(const RecordContext& held, OptionalBytesView key, OptionalBytesView value,
                            const Body& body) {
    auto outer = std::exchange(origin_, RecordOrigin{held.topic, held.partition, held.offset});
    Result<void> handled = body();
    origin_ = outer;
    if (handled || handled.error().kind() != ErrorKind::bad_record) [[likely]]
      return handled;
    return refused(handled.error(), held, key, value);
  }
  /// What a store shall remember of a record with this time and these headers.
  RecordContext context_of(Timestamp timestamp, HeadersView headers) const {
    return {timestamp, headers, origin_.topic, origin_.partition, origin_.offset};
  }

  /// Remembers where the bad record that is about to be reported went wrong.
  void note_failure(Place place, const std::string& node) {
    failed_place_ = place;
    failed_node_ = &node;
  }

 protected:
  /// Applies the policy to a bad record that was held back.
  virtual Result<void> refused(const Error& error, const RecordContext& held, OptionalBytesView key,
                               OptionalBytesView value) = 0;

  bool commit_requested_ = false;
  const LogRecord* input_ = nullptr;
  RecordOrigin origin_;
  Place failed_place_ = Place::function;
  const std::string* failed_node_ = nullptr;
};

}  // namespace cryptostream
