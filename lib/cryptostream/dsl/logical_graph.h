// The graph of operators as users wrote it, before it becomes the physical topology. What Kafka Streams decides late is
// decided here: merging equal sources, merging repartition topics, which nulls a repartition keeps, which tables are
// versioned, in what order nodes are written. (Kafka Streams: InternalStreamsBuilder and its GraphNodes; the order
// decides numbers, names and the order of children.)
//
// Whatever does not depend on the types of keys and values is compiled here and in topology_writer.cpp, once, and not
// by each program that builds a topology.
#pragma once

#include <cryptostream/dsl/topology_writer.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cryptostream {

/// A topic that a stream passes through to be partitioned anew: names and steps of the three nodes it is made of.
struct RepartitionSpec {
  RepartitionSpec();
  RepartitionSpec(const RepartitionSpec&);
  RepartitionSpec(RepartitionSpec&&) noexcept;
  RepartitionSpec& operator=(const RepartitionSpec&);
  RepartitionSpec& operator=(RepartitionSpec&&) noexcept;
  ~RepartitionSpec();

  std::string topic;   ///< with "-repartition", without the application's prefix
  std::string filter;  ///< drops null keys; empty: there is none (grouped tables)
  std::string sink;
  std::string source;
  std::optional<std::int32_t> partitions{};
  /// Makes the filter's step. `keep_null_keys`: a left or outer join downstream wants them.
  std::function<Step(bool keep_null_keys)> filter_step{};
  std::function<Step(const std::string& topic)> sink_step{};
  Step source_step{};
};

/// One operator. It may write several physical nodes; `name` is the one that children attach to.
struct LogicalNode {
  LogicalNode();
  LogicalNode(LogicalNode&&) noexcept;
  LogicalNode& operator=(LogicalNode&&) noexcept;
  ~LogicalNode();

  enum class Kind {
    root,
    stream_source,
    table_source,
    external_source,
    processor,
    repartition,           ///< made by an operator where the key has changed: may be merged with others
    explicit_repartition,  ///< asked for: stays as it is
    window_side,           ///< one side's store of a stream-stream join
    stream_join,
    suppress,
    store,
    sink,
    external_sink,
  };

  Kind kind = Kind::processor;
  std::string name;
  /// Writes the physical nodes; `parents` are the names to attach to. Empty for roots and repartitions, which the graph
  /// writes itself.
  std::function<void(TopologyWriter& to, const std::vector<std::string>& parents)> write{};

  bool changes_key = false;
  bool changes_value = false;
  bool merges = false;
  bool relaxes_null_keys = false;  ///< a left or outer join: null keys shall reach it
  /// How far behind stream time a window of this aggregation may end and still change; suppress below it waits so long.
  std::optional<std::chrono::milliseconds> window_grace{};
  std::optional<bool> output_versioned{};  ///< nothing: as its parents
  std::vector<std::string> topics{};       ///< stream_source
  std::string pattern{};                   ///< stream_source: of its topics' names, instead of topics
  RepartitionSpec repartition{};           ///< repartitions
  std::function<void()> on_optimize{};     ///< table_source: reuse the topic as changelog; stream_join: use one store
  std::function<void(const std::string& parent)> on_versioned_parent{};  ///< table operators that care
  std::string left_side{}, right_side{};  ///< stream_join: names of its window_side nodes

  // Kept by the graph.
  std::vector<std::size_t> parents{};
  std::vector<std::size_t> children{};
  int priority = 0;
  bool written = false;
};

/// What build() may do to make a topology cheaper (Kafka Streams' topology.optimization).
struct Optimization {
  bool reuse_source_topics = false;       ///< a table's input topic serves as its changelog
  bool merge_repartition_topics = false;  ///< several repartitions behind one change of key become one
  bool single_store_self_join = false;    ///< a stream joined with itself keeps one store
  static Optimization none() { return {}; }
  static Optimization all() { return {true, true, true}; }
};

class LogicalGraph {
 public:
  LogicalGraph();
  static constexpr std::size_t root = 0;

  /// Adds a node below its parents, in this order.
  std::size_t add(const std::vector<std::size_t>& parents, LogicalNode node);
  /// Puts an existing node below another parent too (a named group used twice).
  void attach(std::size_t parent, std::size_t node);

  LogicalNode& node(std::size_t id) { return nodes_[id]; }
  const LogicalNode& node(std::size_t id) const { return nodes_[id]; }
  std::size_t size() const { return nodes_.size(); }
  /// True if the node's table is versioned: it says so, or all above it are.
  bool versioned(std::size_t node) const;

  /// The largest grace of the windowed aggregations that `node` is or stands below. Throws if one of the ways up meets
  /// none.
  std::chrono::milliseconds window_grace(std::size_t node) const;

  /// Decides what is decided late and writes everything. `new_names` gives the names of a merged repartition, whose
  /// spec is the first's but for them.
  void write(TopologyWriter& to, const Optimization& optimization,
             const std::function<void(RepartitionSpec&)>& new_names);

 private:
  void connect(std::size_t parent, std::size_t child);
  void disconnect(std::size_t parent, std::size_t child);
  void merge_equal_sources();
  bool only_feeds_sinks(std::size_t source) const;
  void merge_repartitions(const std::function<void(RepartitionSpec&)>& new_names);
  std::vector<std::pair<std::size_t, std::vector<std::size_t>>> repartitions_by_key_changer() const;
  std::optional<std::size_t> key_changer_above(std::size_t repartition) const;
  std::optional<std::size_t> find_above(std::size_t start,
                                        const std::function<bool(const LogicalNode&)>& matches) const;
  void use_single_stores();
  std::set<std::size_t> keeping_null_keys() const;
  void spread_versions();
  bool versioned_above(std::size_t node) const;
  void write_repartition(TopologyWriter& to, const LogicalNode& node, bool keep_null_keys,
                         const std::vector<std::string>& parents);

  std::vector<LogicalNode> nodes_;
  int next_priority_ = 0;
};

}  // namespace cryptostream
