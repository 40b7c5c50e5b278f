// Decimal's arithmetic and order. 128 bits where they do, 512 where an exact intermediate result needs them.
#include <cryptostream/core/decimal.h>
#include <cryptostream/core/powers_of_ten.h>

#include <algorithm>
#include <boost/multiprecision/cpp_int.hpp>
#include <limits>

namespace cryptostream {
namespace {

using detail::Magnitude;
using detail::powers_of_ten;

/// Holds 38 digits shifted by 77 more, and sums of such.
using Wide = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    512, 512, boost::multiprecision::unsigned_magnitude, boost::multiprecision::unchecked, void>>;
constexpr int wide_shift = 77;

Magnitude power_of_ten(int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

Wide wide_power_of_ten(int exponent) {
  Wide power = 1;
  for (; exponent > 38; exponent -= 38) power *= powers_of_ten[38];
  return power * power_of_ten(exponent);
}

int count_digits(const Wide& value) {
  int digits = 0;
  Wide rest = value;
  for (; rest >= powers_of_ten[38]; digits += 38) rest /= powers_of_ten[38];
  return digits + detail::count_digits(static_cast<Magnitude>(rest));
}

Magnitude magnitude(Decimal::Coefficient value) { return static_cast<Magnitude>(value < 0 ? -value : value); }

bool fits_64(Decimal::Coefficient value) {
  return value >= std::numeric_limits<std::int64_t>::min() && value <= std::numeric_limits<std::int64_t>::max();
}

tl::unexpected<Error> impossible(const Decimal& a, char operation, const Decimal& b, std::string_view why) {
  return fail(ErrorKind::bad_record, fmt::format("{:.45} {} {:.45}: {}", a, operation, b, why));
}
tl::unexpected<Error> too_large(const Decimal& a, char operation, const Decimal& b) {
  return impossible(a, operation, b, "the result has more than 38 digits before the point");
}

/// A result on its way to 38 digits.
struct Rounded {
  Magnitude value;
  int scale;  ///< negative: too large
};

/// numerator / denominator / 10^scale, rounded once, half-even, to what a Decimal holds.
Rounded round_to_fit(const Wide& numerator, const Wide& denominator, int scale) {
  Wide quotient = numerator / denominator;
  int cut = std::max({0, count_digits(quotient) - Decimal::max_digits, scale - Decimal::max_scale});
  if (cut > Decimal::max_digits + wide_shift) return {0, scale - cut};  // not even the first digit is left
  Wide divisor = cut == 0 ? denominator : Wide(denominator * wide_power_of_ten(cut));
  if (cut != 0) quotient = numerator / divisor;
  Wide twice = (numerator - quotient * divisor) * 2;
  auto value = static_cast<Magnitude>(quotient);
  if (twice > divisor || (twice == divisor && (value & 1) != 0)) ++value;
  scale -= cut;
  if (value == powers_of_ten[Decimal::max_digits]) {
    value /= 10;
    --scale;
  }
  return {value, scale};
}

}  // namespace

Result<Decimal> Decimal::add(const Decimal& a, const Decimal& b) {
  const auto& coarse = a.scale_ <= b.scale_ ? a : b;
  const auto& fine = a.scale_ <= b.scale_ ? b : a;
  int shift = fine.scale_ - coarse.scale_;
  constexpr auto limit = static_cast<Coefficient>(powers_of_ten[max_digits]);

  if (shift <= 18 && fits_64(coarse.coefficient_)) {
    // |coarse| * 10^18 < 10^37 and |fine| < 10^38: no overflow of 128 bits.
    auto sum = coarse.coefficient_ * static_cast<Coefficient>(power_of_ten(shift)) + fine.coefficient_;
    if (sum < limit && sum > -limit) [[likely]]
      return Decimal(sum, fine.scale_);
  }
  if (coarse.is_zero()) return fine;
  if (shift > wide_shift) {
    // At 38 digits of `coarse`, `fine` is less than a tenth of the last digit: it cannot move the rounding.
    int room = max_digits - detail::count_digits(magnitude(coarse.coefficient_));
    return Decimal(coarse.coefficient_ * static_cast<Coefficient>(power_of_ten(room)), coarse.scale_ + room);
  }

  Wide left = Wide(magnitude(coarse.coefficient_)) * wide_power_of_ten(shift);
  Wide right = magnitude(fine.coefficient_);
  bool negative = coarse.negative();
  Wide sum;
  if (coarse.negative() == fine.negative()) {
    sum = left + right;
  } else if (left >= right) {
    sum = left - right;
  } else {
    sum = right - left;
    negative = fine.negative();
  }
  auto [value, scale] = round_to_fit(sum, 1, fine.scale_);
  if (scale < 0) return too_large(a, '+', b);
  auto coefficient = static_cast<Coefficient>(value);
  return Decimal(negative ? -coefficient : coefficient, scale);
}

Result<Decimal> Decimal::subtract(const Decimal& a, const Decimal& b) { return add(a, -b); }

Result<Decimal> Decimal::multiply(const Decimal& a, const Decimal& b) {
  int scale = a.scale_ + b.scale_;
  if (fits_64(a.coefficient_) && fits_64(b.coefficient_) && scale <= max_scale) [[likely]]
    return Decimal(a.coefficient_ * b.coefficient_, scale);  // 2^126 < 10^38
  auto [value, rounded_scale] = round_to_fit(Wide(magnitude(a.coefficient_)) * magnitude(b.coefficient_), 1, scale);
  if (rounded_scale < 0) return too_large(a, '*', b);
  auto coefficient = static_cast<Coefficient>(value);
  return Decimal(a.negative() != b.negative() ? -coefficient : coefficient, rounded_scale);
}

Result<Decimal> Decimal::divide(const Decimal& a, const Decimal& b) {
  if (b.is_zero()) return impossible(a, '/', b, "division by zero");
  int scale = std::max({a.scale_, b.scale_, 18});
  if (a.is_zero()) return Decimal(0, scale);
  // a / b = a.coefficient * 10^shift / b.coefficient at `scale`. Beyond 77 the quotient has at least 39 digits, so that
  // a smaller shift leaves the 38 digits and their rounding as they are.
  int shift = scale - a.scale_ + b.scale_;
  if (shift > wide_shift) {
    scale -= shift - wide_shift;
    shift = wide_shift;
  }
  auto [value, rounded_scale] =
      round_to_fit(Wide(magnitude(a.coefficient_)) * wide_power_of_ten(shift), magnitude(b.coefficient_), scale);
  if (rounded_scale < 0) return too_large(a, '/', b);
  auto coefficient = static_cast<Coefficient>(value);
  return Decimal(a.negative() != b.negative() ? -coefficient : coefficient, rounded_scale);
}

Result<Decimal> Decimal::rescale(int scale) const {
  if (scale < 0 || scale > max_scale)
    return fail(ErrorKind::bad_record, fmt::format("a scale of {} is not between 0 and {}", scale, max_scale));
  if (scale == scale_ || is_zero()) return Decimal(coefficient_, scale);
  auto value = magnitude(coefficient_);
  if (scale > scale_) {
    if (detail::count_digits(value) + (scale - scale_) > max_digits)
      return fail(ErrorKind::bad_record, fmt::format("{} with {} decimals has more than 38 digits", *this, scale));
    value *= power_of_ten(scale - scale_);
  } else {
    value = detail::divide_half_even(value, scale_ - scale);
  }
  auto coefficient = static_cast<Coefficient>(value);
  return Decimal(negative() ? -coefficient : coefficient, scale);
}

std::strong_ordering Decimal::compare(const Decimal& a, const Decimal& b) {
  if (a.scale_ == b.scale_) return a.coefficient_ <=> b.coefficient_;
  if (a.negative() != b.negative() || a.is_zero() || b.is_zero()) {
    auto sign = [](const Decimal& value) { return value.negative() ? -1 : value.is_zero() ? 0 : 1; };
    return sign(a) <=> sign(b);
  }
  if (a.scale_ > b.scale_) return 0 <=> compare(b, a);
  // One sign, and b the finer one: a against b / 10^shift, whose whole part is compared first.
  int shift = b.scale_ - a.scale_;
  if (shift > max_digits) return a.negative() ? std::strong_ordering::less : std::strong_ordering::greater;
  auto unit = static_cast<Coefficient>(power_of_ten(shift));
  auto whole = b.coefficient_ / unit;
  if (a.coefficient_ != whole) return a.coefficient_ <=> whole;
  return 0 <=> b.coefficient_ % unit;
}

std::size_t Decimal::hash() const {
  auto value = magnitude(coefficient_);
  auto scale = static_cast<std::uint64_t>(scale_);
  if (value == 0) scale = 0;
  for (; value > std::numeric_limits<std::uint64_t>::max() && value % 10 == 0; --scale) value /= 10;
  if (value != 0 && value <= std::numeric_limits<std::uint64_t>::max()) {
    auto small = static_cast<std::uint64_t>(value);
    for (; small % 10 == 0; --scale) small /= 10;
    value = small;
  }
  auto mix = [](std::uint64_t x) {  // the finaliser of splitmix64
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
  };
  auto low = mix(static_cast<std::uint64_t>(value) + 0x9e3779b97f4a7c15U);
  auto high = mix(low ^ static_cast<std::uint64_t>(value >> 64));
  return mix(high + scale * 2 + (negative() ? 1 : 0));
}

}  // namespace cryptostream
