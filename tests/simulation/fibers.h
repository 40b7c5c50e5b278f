// The library's threads as fibers on one thread, by a clock that moves when nobody can run.
#pragma once

#include "random.h"

#include <cryptostream/core/threads.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace simulation {

using namespace std::chrono_literals;

/// A process from its start to its end. Its fibers do not run while it is frozen. Once dead they run to their end with
/// the clock at the end of time, so that they wait for nothing; nothing they do may reach anybody.
struct Life {
  std::string name{};
  bool dead = false;
  std::chrono::nanoseconds frozen_until{0};
};

/// Which fiber runs next is chance, of the seed alone.
class Fibers final : public cryptostream::Scheduler {
 public:
  explicit Fibers(std::uint64_t seed);
  ~Fibers() override;  ///< all fibers must have ended

  const cryptostream::Clock& clock() const override { return clock_; }
  std::uint64_t random_seed() override { return random_.next(); }
  std::size_t start(std::function<void()> body) override;
  void join(std::size_t fiber) override;
  void wait(const void* condition, std::chrono::nanoseconds deadline) override;
  void notify(const void* condition) override;

  /// As start(), for a process; null: outside all processes.
  std::size_t start(Life* life, std::function<void()> body);
  /// Runs until all fibers have ended. False if some still wait at `limit`: they stay, and another call goes on.
  bool run(std::chrono::nanoseconds limit);
  /// Lets others run.
  void yield();
  void sleep(std::chrono::nanoseconds time);
  void pass(std::chrono::nanoseconds time) { clock_.now_ += time; }
  std::chrono::nanoseconds time() const { return clock_.now_; }
  Random& random() { return random_; }

 private:
  struct Fiber;
  struct VirtualClock final : cryptostream::Clock {
    explicit VirtualClock(const Fibers& owner) : fibers(owner) {}
    cryptostream::Timestamp now() const override;
    std::chrono::nanoseconds monotonic() const override;
    const Fibers& fibers;
    std::chrono::nanoseconds now_{0};
  };
  static void enter();
  void switch_to(Fiber& fiber);
  void leave();
  bool can_run(const Fiber& fiber) const;

  VirtualClock clock_{*this};
  Random random_;
  std::vector<std::unique_ptr<Fiber>> fibers_;  // alive, oldest first
  std::vector<Fiber*> ready_;
  Fiber* running_ = nullptr;
  std::size_t started_ = 0;
  std::unique_ptr<Fiber> outside_;  // what called run()
};

}  // namespace simulation
