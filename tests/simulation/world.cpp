#include "world.h"

#include <cryptostream/broker/memory.h>

#include <cstdio>

namespace simulation {

using cs::ErrorKind;
using cs::fail;

World::World(std::uint64_t seed, bool with_trace) : fibers(seed), tracing_(with_trace) {
  cs::MemoryBrokerOptions options;
  options.clock = &fibers.clock();
  options.log_id = "simulated";
  options.session_timeout = session_timeout;
  options.transaction_timeout = transaction_timeout;
  options.pending_wait = 0ms;
  log = cs::memory_broker(options);
}

void World::print(std::string_view who, const std::string& what) {
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(fibers.time()).count();
  std::printf("%6ld.%06ld %-5.*s %s\n", static_cast<long>(micros / 1'000'000), static_cast<long>(micros % 1'000'000),
              static_cast<int>(who.size()), who.data(), what.c_str());
  std::fflush(stdout);
}

tl::unexpected<cs::Error> Border::dead() const { return fail(ErrorKind::failure, "the process is dead"); }

bool Border::trouble(const Step& step) {
  if (world_.one_in == 0 || world_.faults_left == 0) return false;
  return world_.fibers.random().below(world_.one_in) < step.weight;
}

cs::Result<void> Border::before(const Step& step) {
  if (life_.dead) return dead();
  auto& random = world_.fibers.random();
  ++world_.steps;
  world_.digest = (world_.digest ^ static_cast<std::uint64_t>(step.name[0] * 31 + process_)) * 0x100000001b3u;
  world_.fibers.pass(std::chrono::microseconds(random.one_in(16) ? random.below(5'000) : random.below(100)));
  if (random.one_in(step.weight > 3 ? 2 : 6)) world_.fibers.yield();
  if (life_.dead) return dead();
  if (step.log && world_.away_until > world_.fibers.time()) {
    world_.fibers.sleep(std::chrono::milliseconds(random.between(20, 200)));
    if (life_.dead) return dead();
    if (world_.away_until > world_.fibers.time()) return fail(ErrorKind::unavailable, "the log is away");
  }
  world_.trace(life_.name, "{}", step.name);
  if (!trouble(step)) [[likely]]
    return {};
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return suffer(step, Fault::crash);
    case 3:
    case 4:
      return suffer(step, Fault::frozen);
    case 5:
      return suffer(step, Fault::doubled);
    case 6:
      return suffer(step, Fault::outage);
    case 7:
      return suffer(step, Fault::stop);
    default:
      if (step.transaction && random.one_in(2)) return suffer(step, Fault::transaction);
      return suffer(step, step.may_be_unknown ? Fault::never_arrived : Fault::refused);
  }
}

cs::Result<void> Border::after(const Step& step) {
  if (life_.dead) return dead();
  if (!step.changes || !trouble(step)) return {};
  return suffer(step, world_.fibers.random().one_in(2) ? Fault::crash_after : Fault::answer_lost);
}

cs::Result<void> Border::suffer(const Step& step, Fault fault) {
  auto& random = world_.fibers.random();
  --world_.faults_left;
  ++world_.counts[static_cast<std::size_t>(fault)];
  world_.trace(life_.name, "*** {} at {}", fault_names[static_cast<std::size_t>(fault)], step.name);
  switch (fault) {
    case Fault::crash:
    case Fault::crash_after:
      life_.dead = true;
      return dead();
    case Fault::frozen:
    case Fault::doubled: {
      // Of those that come back before their session ends a few; most are late by up to two sessions.
      auto session = session_timeout.count();
      life_.frozen_until = world_.fibers.time() + std::chrono::milliseconds(random.between(session / 2, 3 * session));
      if (fault == Fault::doubled) world_.start_another(process_);
      world_.fibers.yield();
      return life_.dead ? cs::Result<void>(dead()) : cs::Result<void>();
    }
    case Fault::outage:
      world_.away_until = world_.fibers.time() + std::chrono::milliseconds(random.between(50, 3'000));
      return fail(ErrorKind::unavailable, "the log is away");
    case Fault::stop:
      stop_.request_stop();
      return {};
    case Fault::transaction:
      return fail(ErrorKind::aborted, "a record was not delivered");
    case Fault::refused:
    case Fault::answer_lost:
    case Fault::never_arrived:
      return fail(ErrorKind::unavailable, fmt::format("{}: no answer", step.name));
  }
  return {};
}

cs::Result<void> Border::wait(const void* condition, std::chrono::nanoseconds deadline) {
  world_.fibers.wait(condition, deadline);
  return life_.dead ? cs::Result<void>(dead()) : cs::Result<void>();
}

}  // namespace simulation
