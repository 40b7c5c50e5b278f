// The blueprint: what build() gives. Immutable; each task makes its own nodes from it.
#pragma once

#include <cryptostream/graph/edges.h>
#include <cryptostream/graph/node.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// Makes the node of one task. Called once a task and again after each abort.
using Step = std::function<std::unique_ptr<Node>()>;

/// One operator of the blueprint.
struct NodeSpec {
  enum class Kind : std::uint8_t { source_topic, source_external, processor, sink_topic, sink_external };

  Kind kind = Kind::processor;
  std::string name;
  Step step;
  std::vector<std::string>
      topics{};           ///< source_topic: what it reads; sink_topic: the topic, empty if chosen per record
  bool internal = false;  ///< the topic is this application's own: its name gets the prefix "<application.id>-"
  std::shared_ptr<const ExternalSource> source{};  ///< source_external
  std::string external{};                          ///< sink_external: the sink's own name
  std::vector<std::size_t> parents{};
  std::vector<std::size_t> children{};
};

/// A connected part of the topology between topics; its tasks work alone.
struct SubTopology {
  std::vector<std::size_t> nodes{};   ///< indices into Topology::nodes(), in the order they were made
  std::vector<std::string> topics{};  ///< input topics (internal ones without prefix), sorted
  std::size_t sink = no_sink;         ///< the external sink node, if this sub-topology ends in one
  static constexpr std::size_t no_sink = static_cast<std::size_t>(-1);
};

/// What a StreamsBuilder built. Cheap to copy.
class Topology {
 public:
  /// The text of Kafka Streams' TopologyDescription, with external edges shown as such.
  std::string describe() const;
  /// The same as a Graphviz digraph.
  std::string graphviz() const;
  /// 16 hexadecimal digits over describe(): equal topologies have equal ones, also across processes and versions of the
  /// compiler.
  std::string fingerprint() const;

  const std::vector<NodeSpec>& nodes() const { return plan_->nodes; }
  const std::vector<SubTopology>& sub_topologies() const { return plan_->parts; }
  /// Internal topics, without prefix, that must exist before the tasks start.
  const std::vector<std::string>& internal_topics() const { return plan_->internal_topics; }
  bool internal(const std::string& topic) const;

 private:
  friend class BuilderState;
  struct Plan {
    std::vector<NodeSpec> nodes;
    std::vector<SubTopology> parts;
    std::vector<std::string> internal_topics;
  };
  explicit Topology(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

}  // namespace cryptostream
