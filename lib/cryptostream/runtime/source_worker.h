// The thread of one partition of an external source: polls, retries, and queues what came for the stream thread.
#pragma once

#include <cryptostream/core/threads.h>
#include <cryptostream/graph/edges.h>
#include <cryptostream/runtime/metrics.h>

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace cryptostream {

class SourceWorker {
 public:
  struct Options {
    std::string key;  ///< "coincap/0"
    std::chrono::milliseconds startup_timeout{5'000};
    std::size_t queued_records = 10'000;  ///< bound of the queue; the reader is not polled beyond it
  };

  /// Starts polling at once. `ready` is called (any thread) when a batch or an end is there to be taken.
  SourceWorker(const ExternalSource& source, SourceTask task, Options options, Metrics& metrics,
               std::function<void()> ready);
  ~SourceWorker() { stop(); }

  /// The next batch, or null if none waits. An error ends the source: it could not be opened, or failed for good.
  Result<std::unique_ptr<ExternalBatch>> take();

  /// Lets the reader end; batches that wait can still be taken.
  void stop();

 private:
  void run(std::stop_token stop, const ExternalSource& source, const SourceTask& task);
  Result<std::unique_ptr<ExternalReader>> open(std::stop_token stop, const ExternalSource& source,
                                               const SourceTask& task);
  void end(Error error);
  void failed();

  Options options_;
  std::string name_;  // for messages: "source coincap/0"
  Metrics& metrics_;
  SourceMetrics& source_metrics_;
  std::function<void()> ready_;
  std::mutex mutex_;
  Condition room_;
  std::deque<std::unique_ptr<ExternalBatch>> queue_;  // guarded by mutex_, as are the next two
  std::size_t queued_ = 0;
  std::optional<Error> ended_;
  Thread thread_;  // last: it uses all of the above
};

}  // namespace cryptostream
