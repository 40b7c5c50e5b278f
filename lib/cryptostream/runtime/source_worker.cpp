#include <cryptostream/core/backoff.h>
#include <cryptostream/core/log.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/runtime/source_worker.h>

namespace cryptostream {

SourceWorker::SourceWorker(const ExternalSource& source, SourceTask task, Options options, Metrics& metrics,
                           std::function<void()> ready)
    : options_(std::move(options)), metrics_(metrics), ready_(std::move(ready)) {
  thread_ = std::jthread(
      [this, &source, task = std::move(task)](std::stop_token stop) { run(std::move(stop), source, task); });
}

Result<std::unique_ptr<ExternalBatch>> SourceWorker::take() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty()) {
    auto batch = std::move(queue_.front());
    queue_.pop_front();
    queued_ -= batch->size();
    room_.notify_all();
    return batch;
  }
  if (ended_) return fail(*ended_);
  return nullptr;
}

void SourceWorker::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void SourceWorker::end(Error error) {
  {
    std::lock_guard lock(mutex_);
    ended_ = std::move(error);
  }
  ready_();
}

Result<std::unique_ptr<ExternalReader>> SourceWorker::open(std::stop_token stop, const ExternalSource& source,
                                                           const SourceTask& task) {
  Backoff backoff;
  auto deadline = system_clock().monotonic() + options_.startup_timeout;
  for (;;) {
    auto reader = source.open(task, stop);
    if (reader || !reader.error().retriable() || stop.stop_requested()) return reader;
    ++metrics_.source_failures;
    auto pause = reader.error().retry_after().value_or(backoff.next());
    if (system_clock().monotonic() + pause > deadline || wait(stop, pause)) return reader;
    log(LogLevel::debug, options_.name, "not reachable yet: {}", reader.error().message());
  }
}

void SourceWorker::run(std::stop_token stop, const ExternalSource& source, const SourceTask& task) {
  auto reader = open(stop, source, task);
  if (!reader) {
    if (!stop.stop_requested()) end(reader.error().with_context(options_.name));
    return;
  }
  Backoff backoff;
  bool failing = false;
  while (!stop.stop_requested()) {
    auto batch = (*reader)->poll(stop);
    if (!batch) {
      if (stop.stop_requested()) return;
      ++metrics_.source_failures;
      if (!batch.error().retriable()) return end(batch.error().with_context(options_.name));
      auto pause = batch.error().retry_after().value_or(backoff.next());
      if (!failing)
        log(LogLevel::warning, options_.name, "waiting for it to come back, trying on: {}", batch.error().message());
      failing = true;
      if (wait(stop, pause)) return;
      continue;
    }
    if (failing) log(LogLevel::info, options_.name, "is back");
    failing = false;
    backoff.reset();
    if ((*batch)->size() == 0 && (*batch)->position().empty()) continue;
    {
      std::unique_lock lock(mutex_);
      if (!room_.wait(lock, stop, [&] { return queued_ < options_.queued_records; })) return;
      queued_ += (*batch)->size();
      queue_.push_back(std::move(*batch));
    }
    ready_();
  }
}

}  // namespace cryptostream
