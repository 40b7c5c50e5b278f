// What a StreamsBuilder and all its handles share: names from one counter, and the graph that grows.
#pragma once

#include <cryptostream/dsl/logical_graph.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream {

/// Not for users: StreamsBuilder and its streams and tables speak for it. Wiring errors throw std::logic_error naming
/// the nodes.
class BuilderState {
 public:
  /// "KSTREAM-FILTER-0000000003": one counter for all nodes and stores, as in Kafka Streams.
  std::string next_name(std::string_view prefix);
  /// "KSTREAM-AGGREGATE-STATE-STORE-0000000001", from the same counter.
  std::string next_store_name(std::string_view prefix);
  /// `name` if there is one, else the next numbered one; with `suffix` behind a given name. Takes a number in any case.
  std::string name_or_next(const std::string& name, std::string_view prefix, std::string_view suffix = {});

  /// A name for what is no operator but only adapts types behind `name`; takes no number of the counter.
  std::string adapter_name(const std::string& name);

  /// Adds a node below its parents. Throws if build() was called: a handle used after it is a mistake.
  std::size_t add(const std::vector<std::size_t>& parents, LogicalNode node);
  std::size_t add(std::size_t parent, LogicalNode node);
  std::size_t add_source(LogicalNode node);
  void attach(std::size_t parent, std::size_t node);

  /// A store that belongs to no node of its own; nodes connect to it by name. Throws if another one has its name.
  void add_store(StoreSpec store);

  /// Names for the topic and nodes of a repartition called `prefix`. Takes three numbers in any case, so that later
  /// names do not depend on whether this one is used.
  RepartitionSpec repartition_names(const std::string& prefix);

  /// Topics of these sources (names of source nodes) must have equally many partitions.
  void copartition(std::set<std::string> sources);

  void expect_open() const;
  /// True if the table that this node makes is versioned, as far as it is known before build(): by itself, or like
  /// those above it.
  bool versioned(std::size_t node) const { return graph_.versioned(node); }
  LogicalNode& node(std::size_t id) { return graph_.node(id); }
  std::chrono::milliseconds window_grace(std::size_t node) const { return graph_.window_grace(node); }

  Topology build(const Optimization& optimization);

 private:
  LogicalGraph graph_;
  std::set<std::string> names_;
  std::vector<std::set<std::string>> copartitions_;
  int counter_ = 0;
  int adapters_ = 0;
  bool built_ = false;
};

}  // namespace cryptostream
