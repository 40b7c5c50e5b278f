#include <cryptostream/core/backoff.h>
#include <cryptostream/core/log.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/runtime/source_worker.h>

namespace cryptostream {

SourceWorker::SourceWorker(const ExternalSource& source, SourceTask task, Options options, Metrics& metrics,
                           std::function<void()> ready)
    : options_(std::move(options)),
      name_("source " + options_.key),
      metrics_(metrics),
      source_metrics_(metrics.sources.of(options_.key)),
      ready_(std::move(ready)) {
  thread_ =
      Thread([this, &source, task = std::move(task)](std::stop_token stop) { run(std::move(stop), source, task); });
}

Result<std::unique_ptr<ExternalBatch>> SourceWorker::take() {
  std::lock_guard lock(mutex_);
  if (!queue_.empty()) {
    auto batch = std::move(queue_.front());
    queue_.pop_front();
    queued_ -= batch->size();
    source_metrics_.queued = queued_;
    room_.notify_all();
    return batch;
  }
  if (ended_) return fail(*ended_);
  return nullptr;
}

void SourceWorker::stop() {
  thread_.request_stop();
  { std::lock_guard lock(mutex_); }  // not between its look at the stop and its wait
  room_.notify_all();
  thread_.join();
  source_metrics_.open = source_metrics_.up = false;
}

void SourceWorker::failed() {
  ++metrics_.source_failures;
  ++source_metrics_.failures;
  source_metrics_.up = false;
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
    failed();
    auto pause = reader.error().retry_after().value_or(backoff.next());
    if (system_clock().monotonic() + pause > deadline || wait(stop, pause)) return reader;
    log(LogLevel::debug, name_, "not reachable yet: {}", reader.error().message());
  }
}

void SourceWorker::run(std::stop_token stop, const ExternalSource& source, const SourceTask& task) {
  auto reader = open(stop, source, task);
  if (!reader) {
    if (!stop.stop_requested()) end(reader.error().with_context(name_));
    return;
  }
  source_metrics_.open = source_metrics_.up = true;
  Backoff backoff;
  bool failing = false;
  while (!stop.stop_requested()) {
    auto batch = (*reader)->poll(stop);
    if (!batch) {
      if (stop.stop_requested()) return;
      failed();
      if (!batch.error().retriable()) return end(batch.error().with_context(name_));
      auto pause = batch.error().retry_after().value_or(backoff.next());
      if (!failing)
        log(LogLevel::warning, name_, "waiting for it to come back, trying on: {}", batch.error().message());
      failing = true;
      if (wait(stop, pause)) return;
      continue;
    }
    if (failing) log(LogLevel::info, name_, "is back");
    failing = false;
    source_metrics_.up = true;
    backoff.reset();
    if ((*batch)->size() == 0 && (*batch)->position().empty()) continue;
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return queued_ < options_.queued_records || stop.stop_requested(); });
      if (queued_ >= options_.queued_records) return;
      queued_ += (*batch)->size();
      source_metrics_.queued = queued_;
      source_metrics_.records += (*batch)->size();
      queue_.push_back(std::move(*batch));
    }
    ready_();
  }
}

}  // namespace cryptostream
