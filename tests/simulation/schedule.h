// One schedule: some processes of one application, what befalls them, and whether the outcome is the one that
// arithmetic asks for.
#pragma once

#include "faults.h"
#include "work.h"

#include <cstdint>
#include <string>
#include <vector>

namespace simulation {

struct Outcome {
  std::string complaint{};  ///< empty: all is as it must be
  std::string setup{};
  FaultCounts faults{};
  std::int64_t steps = 0;
  std::int64_t records = 0;    ///< that entered
  std::int64_t processes = 0;  ///< started
  std::int64_t fenced = 0;     ///< processes that ended because another had taken their place
  std::uint64_t digest = 0;    ///< equal for equal schedules
};

/// `works`: of which chance chooses one.
using Works = std::vector<Work>;
Outcome run_schedule(std::uint64_t seed, const Works& works, bool trace);

}  // namespace simulation
