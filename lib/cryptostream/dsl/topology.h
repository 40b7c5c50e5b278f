// The blueprint: what build() gives. Immutable; each task makes its own nodes from it.
#pragma once

#include <cryptostream/data/topic_pattern.h>
#include <cryptostream/graph/edges.h>
#include <cryptostream/graph/node.h>
#include <cryptostream/state/store_spec.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
      topics{};  ///< source_topic: what it reads; sink_topic: the topic, empty if chosen per record
  std::optional<NamePattern> pattern{};  ///< source_topic: what its topics are called; resolved() fills in `topics`
  bool internal = false;  ///< the topic is this application's own: its name gets the prefix "<application.id>-"
  std::shared_ptr<const ExternalSource> source{};  ///< source_external
  std::string external{};                          ///< sink_external: the sink's own name
  bool hidden = false;                ///< only adapts types between its parent and its children: not part of describe()
  std::vector<std::string> stores{};  ///< names of the stores it works with
  std::vector<std::size_t> parents{};
  std::vector<std::size_t> children{};
};

/// A topic that a topology makes for itself. The name is without the application's prefix.
struct InternalTopic {
  enum class Use : std::uint8_t {
    repartition,       ///< has records partitioned anew: nothing is deleted before it is read
    fk_subscriptions,  ///< likewise: what the left table of a foreign-key join asks the right one
    fk_responses,      ///< likewise: what it is told
    in_front_of_sink   ///< kept as any topic of the broker's
  };
  std::string name;
  Use use = Use::repartition;
  std::optional<std::int32_t> partitions{};  ///< nothing: as many as the topics that feed it
};

/// A connected part of the topology between topics; its tasks work alone.
struct SubTopology {
  std::vector<std::size_t> nodes{};   ///< indices into Topology::nodes(), in the order they were made
  std::vector<std::string> topics{};  ///< input topics (internal ones without prefix), sorted
  std::vector<std::string> stores{};  ///< names of its stores, in the order they were added
  std::size_t sink = no_sink;         ///< the external sink node, if this sub-topology ends in one
  bool global = false;  ///< fills the store of a global table: every process runs it whole, beside its tasks
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
  /// Repartition topics, and those in front of sinks; they must exist before the tasks start.
  const std::vector<InternalTopic>& internal_topics() const { return plan_->internal_topics; }
  /// True if the topology itself writes and reads `topic` under a name with the application's prefix.
  bool internal(const std::string& topic) const;
  const std::map<std::string, StoreSpec>& stores() const { return plan_->stores; }
  /// Groups of input topics (internal ones without prefix) that must have equally many partitions.
  const std::vector<std::vector<std::string>>& copartitioned() const { return plan_->copartitioned; }

  /// True if a source takes all topics of some pattern.
  bool has_patterns() const;
  /// The same where each source with a pattern reads those of `topics` that match it, and that no other source reads.
  Topology resolved(const std::vector<std::string>& topics) const;

  /// The same with all sub-topologies that are not global in one, so that a single task runs them: what a test driver
  /// with one partition does.
  Topology fused() const;

 private:
  friend class TopologyWriter;
  struct Plan {
    std::vector<NodeSpec> nodes;
    std::vector<SubTopology> parts;
    std::vector<InternalTopic> internal_topics;
    std::map<std::string, StoreSpec> stores;
    std::vector<std::set<std::string>> joined_sources;  // by the names of their nodes
    std::vector<std::vector<std::string>> copartitioned;
  };
  static void find_topics(Plan& plan);
  explicit Topology(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

}  // namespace cryptostream
