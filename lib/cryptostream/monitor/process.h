// What the kernel says of this process. Private to this module.
#pragma once

#include <cstdint>
#include <optional>

namespace cryptostream {

/// Missing where the kernel does not say it.
struct ProcessUsage {
  std::optional<double> start_time{};  ///< seconds since the epoch
  std::optional<double> cpu_time{};    ///< seconds
  std::optional<std::uint64_t> resident_bytes{};
  std::optional<std::uint64_t> threads{};
  std::optional<std::uint64_t> open_files{};
  std::optional<std::uint64_t> most_files{};
};

ProcessUsage process_usage();

}  // namespace cryptostream
