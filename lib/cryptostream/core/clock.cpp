#include <cryptostream/core/clock.h>
#include <cryptostream/core/threads.h>

namespace cryptostream {
namespace {

class SystemClock final : public Clock {
 public:
  Timestamp now() const override {
    auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
  }
  std::chrono::nanoseconds monotonic() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace

const Clock& system_clock() {
  if (auto* owner = scheduler()) [[unlikely]]
    return owner->clock();
  static const SystemClock clock;
  return clock;
}

}  // namespace cryptostream
