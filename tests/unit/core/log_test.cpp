// The log interface: who gets which line.
#include <cryptostream/core/log.h>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using cryptostream::log;
using cryptostream::LogLevel;
using cryptostream::set_log_handler;

namespace {

/// Silences the library again when a test ends.
struct Quiet {
  ~Quiet() { set_log_handler({}); }
};

/// Counts how often it is formatted.
struct Counted {
  int* count;
};

}  // namespace

template <>
struct fmt::formatter<Counted> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(const Counted& counted, Context& context) const {
    ++*counted.count;
    return context.out();
  }
};

TEST_CASE("the library is silent until a handler is installed") {
  Quiet quiet;
  int formatted = 0;
  set_log_handler({});
  CHECK(!cryptostream::log_enabled(LogLevel::error));
  log(LogLevel::error, "test", "{}", Counted{&formatted});
  CHECK(formatted == 0);
}

TEST_CASE("a handler gets the lines of its level and above, formatted once") {
  Quiet quiet;
  std::vector<std::string> lines;
  set_log_handler(
      [&](LogLevel level, std::string_view module, std::string_view message) {
        lines.push_back(fmt::format("{} {} {}", static_cast<int>(level), module, message));
      },
      LogLevel::warning);
  int formatted = 0;
  log(LogLevel::debug, "sqlite", "{}", Counted{&formatted});
  log(LogLevel::info, "sqlite", "{}", Counted{&formatted});
  CHECK(formatted == 0);
  log(LogLevel::warning, "sqlite", "disk full, waiting {} s{}", 5, Counted{&formatted});
  log(LogLevel::error, "task 0_1", "stopped");
  CHECK(formatted == 1);
  CHECK(lines == std::vector<std::string>{"2 sqlite disk full, waiting 5 s", "3 task 0_1 stopped"});
  set_log_handler({});
  log(LogLevel::error, "task 0_1", "not heard");
  CHECK(lines.size() == 2);
}

TEST_CASE("handlers may be changed while other threads speak") {
  Quiet quiet;
  std::atomic<int> heard{0};
  std::jthread speaker([](std::stop_token stop) {
    while (!stop.stop_requested()) log(LogLevel::info, "test", "line");
  });
  for (int i = 0; i < 200; ++i) {
    set_log_handler([&heard](LogLevel, std::string_view, std::string_view) { ++heard; });
    set_log_handler({});
  }
  set_log_handler([&heard](LogLevel, std::string_view, std::string_view) { ++heard; });
  heard = 0;
  while (heard < 10) std::this_thread::yield();
  speaker.request_stop();
  speaker.join();
}
