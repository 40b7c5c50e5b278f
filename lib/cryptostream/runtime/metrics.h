// What an application has done so far.
#pragma once

#include <atomic>
#include <cstdint>

namespace cryptostream {

/// Counters of one Application, for progress lines and tests. Each rises only; any thread may read.
struct Metrics {
  std::atomic<std::uint64_t> records_consumed{0};  ///< input records of all tasks, and records of external sources
  std::atomic<std::uint64_t> records_produced{0};  ///< records sent to topics
  std::atomic<std::uint64_t> records_skipped{0};   ///< bad records skipped by policy
  std::atomic<std::uint64_t> records_dropped{0};   ///< records and windows that operators left out: null keys, too late
  std::atomic<std::uint64_t> dead_letters{0};      ///< bad records written to a dead-letter topic
  std::atomic<std::uint64_t> sink_records{0};      ///< input records whose rows are committed in a target
  std::atomic<std::uint64_t> commits{0};           ///< commits of the log that carried anything
  std::atomic<std::uint64_t> aborts{0};            ///< transactions thrown away and done again
  std::atomic<std::uint64_t> source_failures{0};   ///< failed polls of external sources
  std::atomic<std::uint64_t> sink_failures{0};     ///< failed commits or openings of external sinks
};

}  // namespace cryptostream
