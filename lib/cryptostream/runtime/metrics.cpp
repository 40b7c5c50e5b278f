#include <cryptostream/runtime/metrics.h>

#include <algorithm>

namespace cryptostream {

void DurationHistogram::observe(std::chrono::nanoseconds took) {
  auto seconds = std::chrono::duration<double>(took).count();
  auto bucket = static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin());
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(took.count(), std::memory_order_relaxed);
}

}  // namespace cryptostream
