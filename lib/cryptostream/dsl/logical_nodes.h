// Logical nodes of the common shapes. What does not depend on the types of keys and values is compiled once, behind
// these functions, and not again by each program that builds a topology.
#pragma once

#include <cryptostream/dsl/logical_graph.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

/// One processor.
LogicalNode processor_node(std::string name, Step step);
/// The same with stores: `own` is made with it (none: nothing), `others` it looks into.
LogicalNode processor_node(std::string name, Step step, std::optional<StoreSpec> own,
                           std::vector<std::string> others = {});

/// A stream's source: of these topics (in any order, each once or more often), or of those whose names match.
LogicalNode source_node(std::string name, std::vector<std::string> topics, Step step);
LogicalNode source_node(std::string name, NamePattern topics, Step step);

/// Where a table's updates are read. Without a topic they come from the parents.
struct TableOrigin {
  std::string topic{};
  std::string source{};  ///< the source node's name
  Step read{};           ///< its step
};
/// The processor that keeps a table, below its source if it has one. Whether it keeps a store at all is known once
/// everything is wired: `materialized` is asked when nodes are written.
LogicalNode table_node(std::string name, TableOrigin origin, Step step, StoreSpec spec,
                       std::function<bool()> materialized);

/// A topic to be partitioned anew; the graph writes it.
LogicalNode repartition_node(LogicalNode::Kind kind, RepartitionSpec spec);

/// A sink to a topic. `topic` empty: chosen for each record.
LogicalNode sink_node(std::string name, std::string topic, Step step);

}  // namespace cryptostream
