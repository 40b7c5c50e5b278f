#include <cryptostream/market/volatility.h>

#include <cmath>
#include <stdexcept>

namespace cryptostream {

double log_return(const Decimal& before, const Decimal& after) {
  auto ratio = (after - before).to_double() / before.to_double();
  if (std::abs(ratio) < 0.5) return std::log1p(ratio);
  return std::log(after.to_double()) - std::log(before.to_double());
}

Volatility::Volatility(std::int64_t period, std::int64_t periods_a_year)
    : period_(period), periods_a_year_(periods_a_year) {
  if (period < 2) throw std::invalid_argument("volatility: a period must be at least 2 returns");
  if (periods_a_year < 0) throw std::invalid_argument("volatility: periods_a_year must not be negative");
}

void Volatility::add(const Decimal& price) {
  if (price <= Decimal()) throw std::invalid_argument("volatility: a price must be positive");
  if (previous_) {
    auto change = log_return(*previous_, price);
    if (static_cast<std::int64_t>(returns_.size()) < period_) {
      returns_.push_back(change);
    } else {
      returns_[static_cast<std::size_t>(next_)] = change;
      next_ = (next_ + 1) % period_;
    }
  }
  previous_ = price;
}

std::optional<double> Volatility::value() const {
  if (static_cast<std::int64_t>(returns_.size()) < period_) return std::nullopt;
  auto n = static_cast<double>(period_);
  double mean = 0;
  for (auto change : returns_) mean += change / n;
  double squares = 0;
  for (auto change : returns_) squares += (change - mean) * (change - mean);
  auto deviation = std::sqrt(squares / (n - 1));
  return periods_a_year_ == 0 ? deviation : deviation * std::sqrt(static_cast<double>(periods_a_year_));
}

}  // namespace cryptostream
