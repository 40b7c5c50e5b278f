#include <cryptostream/core/fail_point.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>

#include <unistd.h>

namespace cryptostream {
namespace {

struct Action {
  bool kill = false;
  bool every_visit = false;
  long visits_left = 1;
};

std::map<std::string, Action, std::less<>> parse(std::string_view text) {
  std::map<std::string, Action, std::less<>> actions;
  while (!text.empty()) {
    auto entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    auto equals = entry.find('=');
    if (equals == entry.npos) continue;
    Action action;
    auto what = entry.substr(equals + 1);
    if (auto at = what.find('@'); at != what.npos) {
      auto count = what.substr(at + 1);
      action.every_visit = count == "*";
      if (!action.every_visit) action.visits_left = std::strtol(std::string(count).c_str(), nullptr, 10);
      what = what.substr(0, at);
    }
    action.kill = what == "kill";
    actions.emplace(entry.substr(0, equals), action);
  }
  return actions;
}

struct Armed {
  std::mutex mutex;
  std::map<std::string, Action, std::less<>> actions;  // guarded by mutex
  std::atomic<bool> any{false};

  Armed() {
    if (const char* text = std::getenv("CRYPTOSTREAM_FAIL_POINTS")) set(text);
  }
  void set(std::string_view text) {
    std::lock_guard lock(mutex);
    actions = parse(text);
    any = !actions.empty();
  }
};

Armed& armed() {
  static Armed instance;
  return instance;
}

}  // namespace

Result<void> fail_point(std::string_view name) {
  auto& points = armed();
  if (!points.any.load(std::memory_order_relaxed)) [[likely]]
    return {};
  std::lock_guard lock(points.mutex);
  auto found = points.actions.find(name);
  if (found == points.actions.end()) return {};
  auto& action = found->second;
  if (!action.every_visit && --action.visits_left != 0) return {};
  if (action.kill) {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
  }
  return fail(ErrorKind::unavailable, "fail point " + std::string(name));
}

void set_fail_points(std::string_view text) { armed().set(text); }

}  // namespace cryptostream
