#include <cryptostream/core/java_hash_order.h>
#include <cryptostream/dsl/topology.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace cryptostream {
namespace {

using NodeKind = NodeSpec::Kind;

// Kafka Streams lists the nodes of a sub-topology by how much hangs below each, largest first, then by name
// (InternalTopologyBuilder.NODE_COMPARATOR); a node below two parents counts for both.
std::vector<std::size_t> listing_order(const std::vector<NodeSpec>& nodes, const SubTopology& part) {
  std::vector<std::size_t> size(nodes.size(), 0);
  auto add = [&](auto&& self, std::size_t node, std::size_t delta) -> void {
    size[node] += delta;
    for (auto parent : nodes[node].parents) self(self, parent, delta);
  };
  for (auto node : part.nodes) {
    size[node] += 1;
    for (auto parent : nodes[node].parents) add(add, parent, size[node]);
  }
  auto order = part.nodes;
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
    return size[a] != size[b] ? size[a] > size[b] : nodes[a].name < nodes[b].name;
  });
  return order;
}

// The nodes as users know them: adapters are passed over.
std::vector<NodeSpec> without_adapters(std::vector<NodeSpec> nodes) {
  auto replace = [](std::vector<std::size_t>& list, std::size_t old, const std::vector<std::size_t>& by) {
    auto at = std::find(list.begin(), list.end(), old);
    if (at == list.end()) return;
    at = list.erase(at);
    list.insert(at, by.begin(), by.end());
  };
  for (std::size_t id = 0; id < nodes.size(); ++id) {
    if (!nodes[id].hidden) continue;
    for (auto parent : nodes[id].parents) replace(nodes[parent].children, id, nodes[id].children);
    for (auto child : nodes[id].children) replace(nodes[child].parents, id, nodes[id].parents);
    nodes[id].parents.clear();
    nodes[id].children.clear();
  }
  return nodes;
}

/// A node's neighbours by name, in the order describe() lists them.
struct Neighbours {
  std::string children;
  std::string parents;
};

// Kafka Streams keeps the neighbours of a node in sorted sets whose order, by the size of what hangs below, changes
// while they are filled. The order that comes out is kept by doing the same: nodes in the order of a hash set, into
// trees that balance as java.util.TreeSet does (both are red-black trees by the same rules).
std::map<std::size_t, Neighbours> neighbours(const std::vector<NodeSpec>& nodes, const SubTopology& part) {
  std::vector<std::size_t> size(nodes.size(), 1);
  auto before = [&](std::size_t a, std::size_t b) {
    return size[a] != size[b] ? size[a] > size[b] : nodes[a].name < nodes[b].name;
  };
  using Set = std::multiset<std::size_t, decltype(before)>;
  std::map<std::size_t, Set> parents, children;
  std::vector<std::size_t> shown;
  for (auto id : part.nodes)
    if (!nodes[id].hidden) shown.push_back(id);
  for (auto id : shown) {
    parents.emplace(id, Set(before));
    children.emplace(id, Set(before));
  }
  auto grow = [&](auto&& self, std::size_t node, std::size_t by) -> void {
    size[node] += by;
    for (auto parent : parents.at(node)) self(self, parent, by);
  };
  for (auto node : java_hash_order(shown, [&](auto id) -> const std::string& { return nodes[id].name; }))
    for (auto parent : nodes[node].parents) {
      parents.at(node).insert(parent);
      children.at(parent).insert(node);
      grow(grow, parent, size[node]);
    }
  auto names = [&](const Set& set) {
    std::vector<std::string_view> list;
    for (auto id : set) list.push_back(nodes[id].name);
    return list.empty() ? std::string("none") : fmt::format("{}", fmt::join(list, ", "));
  };
  std::map<std::size_t, Neighbours> lists;
  for (auto id : shown) lists[id] = {names(children.at(id)), names(parents.at(id))};
  return lists;
}

std::string title(const NodeSpec& node) {
  switch (node.kind) {
    case NodeKind::source_topic:
      if (node.pattern) return fmt::format("Source: {} (topics: {})", node.name, node.pattern->text());
      return fmt::format("Source: {} (topics: [{}])", node.name, fmt::join(java_hash_order(node.topics), ", "));
    case NodeKind::source_external:
      return fmt::format("Source: {} (external: {})", node.name, node.source->name());
    case NodeKind::processor:
      return fmt::format("Processor: {} (stores: [{}])", node.name, fmt::join(java_hash_order(node.stores), ", "));
    case NodeKind::sink_topic:
      if (node.topics.empty()) return fmt::format("Sink: {} (extractor class: function)", node.name);
      return fmt::format("Sink: {} (topic: {})", node.name, node.topics.front());
    case NodeKind::sink_external:
      return fmt::format("Sink: {} (external: {})", node.name, node.external);
  }
  return {};
}

}  // namespace

