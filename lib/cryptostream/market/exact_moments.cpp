#include <cryptostream/market/exact_moments.h>

#include <cryptostream/core/powers_of_ten.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace cryptostream {
namespace {

using detail::Magnitude;
using Product = std::array<std::uint64_t, 4>;
using Square = std::array<std::uint64_t, 8>;

/// a × b, schoolbook; N is large enough.
template <std::size_t N>
std::array<std::uint64_t, N> product(const std::uint64_t* a, std::size_t a_size, const std::uint64_t* b,
                                     std::size_t b_size) {
  std::array<std::uint64_t, N> result{};
  for (std::size_t i = 0; i < a_size; ++i) {
    if (a[i] == 0) continue;
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b_size && i + j < N; ++j) {
      auto sum = Magnitude{a[i]} * b[j] + result[i + j] + carry;
      result[i + j] = static_cast<std::uint64_t>(sum);
      carry = static_cast<std::uint64_t>(sum >> 64);
    }
    if (i + b_size < N) result[i + b_size] = carry;
  }
  return result;
}

template <std::size_t N>
std::size_t used(const std::array<std::uint64_t, N>& limbs) {
  auto size = N;
  while (size > 0 && limbs[size - 1] == 0) --size;
  return size;
}

template <std::size_t N>
void negate(std::array<std::uint64_t, N>& limbs) {
  std::uint64_t carry = 1;
  for (auto& limb : limbs) {
    limb = ~limb + carry;
    carry = carry != 0 && limb == 0 ? 1 : 0;
  }
}

template <std::size_t N>
bool negative(const std::array<std::uint64_t, N>& limbs) {
  return limbs[N - 1] >> 63 != 0;
}

/// The digits of a number that is not negative.
template <std::size_t N>
std::string digits(std::array<std::uint64_t, N> limbs) {
  constexpr std::uint64_t chunk = 1'000'000'000'000'000'000U;
  std::string text;
  for (auto size = used(limbs); size > 0; size = used(limbs)) {
    Magnitude rest = 0;
    for (auto i = size; i-- > 0;) {
      rest = rest << 64 | limbs[i];
      limbs[i] = static_cast<std::uint64_t>(rest / chunk);
      rest %= chunk;
    }
    for (int i = 0; i < 18; ++i, rest /= 10) text += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  std::reverse(text.begin(), text.end());
  return text.empty() ? "0" : text;
}

std::array<std::uint64_t, 2> halves(Magnitude value) {
  return {static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64)};
}

}  // namespace

void ExactMoments::accumulate(Wide& into, const std::uint64_t* limbs, std::size_t count, bool subtract) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    auto limb = i < count ? limbs[i] : 0;
    if (i >= count && carry == 0) return;
    auto sum = subtract ? Magnitude{into[i]} - limb - carry : Magnitude{into[i]} + limb + carry;
    into[i] = static_cast<std::uint64_t>(sum);
    carry = static_cast<std::uint64_t>(sum >> 64) != 0 ? 1 : 0;
  }
}

void ExactMoments::multiply(Wide& value, std::uint64_t factor) {
  bool below_zero = negative(value);
  if (below_zero) negate(value);
  value = product<10>(value.data(), value.size(), &factor, 1);
  if (below_zero) negate(value);
}

void ExactMoments::divide(Wide& value, std::uint64_t divisor) {
  bool below_zero = negative(value);
  if (below_zero) negate(value);
  Magnitude rest = 0;
  for (auto i = used(value); i-- > 0;) {
    rest = rest << 64 | value[i];
    value[i] = static_cast<std::uint64_t>(rest / divisor);
    rest %= divisor;
  }
  if (below_zero) negate(value);
}

void ExactMoments::rescale(std::size_t scale) {
  for (; scale_ < scale; ++scale_) {
    multiply(sum_, 10);
    multiply(squares_, 100);
  }
  for (; scale_ > scale; --scale_) {  // without remainder: no value has that many decimals
    divide(sum_, 10);
    divide(squares_, 100);
  }
}

void ExactMoments::change(const Decimal& value, bool remove) {
  auto fitting = value.scale() <= max_scale ? value : *value.rescale(max_scale);
  if (count_ == 0) *this = {};
  auto scale = static_cast<std::size_t>(fitting.scale());
  if (scale > scale_) rescale(scale);
  auto coefficient = fitting.coefficient();
  bool below_zero = coefficient < 0;
  auto magnitude = halves(below_zero ? -static_cast<Magnitude>(coefficient) : static_cast<Magnitude>(coefficient));
  auto unit = halves(detail::powers_of_ten[scale_ - scale]);
  auto scaled = product<4>(magnitude.data(), used(magnitude), unit.data(), used(unit));
  auto size = used(scaled);
  auto square = product<8>(scaled.data(), size, scaled.data(), size);
  accumulate(sum_, scaled.data(), size, below_zero != remove);
  accumulate(squares_, square.data(), used(square), remove);
  count_ += remove ? -1 : 1;
  with_scale_[scale] += remove ? -1 : 1;
  if (remove && with_scale_[scale] == 0 && scale == scale_) {
    // The scale of those that stay, so that what is rounded in variance() does not depend on who was here.
    while (scale > 0 && with_scale_[scale] == 0) --scale;
    rescale(scale);
  }
}

Decimal ExactMoments::sum() const {
  static const std::array<Decimal, max_scale + 1> units = [] {
    std::array<Decimal, max_scale + 1> made;
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = Decimal::of("1e-" + std::to_string(i));
    return made;
  }();
  auto magnitude = sum_;
  bool below_zero = negative(magnitude);
  if (below_zero) negate(magnitude);
  constexpr Magnitude chunk = 1'000'000'000'000'000'000U;
  auto low = Magnitude{magnitude[1]} << 64 | magnitude[0];
  if (used(magnitude) <= 2 && low < chunk * chunk) {
    auto whole = Decimal(static_cast<std::int64_t>(low / chunk)) * Decimal(static_cast<std::int64_t>(chunk)) +
                 Decimal(static_cast<std::int64_t>(low % chunk));
    return (below_zero ? -whole : whole) * units[scale_];
  }
  auto text = digits(magnitude);
  auto read = Decimal::parse((below_zero ? "-" : "") + text + "e-" + std::to_string(scale_));
  if (!read) throw DecimalError(read.error().message());
  return *read;
}

Decimal ExactMoments::mean() const { return sum() / Decimal(count_); }

double ExactMoments::variance(int freedom) const {
  // n·Σx² − (Σx)², which is never negative.
  Wide difference = squares_;
  multiply(difference, static_cast<std::uint64_t>(count_));
  auto magnitude = sum_;
  if (negative(magnitude)) negate(magnitude);
  auto size = used(magnitude);
  auto square = product<10>(magnitude.data(), size, magnitude.data(), size);
  accumulate(difference, square.data(), square.size(), true);
  size = used(difference);
  if (size == 0) return 0;
  // The 128 bits at the top are more than a double holds.
  double value = static_cast<double>(difference[size - 1]);
  if (size > 1) {
    auto top = Magnitude{difference[size - 1]} << 64 | difference[size - 2];
    value = std::ldexp(static_cast<double>(top), 64 * (static_cast<int>(size) - 2));
  }
  auto n = static_cast<double>(count_);
  return value / (n * (n - freedom)) / std::pow(10.0, 2 * static_cast<int>(scale_));
}

}  // namespace cryptostream
