#include <cryptostream/runtime/application.h>

#include <atomic>
#include <csignal>
#include <thread>

#include <unistd.h>

namespace cryptostream {
namespace {

std::atomic<int> seen{0};
int pipe_ends[2] = {-1, -1};

// Only what is allowed in a signal handler: note it, wake the watcher, let the next one through.
extern "C" void on_signal(int signal) {
  seen = signal;
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  char byte = 0;
  [[maybe_unused]] auto written = ::write(pipe_ends[1], &byte, 1);
}

struct Watcher {
  std::stop_source stop;
  std::jthread thread;

  Watcher() {
    if (::pipe(pipe_ends) != 0) return;
    thread = std::jthread([this](std::stop_token) {
      char byte;
      if (::read(pipe_ends[0], &byte, 1) == 1) stop.request_stop();
    });
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
  }
  ~Watcher() { ::close(pipe_ends[1]); }  // ends the thread's read
};

}  // namespace

std::stop_token until_signal() {
  static Watcher watcher;
  return watcher.stop.get_token();
}

int signal_seen() { return seen; }

}  // namespace cryptostream
