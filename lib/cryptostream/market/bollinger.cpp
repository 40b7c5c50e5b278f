#include <cryptostream/market/bollinger.h>

#include <cryptostream/market/exact_moments.h>

#include <fmt/core.h>

#include <cmath>
#include <stdexcept>

namespace cryptostream {

Decimal decimal_of(double value) {
  auto read = Decimal::parse(fmt::format("{}", value));
  if (!read) throw DecimalError(read.error().message());
  return *read;
}

Bollinger::Bollinger(std::int64_t period, const Decimal& width) : last_(period, "bollinger"), width_(width) {
  if (width.negative()) throw std::invalid_argument("bollinger: the width must not be negative");
}

std::optional<BollingerValue> Bollinger::value() const {
  if (!last_.full()) return std::nullopt;
  ExactMoments moments;
  for (const auto& price : last_.values()) moments.add(price);
  BollingerValue result;
  result.middle = moments.mean();
  result.deviation = std::sqrt(moments.variance(0));
  auto distance = width_ * decimal_of(result.deviation);
  result.upper = result.middle + distance;
  result.lower = result.middle - distance;
  return result;
}

}  // namespace cryptostream
