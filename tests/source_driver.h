// Runs a source as the runtime does: opens it, and polls it on a thread of its own.
#pragma once

#include <cryptostream/core/log.h>
#include <cryptostream/graph/source.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cryptostream::testing {

/// Catches the library's log lines of level info and above while it lives. One at a time.
class LogCatcher {
 public:
  LogCatcher() {
    set_log_handler([this](LogLevel level, std::string_view, std::string_view message) {
      std::lock_guard lock(mutex_);
      lines_.emplace_back(level, message);
    });
  }
  ~LogCatcher() { set_log_handler({}); }

  /// How many lines of level warning or error contain this.
  int warnings(std::string_view part = "") const {
    std::lock_guard lock(mutex_);
    return static_cast<int>(std::count_if(lines_.begin(), lines_.end(), [&](const auto& line) {
      return line.first >= LogLevel::warning && line.second.find(part) != std::string::npos;
    }));
  }
  std::string text() const {
    std::lock_guard lock(mutex_);
    std::string all;
    for (const auto& line : lines_) all += line.second + "\n";
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

template <Source S>
class SourceDriver {
 public:
  using Record = OwnedRecord<typename S::Key, typename S::Value>;

  /// Opens the source, which must succeed, and begins to poll.
  explicit SourceDriver(const S& source, std::optional<std::string> position = {}) {
    auto opened = source.open({.partition = 0, .position = std::move(position)}, {});
    if (!opened) throw std::runtime_error(opened.error().message());
    reader_ = std::move(*opened);
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
  }

  /// Waits until there are n records; false if they do not come in time.
  bool wait_for(std::size_t n, std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return records_.size() >= n || error_; }) && records_.size() >= n;
  }
  std::vector<Record> records() const {
    std::lock_guard lock(mutex_);
    return records_;
  }
  std::string position() const {
    std::lock_guard lock(mutex_);
    return position_;
  }
  /// The error that ended the reader, if one did.
  std::optional<Error> error() const {
    std::lock_guard lock(mutex_);
    return error_;
  }
  /// Stops and says how long that took.
  std::chrono::milliseconds stop() {
    auto begun = std::chrono::steady_clock::now();
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  }

 private:
  void run(std::stop_token stop) {
    while (!stop.stop_requested()) {
      auto batch = reader_->poll(stop);
      std::lock_guard lock(mutex_);
      if (!batch) {
        error_ = batch.error();
        changed_.notify_all();
        return;
      }
      if (!batch->position.empty()) position_ = batch->position;
      for (auto& record : batch->records) records_.push_back(std::move(record));
      changed_.notify_all();
    }
  }

  std::unique_ptr<SourceReader<typename S::Key, typename S::Value>> reader_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Record> records_;  // guarded by mutex_
  std::string position_;         // guarded by mutex_
  std::optional<Error> error_;   // guarded by mutex_
  std::jthread thread_;
};

}  // namespace cryptostream::testing
