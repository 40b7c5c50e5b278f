#include <cryptostream/market/percent_change.h>

#include <algorithm>
#include <stdexcept>

namespace cryptostream {

std::chrono::milliseconds PercentChangeOptions::history() const {
  std::chrono::milliseconds longest{};
  for (auto period : periods) longest = std::max(longest, period + max_age_of(period));
  return longest;
}

void PercentChangeOptions::check() const {
  if (periods.empty()) throw std::invalid_argument("percent changes: there must be a period");
  for (auto period : periods)
    if (period.count() < 1) throw std::invalid_argument("percent changes: a period must be at least 1 ms long");
  if (resolution.count() < 0 || max_age.value_or(resolution).count() < 0)
    throw std::invalid_argument("percent changes: resolution and max_age must not be negative");
}

std::optional<Decimal> percent_change(const Decimal& then, const Decimal& now) {
  if (then.is_zero()) return std::nullopt;
  return (now - then) * Decimal(100) / then;
}

}  // namespace cryptostream
