#include <cryptostream/sources/simulator/random_path.h>

#include <cmath>

namespace cryptostream::simulator {
namespace {

constexpr int first_bits = RandomPath::tick_bits - 10;  // the finest level has cells of 1/1024 s

/// Deviation of the points of a level. The variances of all levels' steps over one cell of level k add up to 1 + 4/3 +
/// 2 of its own points' variance (finer ones 4/3, coarser ones 2), hence the divisor.
double deviation(int level) { return std::sqrt(std::ldexp(1.0, level - 10) / (1 + 4.0 / 3 + 2)); }

}  // namespace

RandomPath::RandomPath(std::uint64_t seed) : seed_(seed), start_(sum(0)) {}

double RandomPath::at(std::uint64_t time) { return sum(time) - start_; }

double RandomPath::sum(std::uint64_t time) {
  double value = 0;
  for (int i = 0; i < levels; ++i) {
    auto& level = levels_[static_cast<std::size_t>(i)];
    const int bits = first_bits + i;
    const auto cell = time >> bits;
    if (cell != level.cell) [[unlikely]] {
      const auto stream = mix(seed_, static_cast<std::uint64_t>(i));
      level.cell = cell;
      level.from = deviation(i) * about_normal(mix(stream, cell));
      level.slope = std::ldexp(deviation(i) * about_normal(mix(stream, cell + 1)) - level.from, -bits);
    }
    value += level.from + level.slope * static_cast<double>(time - (cell << bits));
  }
  return value;
}

}  // namespace cryptostream::simulator
