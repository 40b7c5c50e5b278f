// When the records of a given rate are due.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace cryptostream::simulator {

/// Record number n is due at n/rate after the start. What a late caller missed stays due; but once more than
/// `longest_debt` behind, the whole plan moves on so that only the next record is.
class Pace {
 public:
  static constexpr std::chrono::nanoseconds longest_debt = std::chrono::milliseconds(250);

  /// `rate` in records a second; 0: everything is always due.
  Pace(double rate, std::chrono::nanoseconds now) : ns_per_record_(rate > 0 ? 1e9 / rate : 0), start_(now) {}

  /// How many of at most `most` records are due at `now`. `now` never goes back.
  std::uint64_t due(std::chrono::nanoseconds now, std::uint64_t most) {
    if (ns_per_record_ == 0) return most;
    if (now < next()) return 0;
    if (now > next() + longest_debt) start_ += now - next();
    auto passed =
        std::max(given_, static_cast<std::uint64_t>(static_cast<double>((now - start_).count()) / ns_per_record_));
    while (passed > given_ && time_of(passed) > now) --passed;  // the division may have been a little off
    while (time_of(passed + 1) <= now) ++passed;
    return std::min(most, passed + 1 - given_);
  }

  void give(std::uint64_t records) { given_ += records; }

  /// When the next record is due.
  std::chrono::nanoseconds next() const { return time_of(given_); }

 private:
  std::chrono::nanoseconds time_of(std::uint64_t n) const {
    return start_ + std::chrono::nanoseconds(std::llround(static_cast<double>(n) * ns_per_record_));
  }

  double ns_per_record_;
  std::chrono::nanoseconds start_;
  std::uint64_t given_ = 0;
};

}  // namespace cryptostream::simulator
