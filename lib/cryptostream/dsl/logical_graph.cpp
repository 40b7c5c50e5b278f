#include <cryptostream/dsl/logical_graph.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <queue>
#include <stdexcept>

namespace cryptostream {
namespace {

using NodeKind = LogicalNode::Kind;

bool contains(const std::vector<std::size_t>& list, std::size_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

RepartitionSpec::RepartitionSpec() = default;
RepartitionSpec::RepartitionSpec(const RepartitionSpec&) = default;
RepartitionSpec::RepartitionSpec(RepartitionSpec&&) noexcept = default;
RepartitionSpec& RepartitionSpec::operator=(const RepartitionSpec&) = default;
RepartitionSpec& RepartitionSpec::operator=(RepartitionSpec&&) noexcept = default;
RepartitionSpec::~RepartitionSpec() = default;

LogicalNode::LogicalNode() = default;
LogicalNode::LogicalNode(LogicalNode&&) noexcept = default;
LogicalNode& LogicalNode::operator=(LogicalNode&&) noexcept = default;
LogicalNode::~LogicalNode() = default;

LogicalGraph::LogicalGraph() {
  LogicalNode node;
  node.kind = NodeKind::root;
  node.name = "root";
  nodes_.push_back(std::move(node));
}

void LogicalGraph::connect(std::size_t parent, std::size_t child) {
  if (!contains(nodes_[parent].children, child)) nodes_[parent].children.push_back(child);
  if (!contains(nodes_[child].parents, parent)) nodes_[child].parents.push_back(parent);
}

void LogicalGraph::disconnect(std::size_t parent, std::size_t child) {
  std::erase(nodes_[parent].children, child);
  std::erase(nodes_[child].parents, parent);
}

std::size_t LogicalGraph::add(const std::vector<std::size_t>& parents, LogicalNode node) {
  auto id = nodes_.size();
  nodes_.push_back(std::move(node));
  for (auto parent : parents) attach(parent, id);
  return id;
}

void LogicalGraph::attach(std::size_t parent, std::size_t node) {
  connect(parent, node);
  nodes_[node].priority = next_priority_++;
}

// A source that leads to sinks of the outside world alone stays by itself: each sink reads its topic at its own pace.
bool LogicalGraph::only_feeds_sinks(std::size_t source) const {
  std::vector<std::size_t> open{source};
  bool any = false;
  while (!open.empty()) {
    const auto& node = nodes_[open.back()];
    open.pop_back();
    if (node.kind == NodeKind::external_sink) any = true;
    if (node.children.empty() && node.kind != NodeKind::external_sink) return false;
    if (node.children.size() > 1) return false;
    open.insert(open.end(), node.children.begin(), node.children.end());
  }
  return any;
}

void LogicalGraph::merge_equal_sources() {
  std::map<std::string, std::size_t> reader_of;
  for (auto children = nodes_[root].children; auto id : children) {
    if (nodes_[id].kind != NodeKind::stream_source || only_feeds_sinks(id)) continue;
    auto topics = nodes_[id].topics;
    if (topics.empty()) topics.push_back(nodes_[id].pattern);
    for (const auto& topic : topics) {
      auto [found, first] = reader_of.emplace(topic, id);
      if (first || found->second == id) continue;
      auto main = found->second;
      if (nodes_[main].topics != nodes_[id].topics || nodes_[main].pattern != nodes_[id].pattern)
        throw std::logic_error(
            fmt::format("topic \"{}\" is read by \"{}\" and by \"{}\" together with other topics: read it once, and "
                        "merge() streams instead",
                        topic, nodes_[main].name, nodes_[id].name));
      for (auto moved = nodes_[id].children; auto child : moved) {
        connect(main, child);
        disconnect(id, child);
      }
      disconnect(root, id);
      break;
    }
  }
}

std::optional<std::size_t> LogicalGraph::find_above(std::size_t start,
                                                    const std::function<bool(const LogicalNode&)>& matches) const {
  if (matches(nodes_[start])) return start;
  std::optional<std::size_t> found;
  for (auto parent : nodes_[start].parents) {
    if (matches(nodes_[parent])) return parent;
    found = find_above(parent, matches);
  }
  return found;
}

// The change of key that a repartition follows, unless a change of the value's type lies between: then the topic cannot
// be moved up.
std::optional<std::size_t> LogicalGraph::key_changer_above(std::size_t repartition) const {
  auto either = find_above(repartition, [](const LogicalNode& node) { return node.changes_key || node.changes_value; });
  auto changer = find_above(repartition, [](const LogicalNode& node) { return node.changes_key; });
  return either && either == changer ? changer : std::nullopt;
}

// Key changers in the order they were added, each with the repartitions behind it. Behind a merge of several changers,
// the merge stands for them.
std::vector<std::pair<std::size_t, std::vector<std::size_t>>> LogicalGraph::repartitions_by_key_changer() const {
  std::vector<std::pair<std::size_t, std::vector<std::size_t>>> behind;
  auto entry = [&](std::size_t changer) {
    return std::find_if(behind.begin(), behind.end(),
                        [&](const auto& candidate) { return candidate.first == changer; });
  };
  for (std::size_t id = 1; id < nodes_.size(); ++id) {
    if (nodes_[id].changes_key) {
      behind.push_back({id, {}});
    } else if (nodes_[id].kind == NodeKind::repartition) {
      if (auto changer = key_changer_above(id)) entry(*changer)->second.push_back(id);
    }
  }
  auto child_below = [&](std::size_t start, std::size_t parent) {
    return find_above(start, [&](const LogicalNode& node) { return contains(node.parents, parent); });
  };
  std::vector<std::pair<std::size_t, std::vector<std::size_t>>> merges;
  std::set<std::size_t> replaced;
  for (std::size_t merge = 1; merge < nodes_.size(); ++merge) {
    if (!nodes_[merge].merges) continue;
    std::vector<std::size_t> repartitions;
    for (const auto& [changer, nodes] : behind) {
      bool all_below_merge =
          std::all_of(nodes.begin(), nodes.end(), [&](auto node) { return child_below(node, merge).has_value(); });
      if (!all_below_merge || !child_below(merge, changer)) continue;
      for (auto node : nodes)
        if (!contains(repartitions, node)) repartitions.push_back(node);
      replaced.insert(changer);
    }
    merges.push_back({merge, std::move(repartitions)});
  }
  std::erase_if(behind, [&](const auto& candidate) { return replaced.contains(candidate.first); });
  behind.insert(behind.end(), merges.begin(), merges.end());
  return behind;
}

void LogicalGraph::merge_repartitions(const std::function<void(RepartitionSpec&)>& new_names) {
  for (const auto& group : repartitions_by_key_changer()) {
    auto changer = group.first;
    const auto& repartitions = group.second;
    if (repartitions.empty()) continue;
    LogicalNode merged;
    merged.kind = NodeKind::repartition;
    merged.repartition = nodes_[repartitions.front()].repartition;
    new_names(merged.repartition);
    merged.name = merged.repartition.source;
    merged.priority = nodes_[changer].priority;
    auto id = nodes_.size();
    nodes_.push_back(std::move(merged));
    for (auto repartition : repartitions) {
      auto below = find_above(repartition, [&](const LogicalNode& node) { return contains(node.parents, changer); });
      connect(id, *below);
      disconnect(changer, *below);
      for (auto children = nodes_[repartition].children; auto child : children)
        for (auto parents = nodes_[repartition].parents; auto parent : parents) connect(parent, child);
      for (auto parents = nodes_[repartition].parents; auto parent : parents) disconnect(parent, repartition);
      for (auto children = nodes_[repartition].children; auto child : children) disconnect(repartition, child);
    }
    connect(changer, id);
  }
}

std::chrono::milliseconds LogicalGraph::window_grace(std::size_t id) const {
  const auto& node = nodes_[id];
  if (node.window_grace) return *node.window_grace;
  std::chrono::milliseconds largest{0};
  for (auto parent : node.parents) {
    if (parent == root)
      throw std::logic_error(
          fmt::format("suppress until windows close: \"{}\" is reached without a windowed aggregation", node.name));
    largest = std::max(largest, window_grace(parent));
  }
  return largest;
}

void LogicalGraph::use_single_stores() {
  for (std::size_t id = 1; id < nodes_.size(); ++id) {
    auto& join = nodes_[id];
    if (join.kind != NodeKind::stream_join || join.parents.size() != 1) continue;
    auto parent = join.parents.front();
    for (auto children = nodes_[parent].children; auto child : children)
      if (nodes_[child].kind == NodeKind::window_side && nodes_[child].name == join.right_side)
        disconnect(parent, child);
    join.on_optimize();
  }
}

// Repartitions with a left or outer join somewhere below them keep null keys (KIP-962).
std::set<std::size_t> LogicalGraph::keeping_null_keys() const {
  std::set<std::size_t> visited, keeping;
  auto traverse = [&](auto&& self, std::size_t id) -> void {
    if (visited.contains(id)) return;
    for (auto child : nodes_[id].children) {
      self(self, child);
      if (nodes_[child].relaxes_null_keys || keeping.contains(child)) keeping.insert(id);
    }
    visited.insert(id);
  };
  traverse(traverse, root);
  return keeping;
}

bool LogicalGraph::versioned_above(std::size_t id) const {
  if (id == root) return false;
  return std::all_of(nodes_[id].parents.begin(), nodes_[id].parents.end(),
                     [&](auto parent) { return versioned(parent); });
}

bool LogicalGraph::versioned(std::size_t id) const { return nodes_[id].output_versioned.value_or(versioned_above(id)); }

void LogicalGraph::spread_versions() {
  for (std::size_t id = 1; id < nodes_.size(); ++id) {
    const auto& node = nodes_[id];
    if (node.on_versioned_parent)
      for (auto parent : node.parents)
        if (parent != root && versioned(parent)) node.on_versioned_parent(nodes_[parent].name);
    if (node.kind == NodeKind::suppress && versioned_above(id))
      throw std::logic_error(
          fmt::format("suppress \"{}\": not possible on a versioned table, nor below one", node.name));
  }
}

void LogicalGraph::write_repartition(TopologyWriter& to, const LogicalNode& node, bool keep_null_keys,
                                     const std::vector<std::string>& parents) {
  const auto& spec = node.repartition;
  to.add_internal_topic({spec.topic, InternalTopic::Use::repartition, spec.partitions});
  auto above = parents;
  if (!spec.filter.empty()) {
    to.add_processor(spec.filter, spec.filter_step(keep_null_keys), parents);
    above = {spec.filter};
  }
  to.add_sink(spec.sink, spec.topic, spec.sink_step(spec.topic), above);
  to.add_source(spec.source, {spec.topic}, spec.source_step);
}

void LogicalGraph::write(TopologyWriter& to, const Optimization& optimization,
                         const std::function<void(RepartitionSpec&)>& new_names) {
  merge_equal_sources();
  if (optimization.reuse_source_topics)
    for (auto& node : nodes_)
      if (node.kind == NodeKind::table_source && node.on_optimize) node.on_optimize();
  if (optimization.merge_repartition_topics) merge_repartitions(new_names);
  if (optimization.single_store_self_join) use_single_stores();
  auto keeping = keeping_null_keys();
  spread_versions();

  auto later = [&](std::size_t a, std::size_t b) { return nodes_[a].priority > nodes_[b].priority; };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> open(later);
  nodes_[root].written = true;
  for (auto child : nodes_[root].children) open.push(child);
  while (!open.empty()) {
    auto id = open.top();
    open.pop();
    auto& node = nodes_[id];
    bool ready =
        std::all_of(node.parents.begin(), node.parents.end(), [&](auto parent) { return nodes_[parent].written; });
    if (ready && !node.written) {
      std::vector<std::string> parents;
      for (auto parent : node.parents)
        if (parent != root) parents.push_back(nodes_[parent].name);
      if (node.kind == NodeKind::repartition || node.kind == NodeKind::explicit_repartition) {
        write_repartition(to, node, keeping.contains(id), parents);
      } else {
        node.write(to, parents);
      }
      node.written = true;
    }
    for (auto child : node.children) open.push(child);
  }
}

}  // namespace cryptostream
