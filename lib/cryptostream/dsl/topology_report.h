// What a topology costs, and what changing it would break, in words.
#pragma once

#include <cryptostream/dsl/topology.h>

#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// For each sub-topology what it reads and how many tasks that makes, where and why records are partitioned anew, and
/// each store with its kind, retention, cache and changelog. `application_id` gives topics their full names.
std::string explain(const Topology& topology, std::string_view application_id = "<application.id>");

/// What a deploy of one topology over another would do to what is in the log and in stores.
struct TopologyDifference {
  std::vector<std::string>
      orphaned_stores;                  ///< with their changelogs: their contents would be lost to the new topology
  std::vector<std::string> new_stores;  ///< would start empty
  std::vector<std::string> orphaned_topics;  ///< repartition topics with records that nobody would read any more
  std::vector<std::string> new_topics;       ///< repartition topics that would be made
  bool renumbered = false;  ///< some of these differ in nothing but their number: a name would have prevented it

  bool empty() const {
    return orphaned_stores.empty() && new_stores.empty() && orphaned_topics.empty() && new_topics.empty();
  }
  /// One line for each, and what to do; empty if there is nothing.
  std::string text() const;
};

/// Compares two describe() texts, so that the old one may come from a file or another version of the program.
TopologyDifference topology_diff(std::string_view before, std::string_view after);

}  // namespace cryptostream
