// What the processes of a schedule do, and what arithmetic says must come of it.
#pragma once

#include "world.h"

#include <cryptostream/dsl/topology.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace simulation {

enum class Work : std::uint8_t {
  chain,    ///< source → raw → filter, map_values → out
  count,    ///< source → raw → other keys, repartition → count, with its changelog → out
  windows,  ///< the same, counted in windows
  reduce,   ///< source → raw → table by other keys → sum of each key's values, of two stores → out
};
constexpr std::array<const char*, 4> work_names{"chain", "count", "windows", "reduce"};

/// Everywhere `out` and `raw` each go into a table of the target too.
struct Job {
  Work work = Work::chain;
  int source_partitions = 1;
  std::int64_t records = 0;  ///< of each partition
  bool exactly_once = true;
  bool cached = false;

  cs::Topology topology(Border& border) const;
  /// Records that each of the target's tables holds at least.
  std::int64_t least_rows() const;

  /// What is wrong with a topic, given each key's values in the order of the log; empty: nothing.
  using Values = std::map<std::string, std::vector<std::string>>;
  std::string check_raw(Values got) const { return check_sequences("raw", false, std::move(got)); }
  std::string check_out(Values got) const;

 private:
  std::string check_sequences(const std::string& topic, bool passed_on, Values got) const;
  std::string check_counts(const Values& got) const;
};

}  // namespace simulation
