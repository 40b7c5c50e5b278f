#include <cryptostream/core/log.h>

#include <atomic>
#include <memory>
#include <mutex>

namespace cryptostream {
namespace {

constexpr int silent = 100;
std::atomic<int> lowest_level{silent};
std::mutex handler_mutex;
std::shared_ptr<const LogHandler> handler;  // guarded by handler_mutex

}  // namespace

void set_log_handler(LogHandler new_handler, LogLevel lowest) {
  std::lock_guard lock(handler_mutex);
  lowest_level = new_handler ? static_cast<int>(lowest) : silent;
  handler = std::make_shared<const LogHandler>(std::move(new_handler));
}

bool log_enabled(LogLevel level) { return static_cast<int>(level) >= lowest_level.load(std::memory_order_relaxed); }

void log_line(LogLevel level, std::string_view module, std::string_view message) {
  if (!log_enabled(level)) return;
  std::shared_ptr<const LogHandler> current;
  {
    std::lock_guard lock(handler_mutex);
    current = handler;
  }
  if (current && *current) (*current)(level, module, message);
}

}  // namespace cryptostream
