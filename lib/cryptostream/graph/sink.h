// The edge where records leave for a database or a file, exactly once.
#pragma once

#include <cryptostream/core/bytes.h>
#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/data/headers.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cryptostream {

/// The task a writer is opened for: one partition of one topic into one sink.
struct SinkTask {
  std::string sink;   ///< name of the sink, unique in its application: "<application.id>/<node name>"
  std::string topic;  ///< the input topic
  std::int32_t partition = 0;
  std::string log_id;  ///< identity of the log the offsets belong to; a target that remembers another one refuses
                       ///< (configuration)
};

/// One row for a sink. `value` null deletes by key, where the sink can.
template <class K, class V>
struct SinkRecord {
  const K* key;    ///< null if the record has none
  const V* value;  ///< null: a delete
  Timestamp timestamp;
  std::int64_t offset;  ///< of the input record this row came from; rows of one input record share it
  HeadersView headers;
};

/// Takes rows that a target refuses. The policy decides: an error means stop (the writer rolls back and returns it),
/// success means the row is accounted for and the rest may go on. Called before the target commits.
class Rejections {
 public:
  virtual ~Rejections() = default;
  virtual Result<void> reject(std::int64_t offset, const Error& why) = 0;
};

/// One sink task at work. One thread.
template <class K, class V>
class SinkWriter {
 public:
  virtual ~SinkWriter() = default;  ///< drops what is not committed

  /// The next input offset by the target's own reckoning, read when the writer was opened; nothing if it never saw this
  /// task. The task begins there, whatever the group's offset says.
  virtual std::optional<std::int64_t> position() const = 0;

  /// Takes a row into the current batch; copies what it needs. Errors: bad_record (this row cannot be stored).
  virtual Result<void> write(const SinkRecord<K, V>& record) = 0;

  /// Makes all rows since the last commit, and position `next`, permanent in one transaction of the target, or nothing
  /// at all. On any error the outcome may be unknown: the task destroys the writer, opens a new one and goes on from
  /// its position. Errors: fenced (another writer of this task was opened since), retriable kinds, permission,
  /// configuration, failure.
  virtual Result<void> commit(std::int64_t next, Rejections& rejections) = 0;
};

/// A copyable recipe for writers. `Key` is what `SinkRecord::key` points to; sinks that need none use std::string.
/// `open` connects, makes or checks the table, takes the task over from any former writer (raises the epoch) and reads
/// the position.
template <class S>
concept Sink = std::copy_constructible<S> && requires(const S& sink, const SinkTask& task) {
  typename S::Key;
  typename S::Value;
  { sink.name() } -> std::convertible_to<std::string>;  // default node name: letters, digits, '-', '_', '.'
  { sink.open(task) } -> std::same_as<Result<std::unique_ptr<SinkWriter<typename S::Key, typename S::Value>>>>;
};

}  // namespace cryptostream