std::string Topology::describe() const {
  auto shown = without_adapters(nodes());
  std::string text = "Topologies:\n ";
  for (std::size_t i = 0; i < sub_topologies().size(); ++i) {
    const auto& part = sub_topologies()[i];
    text += fmt::format("  Sub-topology: {}{}\n", i, part.global ? " for global store (will not generate tasks)" : "");
    auto listed = neighbours(shown, part);
    for (auto id : listing_order(shown, part)) {
      const auto& node = shown[id];
      if (node.hidden) continue;
      text += "    " + title(node) + "\n";
      if (node.kind != NodeKind::sink_topic && node.kind != NodeKind::sink_external)
        text += "      --> " + listed[id].children + "\n";
      if (node.kind != NodeKind::source_topic && node.kind != NodeKind::source_external)
        text += "      <-- " + listed[id].parents + "\n";
    }
    if (!part.global) text += "\n";
  }
  return text;
}

std::string Topology::graphviz() const {
  auto shown = without_adapters(nodes());
  std::string text = "digraph topology {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < sub_topologies().size(); ++i) {
    text += fmt::format("  subgraph cluster_{} {{\n    label=\"sub-topology {}\";\n", i, i);
    for (auto id : sub_topologies()[i].nodes)
      if (!shown[id].hidden) text += fmt::format("    \"{}\" [tooltip=\"{}\"];\n", shown[id].name, title(shown[id]));
    text += "  }\n";
  }
  for (const auto& node : shown) {
    for (auto child : node.children) text += fmt::format("  \"{}\" -> \"{}\";\n", node.name, shown[child].name);
    for (const auto& topic : node.topics) {
      auto drawn = fmt::format("  \"topic {}\" [label=\"{}\", shape=cylinder];\n", topic, topic);
      if (text.find(drawn) == std::string::npos) text += drawn;
      if (node.kind == NodeKind::source_topic) text += fmt::format("  \"topic {}\" -> \"{}\";\n", topic, node.name);
      if (node.kind == NodeKind::sink_topic) text += fmt::format("  \"{}\" -> \"topic {}\";\n", node.name, topic);
    }
  }
  return text + "}\n";
}

std::string Topology::fingerprint() const {
  // FNV-1a, 64 bits (Fowler, Noll, Vo): stable everywhere, and nobody attacks a fingerprint of his own topology.
  std::uint64_t hash = 14695981039346656037u;
  for (char c : describe()) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return fmt::format("{:016x}", hash);
}

bool Topology::internal(const std::string& topic) const {
  return std::any_of(internal_topics().begin(), internal_topics().end(),
                     [&](const auto& candidate) { return candidate.name == topic; });
}

bool Topology::has_patterns() const {
  return std::any_of(nodes().begin(), nodes().end(), [](const auto& node) { return node.pattern.has_value(); });
}

// What follows from the topics of the sources.
void Topology::find_topics(Plan& plan) {
  for (auto& part : plan.parts) {
    part.topics.clear();
    for (auto id : part.nodes)
      if (const auto& node = plan.nodes[id]; node.kind == NodeKind::source_topic)
        part.topics.insert(part.topics.end(), node.topics.begin(), node.topics.end());
    std::sort(part.topics.begin(), part.topics.end());
  }
  plan.copartitioned.clear();
  for (const auto& sources : plan.joined_sources) {
    std::set<std::string> topics;
    for (const auto& node : plan.nodes)
      if (sources.contains(node.name)) topics.insert(node.topics.begin(), node.topics.end());
    if (topics.size() > 1) plan.copartitioned.emplace_back(topics.begin(), topics.end());
  }
}

Topology Topology::resolved(const std::vector<std::string>& topics) const {
  auto plan = std::make_shared<Plan>(*plan_);
  std::set<std::string> taken;
  for (const auto& node : plan->nodes)
    if (node.kind == NodeKind::source_topic && !node.pattern) taken.insert(node.topics.begin(), node.topics.end());
  for (auto& node : plan->nodes) {
    if (!node.pattern) continue;
    node.topics.clear();
    for (const auto& topic : topics)
      if (node.pattern->matches(topic) && taken.insert(topic).second) node.topics.push_back(topic);
  }
  find_topics(*plan);
  return Topology(std::move(plan));
}

Topology Topology::fused() const {
  auto plan = std::make_shared<Plan>(*plan_);
  SubTopology whole;
  std::vector<SubTopology> parts;
  for (const auto& part : plan_->parts) {
    if (part.global) {
      parts.push_back(part);
      continue;
    }
    whole.nodes.insert(whole.nodes.end(), part.nodes.begin(), part.nodes.end());
    whole.topics.insert(whole.topics.end(), part.topics.begin(), part.topics.end());
    whole.stores.insert(whole.stores.end(), part.stores.begin(), part.stores.end());
  }
  std::sort(whole.nodes.begin(), whole.nodes.end());
  std::sort(whole.topics.begin(), whole.topics.end());
  if (!whole.nodes.empty()) parts.insert(parts.begin(), std::move(whole));
  plan->parts = std::move(parts);
  for (auto& topic : plan->internal_topics) topic.partitions.reset();  // one task, one partition
  return Topology(std::move(plan));
}

}  // namespace cryptostream
