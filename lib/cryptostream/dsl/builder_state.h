// What a StreamsBuilder and all its handles share: the growing list of nodes.
#pragma once

#include <cryptostream/dsl/topology.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// How a topic could stand between a stream and a sink: made by the typed DSL in case build() needs it.
struct Bridge {
  Step write;  ///< a sink node's step for topic `topic`
  Step read;   ///< the matching source node's
};

/// Not for users: StreamsBuilder and Stream speak for it. Wiring errors throw std::logic_error naming the nodes.
class BuilderState {
 public:
  /// "KSTREAM-FILTER-0000000003": one counter for all nodes, as in Kafka Streams.
  std::string next_name(std::string_view prefix);

  std::size_t add(NodeSpec spec);
  std::size_t add_source(std::string name, std::vector<std::string> topics, Step step);

  /// Adds a sink to the outside below `parent`; `bridge` makes the topic between, where the sink cannot read the
  /// parent's topic itself, or is empty if K or V has no default serde.
  std::size_t add_external_sink(std::string name, std::string external, std::size_t parent, Step step,
                                std::function<Bridge(const std::string& topic)> bridge);

  /// Throws if build() was called: a handle used after it is a mistake.
  void expect_open() const;

  Topology build();

 private:
  struct PendingSink {
    std::size_t node;
    std::function<Bridge(const std::string&)> bridge;
  };
  /// The nodes from the topic source down to `sink`, or nothing if the sink cannot read one topic by itself.
  std::optional<std::vector<std::size_t>> chain_to(std::size_t sink) const;
  void isolate(const PendingSink& sink);
  void connect(std::size_t parent, std::size_t child);
  void disconnect(std::size_t parent, std::size_t child);
  void merge_equal_sources();
  static std::vector<SubTopology> split(std::vector<NodeSpec>& nodes);

  std::vector<NodeSpec> nodes_;
  std::vector<PendingSink> sinks_;
  std::vector<std::string> internal_topics_;
  int counter_ = 0;
  bool built_ = false;
};

}  // namespace cryptostream
