// The input partitions of a task with what waits in each, and whose turn it is: the one whose first record is the
// oldest.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/result.h>
#include <cryptostream/graph/topic_nodes.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

/// Kafka Streams' PartitionGroup with its RecordQueues. Only the first record of a partition is decoded.
class PartitionGroup {
 public:
  /// What becomes of a record that cannot be decoded, or has no valid time: an error ends everything, success passes
  /// over it.
  using OnRefused = std::function<Result<void>(std::size_t input, const LogRecord& record, const Error* why)>;

  explicit PartitionGroup(OnRefused on_refused) : on_refused_(std::move(on_refused)) {}

  /// Forgets everything and starts with these inputs.
  void reset(std::vector<std::unique_ptr<InputSlot>> slots);

  /// What is known of an input from before a restart.
  void begin_at(std::size_t input, Timestamp partition_time);
  Timestamp partition_time(std::size_t input) const { return queues_[input].partition_time; }

  /// Copies the record to the end of its partition.
  Result<void> enqueue(std::size_t input, const LogRecord& record);
  bool empty() const { return heap_.empty(); }

  /// What next() gives: valid until the following call here.
  struct Next {
    std::size_t input;
    LogRecord record;
    Timestamp timestamp;
    InputSlot* slot;
  };
  /// The partition whose turn it is, its first record decoded in its slot; nothing when all are empty. Advances stream
  /// time. Call done() when it was handled.
  std::optional<Next> next();
  Result<void> done();

  /// Decodes and takes the time of a record that need not wait (the only input): like enqueue, next and done in one,
  /// without a copy. Nothing if it was passed over.
  Result<std::optional<Next>> pass(std::size_t input, const LogRecord& record);

  Timestamp stream_time() const { return stream_time_; }

 private:
  struct Waiting {
    std::int64_t offset = 0;
    Timestamp timestamp{};
    OptionalBytes key{};
    OptionalBytes value{};
    std::string headers{};
    LogRecord view() const;
    void assign(const LogRecord& record);
  };
  struct Queue {
    std::unique_ptr<InputSlot> slot;
    std::deque<Waiting> waiting{};
    Timestamp head_time{};  // of waiting.front(), as decoded
    Timestamp partition_time{-1};
  };
  Result<bool> decode_head(std::size_t input);
  void drop_front(Queue& queue);
  bool earlier(std::size_t a, std::size_t b) const;

  OnRefused on_refused_;
  std::vector<Queue> queues_;
  std::vector<std::size_t> heap_;  // inputs with a decoded head, by its time (core/java_heap.h)
  std::optional<std::size_t> taken_;
  std::vector<Waiting> spare_;  // handled records, for their buffers
  Timestamp stream_time_{-1};
};

}  // namespace cryptostream
