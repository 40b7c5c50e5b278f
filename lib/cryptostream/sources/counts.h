// What readers left out or made good, for metrics and tests.
#pragma once

#include <atomic>
#include <cstdint>

namespace cryptostream {

/// Counters that a reader adds to while it runs. Thread-safe.
struct SourceCounts {
  std::atomic<std::int64_t> failed_polls{0};   ///< answers that could not be used, or did not come
  std::atomic<std::int64_t> bad_rows{0};       ///< rows or messages that cannot be decoded
  std::atomic<std::int64_t> without_price{0};  ///< rows whose price is null
  std::atomic<std::int64_t> duplicates{0};     ///< rows or trades seen before
  std::atomic<std::int64_t> reconnects{0};
  std::atomic<std::int64_t> gaps{0};        ///< holes in the numbering of trades
  std::atomic<std::int64_t> backfilled{0};  ///< trades fetched to fill them
  std::atomic<std::int64_t> lost{0};        ///< trades that could not be fetched
};

}  // namespace cryptostream
