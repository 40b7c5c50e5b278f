// The edge where records come in from outside any log: exchanges, APIs, files.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/record.h>

#include <concepts>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cryptostream {

/// What a reader gave in one poll, and the position that stands for everything up to its end.
template <class K, class V>
struct SourceBatch {
  std::vector<OwnedRecord<K, V>> records{};
  std::string position{};  ///< opaque to the runtime; committed together with the records; empty: unchanged
};

/// Where a reader begins.
struct SourceTask {
  int partition = 0;
  std::optional<std::string> position{};  ///< of the last committed batch; nothing on the first start
};

/// One partition of a source at work. Its thread calls poll again and again; one thread only.
template <class K, class V>
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  /// Waits until there is something, or `stop` is requested (then returns soon, possibly with nothing). May return an
  /// empty batch. Errors: retriable ones make the runtime wait (Error::retry_after, else backoff) and poll again,
  /// having said so once; others end the run.
  virtual Result<SourceBatch<K, V>> poll(std::stop_token stop) = 0;
};

/// A copyable recipe for readers. `open` may contact the outside to check keys and names; its retriable errors are
/// retried for `ApplicationConfig::startup_timeout`, then end the run.
template <class S>
concept Source = std::copy_constructible<S> && requires(const S& source, const SourceTask& task, std::stop_token stop) {
  typename S::Key;
  typename S::Value;
  { source.name() } -> std::convertible_to<std::string>;
  { source.partitions() } -> std::convertible_to<int>;
  {
    source.open(task, stop)
    } -> std::same_as<Result<std::unique_ptr<SourceReader<typename S::Key, typename S::Value>>>>;
};

}  // namespace cryptostream
