// Intervals of one length that begin at the multiples of it.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <chrono>

namespace cryptostream {

/// The start of the interval of this length that `time` is in, counted from 1970, UTC; also before 1970.
constexpr Timestamp bucket_start(Timestamp time, std::chrono::milliseconds length) {
  auto into = time.ms % length.count();
  return {time.ms - into - (into < 0 ? length.count() : 0)};
}

}  // namespace cryptostream
