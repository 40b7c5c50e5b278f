#include "fibers.h"

#include <cxxabi.h>
#include <algorithm>
#include <utility>

#include <sys/mman.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define SIMULATION_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIMULATION_ASAN 1
#endif
#endif
#ifdef SIMULATION_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace simulation {
namespace {

#ifdef SIMULATION_ASAN
constexpr std::size_t stack_bytes = 1u << 20;
#else
constexpr std::size_t stack_bytes = 256u << 10;
#endif
constexpr std::size_t page_bytes = 4096;

/// Stacks are used again by later fibers; below each lies a page that nobody may touch.
std::vector<char*>& spare_stacks() {
  static std::vector<char*> stacks;
  return stacks;
}

char* take_stack() {
  if (!spare_stacks().empty()) {
    auto* stack = spare_stacks().back();
    spare_stacks().pop_back();
    return stack;
  }
  auto* memory = ::mmap(nullptr, page_bytes + stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  ::mprotect(memory, page_bytes, PROT_NONE);
  return static_cast<char*>(memory) + page_bytes;
}

/// What the C++ runtime knows of exceptions in flight belongs to a stack, not to the operating system's thread.
struct Exceptions {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

Fibers* current = nullptr;  // the fiber that enters has no other way to learn its owner

}  // namespace

struct Fibers::Fiber {
  std::size_t number = 0;
  Life* life = nullptr;
  std::function<void()> body;
  const void* condition = nullptr;
  std::chrono::nanoseconds until{0};
  bool waits = false;
  bool ended = false;
  ucontext_t context{};
  char* stack = nullptr;
  std::size_t stack_size = 0;
  Exceptions exceptions{};
  void* fake_stack = nullptr;

  void exchange_exceptions(Fiber& with) {
    auto* now = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
    exceptions = *now;
    *now = with.exceptions;
  }
};

cryptostream::Timestamp Fibers::VirtualClock::now() const {
  return {1'700'000'000'000 + std::chrono::duration_cast<std::chrono::milliseconds>(now_).count()};
}

std::chrono::nanoseconds Fibers::VirtualClock::monotonic() const {
  bool dead = fibers.running_ != nullptr && fibers.running_->life != nullptr && fibers.running_->life->dead;
  return dead ? std::chrono::hours(24 * 365) : now_;
}

Fibers::Fibers(std::uint64_t seed) : random_(seed), outside_(std::make_unique<Fiber>()) {
  cryptostream::set_scheduler(this);
}

Fibers::~Fibers() { cryptostream::set_scheduler(nullptr); }

std::size_t Fibers::start(std::function<void()> body) {
  return start(running_ != nullptr ? running_->life : nullptr, std::move(body));
}

std::size_t Fibers::start(Life* life, std::function<void()> body) {
  auto fiber = std::make_unique<Fiber>();
  fiber->number = ++started_;
  fiber->life = life;
  fiber->body = std::move(body);
  fiber->stack = take_stack();
  fiber->stack_size = stack_bytes;
  ::getcontext(&fiber->context);
  fiber->context.uc_stack.ss_sp = fiber->stack;
  fiber->context.uc_stack.ss_size = stack_bytes;
  fiber->context.uc_link = nullptr;
  ::makecontext(&fiber->context, &Fibers::enter, 0);
  fibers_.push_back(std::move(fiber));
  return started_;
}

void Fibers::enter() {
  auto& self = *current;
#ifdef SIMULATION_ASAN
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &size);
  if (self.outside_->stack == nullptr) {
    self.outside_->stack = static_cast<char*>(const_cast<void*>(bottom));
    self.outside_->stack_size = size;
  }
#endif
  self.running_->body();
  self.running_->body = nullptr;
  self.running_->ended = true;
  self.leave();
}

void Fibers::switch_to(Fiber& fiber) {
  current = this;
  running_ = &fiber;
  fiber.waits = false;
  outside_->exchange_exceptions(fiber);
#ifdef SIMULATION_ASAN
  __sanitizer_start_switch_fiber(&outside_->fake_stack, fiber.stack, fiber.stack_size);
#endif
  ::swapcontext(&outside_->context, &fiber.context);
#ifdef SIMULATION_ASAN
  __sanitizer_finish_switch_fiber(outside_->fake_stack, nullptr, nullptr);
#endif
  running_ = nullptr;
}

void Fibers::leave() {
  auto& fiber = *running_;
  fiber.exchange_exceptions(*outside_);
#ifdef SIMULATION_ASAN
  __sanitizer_start_switch_fiber(fiber.ended ? nullptr : &fiber.fake_stack, outside_->stack, outside_->stack_size);
#endif
  ::swapcontext(&fiber.context, &outside_->context);
#ifdef SIMULATION_ASAN
  __sanitizer_finish_switch_fiber(fiber.fake_stack, nullptr, nullptr);
#endif
}

bool Fibers::can_run(const Fiber& fiber) const {
  if (fiber.life != nullptr && fiber.life->dead) return true;
  if (fiber.life != nullptr && fiber.life->frozen_until > clock_.now_) return false;
  return !fiber.waits || fiber.until <= clock_.now_;
}

bool Fibers::run(std::chrono::nanoseconds limit) {
  while (!fibers_.empty()) {
    if (clock_.now_ >= limit) return false;
    ready_.clear();
    for (auto& fiber : fibers_)
      if (can_run(*fiber)) ready_.push_back(fiber.get());
    if (ready_.empty()) {
      auto next = limit;
      for (auto& fiber : fibers_) {
        auto until = fiber->waits ? fiber->until : clock_.now_;
        if (fiber->life != nullptr) until = std::max(until, fiber->life->frozen_until);
        next = std::min(next, until);
      }
      clock_.now_ = next;
      continue;
    }
    auto& fiber = *ready_[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(ready_.size())))];
    switch_to(fiber);
    if (!fiber.ended) continue;
    spare_stacks().push_back(fiber.stack);
    notify(reinterpret_cast<const void*>(fiber.number));
    std::erase_if(fibers_, [&](auto& entry) { return entry.get() == &fiber; });
  }
  return true;
}

void Fibers::join(std::size_t number) {
  auto alive = [&] {
    return std::any_of(fibers_.begin(), fibers_.end(), [&](auto& fiber) { return fiber->number == number; });
  };
  while (alive()) wait(reinterpret_cast<const void*>(number), std::chrono::nanoseconds::max());
}

void Fibers::wait(const void* condition, std::chrono::nanoseconds deadline) {
  running_->waits = true;
  running_->condition = condition;
  running_->until = deadline;
  leave();
}

void Fibers::notify(const void* condition) {
  for (auto& fiber : fibers_)
    if (fiber->waits && fiber->condition == condition) fiber->waits = false;
}

void Fibers::yield() {
  running_->waits = false;
  leave();
}

void Fibers::sleep(std::chrono::nanoseconds time) {
  auto until = clock_.now_ + time;
  do {
    wait(nullptr, until);
  } while (clock_.now_ < until && !(running_->life != nullptr && running_->life->dead));
}

}  // namespace simulation
