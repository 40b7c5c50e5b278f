// Where operators write their physical nodes, in order; finish() makes the Topology of them. (Kafka Streams:
// InternalTopologyBuilder.)
#pragma once

#include <cryptostream/dsl/topology.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// How a topic could stand between a stream and a sink: made by the typed DSL in case it is needed.
struct Bridge {
  Step write;  ///< a sink node's step for the topic
  Step read;   ///< the matching source node's
};

/// Mistakes throw std::logic_error naming the nodes.
class TopologyWriter {
 public:
  void add_source(std::string name, std::vector<std::string> topics, Step step);
  void add_pattern_source(std::string name, NamePattern topics, Step step);
  void add_external_source(std::string name, std::shared_ptr<const ExternalSource> source, Step step);
  void add_processor(std::string name, Step step, const std::vector<std::string>& parents);
  /// A node that only adapts types, and is no part of the topology as users know it.
  void add_adapter(std::string name, Step step, const std::vector<std::string>& parents);
  /// `topic` empty: chosen for each record.
  void add_sink(std::string name, std::string topic, Step step, const std::vector<std::string>& parents);
  /// `bridge` makes the topic between, where the sink cannot read its parent's topic itself; empty if key or value have
  /// no default serde.
  void add_external_sink(std::string name, std::string external, Step step, const std::vector<std::string>& parents,
                         std::function<Bridge(const std::string& topic)> bridge);
  /// The topic of a global table with its store; both nodes run in every process.
  void add_global_table(std::string source, std::string topic, Step source_step, std::string processor,
                        Step processor_step, StoreSpec store);

  /// A topic that gets the application's prefix.
  void add_internal_topic(InternalTopic topic);
  /// Adds a store and connects these processors with it. Adding an equal one again connects further processors.
  void add_store(StoreSpec store, const std::vector<std::string>& processors);
  void connect_store(const std::string& processor, const std::string& store);
  /// The topics of these sources must have equally many partitions.
  void copartition(const std::set<std::string>& sources);

  Topology finish();

 private:
  struct PendingSink {
    std::size_t node;
    std::function<Bridge(const std::string&)> bridge;
  };
  std::size_t add(NodeSpec spec, const std::vector<std::string>& parents);
  std::size_t find(const std::string& name) const;
  void connect(std::size_t parent, std::size_t child);
  void disconnect(std::size_t parent, std::size_t child);
  std::optional<std::vector<std::size_t>> chain_to(std::size_t sink) const;
  void isolate(const PendingSink& sink);
  std::set<std::size_t> idle_sources() const;
  void expect_topics_read_once(const std::set<std::size_t>& unused) const;
  void drop_idle_sources(const std::set<std::size_t>& unused);
  std::vector<SubTopology> split() const;

  std::vector<NodeSpec> nodes_;
  std::map<std::string, std::size_t> by_name_;
  std::vector<PendingSink> sinks_;
  std::vector<InternalTopic> internal_topics_;
  std::map<std::string, StoreSpec> stores_;
  std::vector<std::string> store_order_;
  std::set<std::string> global_nodes_;
  std::set<std::string> global_stores_;
  std::vector<std::set<std::string>> copartitions_;
};

}  // namespace cryptostream
