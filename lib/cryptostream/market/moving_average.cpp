#include <cryptostream/market/moving_average.h>

#include <algorithm>
#include <string>

namespace cryptostream {

Decimal quotient(const Decimal& a, const Decimal& b, int scale) {
  return (a + *Decimal().rescale(scale)) / b;  // a sum has the scale of the finer one, and a quotient at least that
}

int working_scale(int so_far, const Decimal& value) { return std::max(so_far, std::clamp(value.scale() + 12, 18, 38)); }

void Sma::add(const Decimal& value) {
  auto pushed_out = last_.add(value);
  sum_ += value;
  if (pushed_out) sum_ -= *pushed_out;
}

std::optional<Decimal> Sma::value() const {
  if (!last_.full()) return std::nullopt;
  return sum_ / Decimal(period());
}

SmoothedAverage::SmoothedAverage(std::int64_t period, std::int64_t numerator, std::int64_t denominator,
                                 const char* what)
    : period_(period), numerator_(numerator), denominator_(denominator) {
  if (period < 1) throw std::invalid_argument(std::string(what) + ": a period must be at least 1");
}

void SmoothedAverage::add(const Decimal& value) {
  scale_ = working_scale(scale_, value);
  if (value_) {
    auto weighted = value * Decimal(numerator_) + *value_ * Decimal(denominator_ - numerator_);
    value_ = quotient(weighted, Decimal(denominator_), scale_);
    return;
  }
  sum_ += value;
  if (++count_ == period_) value_ = quotient(sum_, Decimal(period_), scale_);
}

}  // namespace cryptostream
