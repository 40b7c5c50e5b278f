// Powers of ten in 128 bits, and how many digits a number has: shared by Decimal's text and arithmetic. Not installed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace cryptostream::detail {

__extension__ typedef unsigned __int128 Magnitude;

constexpr auto make_powers_of_ten() {
  std::array<Magnitude, 39> powers{};
  Magnitude power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;  // wraps once, after the last entry
  }
  return powers;
}

/// 10^0 to 10^38; every coefficient of a Decimal is below the last one.
inline constexpr std::array<Magnitude, 39> powers_of_ten = make_powers_of_ten();

constexpr int bit_width(Magnitude value) {
  auto high = static_cast<std::uint64_t>(value >> 64);
  return high != 0 ? 64 + static_cast<int>(std::bit_width(high))
                   : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
}

/// How many decimal digits `value` has; 0 for 0. `value` < 10^39.
constexpr int count_digits(Magnitude value) {
  if (value == 0) return 0;
  int guess = bit_width(value) * 1233 >> 12;  // floor(bits * log10(2)): right, or one too few
  return guess + (guess > 38 || value >= powers_of_ten[static_cast<std::size_t>(guess)] ? 1 : 0);
}

/// `value` / 10^`digits`, the half going to the even neighbour.
constexpr Magnitude divide_half_even(Magnitude value, int digits) {
  if (digits <= 0) return value;
  if (digits > 38) return 0;  // value < 10^38 is less than half of 10^39
  auto divisor = powers_of_ten[static_cast<std::size_t>(digits)];
  auto quotient = value / divisor;
  auto twice = (value - quotient * divisor) * 2;  // < 2 * 10^38, fits
  if (twice > divisor || (twice == divisor && (quotient & 1) != 0)) ++quotient;
  return quotient;
}

}  // namespace cryptostream::detail
