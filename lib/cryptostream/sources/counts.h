// What readers left out or made good, how old their data is and what they may still spend: for metrics and tests.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace cryptostream {

/// Written by a reader while it runs. Thread-safe.
struct SourceCounts {
  // Counters.
  std::atomic<std::int64_t> failed_polls{0};   ///< answers that could not be used, or did not come
  std::atomic<std::int64_t> bad_rows{0};       ///< rows or messages that cannot be decoded
  std::atomic<std::int64_t> without_price{0};  ///< rows whose price is null
  std::atomic<std::int64_t> duplicates{0};     ///< rows or trades seen before
  std::atomic<std::int64_t> reconnects{0};
  std::atomic<std::int64_t> gaps{0};          ///< holes in the numbering of trades
  std::atomic<std::int64_t> backfilled{0};    ///< trades fetched to fill them
  std::atomic<std::int64_t> lost{0};          ///< trades that could not be fetched
  std::atomic<std::int64_t> credits_used{0};  ///< as the answers say

  // Gauges.
  std::atomic<std::int64_t> data_time{0};      ///< milliseconds since the epoch: of the newest datum given; 0: none yet
  std::atomic<std::int64_t> credits_left{-1};  ///< of the day's budget; -1: there is none
  std::atomic<std::int64_t> requests_left{-1};  ///< until the vendor's limit, as its last answer says; -1: it does not
};

/// In one line, for people: how old the data is, what is left of limits, and every counter that is not zero.
std::string report(const SourceCounts& counts, Timestamp now);

}  // namespace cryptostream
