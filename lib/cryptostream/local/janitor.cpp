// The thread that trims a log while this process writes to it.
#include <cryptostream/core/log.h>
#include <cryptostream/local/log_file.h>
#include <cryptostream/local/trim.h>

namespace cryptostream::local {
namespace {

/// At most so often while there are writes, and so often without any (records grow old by themselves).
constexpr std::chrono::milliseconds busy_interval{200};
constexpr std::chrono::seconds idle_interval{60};

}  // namespace

Janitor::~Janitor() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Janitor::look() {
  std::lock_guard lock(mutex_);
  asked_ = true;
  if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  wake_.notify_all();
}

void Janitor::run(const std::stop_token& stop) {
  std::unique_ptr<Trim> trim;
  std::string said;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, idle_interval, [&] { return asked_; });
      asked_ = false;
    }
    if (stop.stop_requested()) return;
    auto done = [&]() -> Result<void> {
      if (!trim) {
        CRYPTOSTREAM_TRY_ASSIGN(trim, Trim::open(file_));
      }
      return trim->run(stop);
    }();
    if (!done && done.error().message() != said)
      log(LogLevel::warning, "local", "the log cannot be trimmed now: {}", done.error().message());
    said = done ? std::string() : done.error().message();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, busy_interval, [] { return false; });
  }
}

}  // namespace cryptostream::local
