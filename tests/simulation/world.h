// What the processes of one schedule share, and the border that each of them acts across.
#pragma once

#include "faults.h"
#include "fibers.h"

#include <cryptostream/broker/broker.h>

#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace simulation {

namespace cs = cryptostream;

constexpr std::chrono::milliseconds session_timeout = 2s;
constexpr std::chrono::milliseconds transaction_timeout = 3s;

/// A database with transactions: rows, position and epoch of a task change together.
struct Target {
  struct Row {
    std::int64_t offset = 0;
    std::string key{};
    std::string value{};
    bool operator==(const Row&) const = default;
  };
  struct Task {
    std::vector<Row> rows{};
    std::optional<std::int64_t> position{};
    int epoch = 0;
  };
  std::map<std::string, Task> tasks;  ///< by "<sink>|<topic>|<partition>"
};

struct World {
  explicit World(std::uint64_t seed, bool with_trace);

  Fibers fibers;
  std::shared_ptr<cs::Broker> log;
  Target target;
  std::int64_t one_in = 0;  ///< of so many steps of weight 1 one goes wrong; 0: none
  std::int64_t faults_left = 0;
  std::chrono::nanoseconds away_until{0};
  std::function<void(int process)> start_another;  ///< for Fault::doubled
  FaultCounts counts{};
  std::int64_t steps = 0;
  std::int64_t fenced = 0;                  ///< processes that ended because another one took their place
  std::uint64_t digest = 0;                 ///< of all that happened
  char log_changed = 0, group_changed = 0;  ///< conditions

  template <class... Args>
  void trace(std::string_view who, fmt::format_string<Args...> format, Args&&... args) {
    if (tracing_) print(who, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  void print(std::string_view who, const std::string& what);
  bool tracing_;
};

/// The border of one process: each call across it is announced before it is made and after.
class Border {
 public:
  Border(World& world, Life& life, int process, std::stop_source& stop)
      : world_(world), life_(life), process_(process), stop_(stop) {}

  /// An error: the call must not be made.
  cs::Result<void> before(const Step& step);
  /// An error: the call was made, but nobody learns of it.
  cs::Result<void> after(const Step& step);
  /// Lets others run until the condition is notified or `deadline` comes. An error if the process died meanwhile.
  cs::Result<void> wait(const void* condition, std::chrono::nanoseconds deadline);

  World& world() { return world_; }
  const Life& life() const { return life_; }

 private:
  bool trouble(const Step& step);
  cs::Result<void> suffer(const Step& step, Fault fault);
  tl::unexpected<cs::Error> dead() const;

  World& world_;
  Life& life_;
  int process_;
  std::stop_source& stop_;
};

}  // namespace simulation
