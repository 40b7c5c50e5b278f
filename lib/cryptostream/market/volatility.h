// Volatility: how much prices scatter from period to period.
#pragma once

#include <cryptostream/market/last_values.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace cryptostream {

/// Historical volatility: the sample deviation (n − 1) of the last n logarithmic returns ln(p_i / p_(i−1)), times √Y
/// where it is told how many periods a year has (one-minute candles of a market that never closes: 525,600). (Hull,
/// Options, Futures, and Other Derivatives, ch. "The Black-Scholes-Merton model".) Doubles, for logarithms and a root;
/// the n returns are kept and gone through twice at each value(), so that no error adds up. Nothing before there are n
/// returns.
class Volatility {
 public:
  /// Throws std::invalid_argument if `period` is below 2 or `periods_a_year` negative (0: not annualised).
  explicit Volatility(std::int64_t period = 20, std::int64_t periods_a_year = 0);

  /// Throws std::invalid_argument if the price is not positive: it has no logarithm.
  void add(const Decimal& price);
  std::optional<double> value() const;
  std::int64_t period() const { return period_; }
  std::int64_t periods_a_year() const { return periods_a_year_; }

 private:
  std::int64_t period_ = 20;
  std::int64_t periods_a_year_ = 0;
  std::int64_t next_ = 0;
  std::vector<double> returns_;
  std::optional<Decimal> previous_;

  friend constexpr auto cryptostream_schema(TypeTag<Volatility>) {
    using V = Volatility;
    return schema(field("period", &V::period_), field("periods_a_year", &V::periods_a_year_), field("next", &V::next_),
                  field("returns", &V::returns_), field("previous", &V::previous_));
  }
};

/// ln(after / before), by their exact difference where they are close: most digits of a small return would be lost
/// otherwise. Both must be positive.
double log_return(const Decimal& before, const Decimal& after);

}  // namespace cryptostream
