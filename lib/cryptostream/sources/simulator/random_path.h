// A random walk that can be asked for its value at any time, so that a simulation continues wherever it stopped.
#pragma once

#include <array>
#include <cstdint>

namespace cryptostream::simulator {

/// Well mixed bits of two numbers (splitmix64's finaliser).
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9e3779b97f4a7c15U * (b + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

/// About normal, mean 0, deviation 1, never beyond 3.5: the sum of the four 16-bit parts of `bits`.
constexpr double about_normal(std::uint64_t bits) {
  auto sum = (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
  return (static_cast<double>(sum) / 65536.0 - 2.0) * 1.7320508075688772;
}

/// A path that starts at 0 and moves like Brownian motion: over t seconds by a deviation of the square root of t, from
/// milliseconds to months. Over years it stays within a few times the deviation of a year, as prices for a
/// demonstration should.
///
/// It is a sum of linear interpolations between random points 1/1024 s apart, 1/512 s, and so on up to a year, each
/// from a hash of seed, level and index: nothing is carried on from one time to the next. Asking for times in order is
/// cheap (some 40 ns).
class RandomPath {
 public:
  explicit RandomPath(std::uint64_t seed);

  /// The value at `time`, in units of ticks_per_second.
  double at(std::uint64_t time);

  static constexpr int tick_bits = 20;
  static constexpr double ticks_per_second = 1 << tick_bits;

 private:
  static constexpr int levels = 36;
  struct Level {
    std::uint64_t cell = ~std::uint64_t{0};
    double from = 0;
    double slope = 0;  ///< a tick
  };
  double sum(std::uint64_t time);

  std::uint64_t seed_;
  std::array<Level, levels> levels_{};
  double start_;
};

}  // namespace cryptostream::simulator
