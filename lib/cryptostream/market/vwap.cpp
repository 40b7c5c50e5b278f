#include <cryptostream/market/vwap.h>

#include <cryptostream/market/buckets.h>

#include <stdexcept>

namespace cryptostream {

Vwap::Vwap(std::chrono::milliseconds session) : length_(session.count()) {
  if (length_ < 1) throw std::invalid_argument("vwap: the session must be at least 1 ms long");
}

void Vwap::add(Timestamp time, const Decimal& prices, const Decimal& volume, std::int64_t how_many) {
  auto start = bucket_start(time, session());
  if (start_ && start < *start_) return;
  if (!start_ || start > *start_) {
    start_ = start;
    turnover_ = turnover_3_ = volume_ = Decimal();
  }
  (how_many == 1 ? turnover_ : turnover_3_) += prices * volume;
  volume_ += volume;
}

std::optional<Decimal> Vwap::value() const {
  if (volume_.is_zero()) return std::nullopt;
  if (turnover_3_.is_zero()) return turnover_ / volume_;
  return (turnover_ * Decimal(3) + turnover_3_) / (volume_ * Decimal(3));
}

}  // namespace cryptostream
