#include <cryptostream/dsl/builder_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <stdexcept>

namespace cryptostream {

std::string BuilderState::next_name(std::string_view prefix) { return fmt::format("{}{:010}", prefix, counter_++); }

void BuilderState::expect_open() const {
  if (built_)
    throw std::logic_error("this StreamsBuilder was built already: add all nodes before build(), and build once");
}

std::size_t BuilderState::add(NodeSpec spec) {
  expect_open();
  for (const auto& node : nodes_)
    if (node.name == spec.name)
      throw std::logic_error(fmt::format("there are two nodes named \"{}\": give one another name (Named)", spec.name));
  auto id = nodes_.size();
  auto parents = std::move(spec.parents);
  spec.parents.clear();
  nodes_.push_back(std::move(spec));
  for (auto parent : parents) connect(parent, id);
  return id;
}

std::size_t BuilderState::add_source(std::string name, std::vector<std::string> topics, Step step) {
  expect_open();
  if (topics.empty()) throw std::logic_error(fmt::format("source \"{}\" has no topic", name));
  std::sort(topics.begin(), topics.end());
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::source_topic;
  spec.name = std::move(name);
  spec.topics = std::move(topics);
  spec.step = std::move(step);
  return add(std::move(spec));
}

std::size_t BuilderState::add_external_sink(std::string name, std::string external, std::size_t parent, Step step,
                                            std::function<Bridge(const std::string&)> bridge) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::sink_external;
  spec.name = std::move(name);
  spec.external = std::move(external);
  spec.step = std::move(step);
  spec.parents = {parent};
  auto id = add(std::move(spec));
  sinks_.push_back({id, std::move(bridge)});
  return id;
}

void BuilderState::connect(std::size_t parent, std::size_t child) {
  nodes_[parent].children.push_back(child);
  nodes_[child].parents.push_back(parent);
}

void BuilderState::disconnect(std::size_t parent, std::size_t child) {
  std::erase(nodes_[parent].children, child);
  std::erase(nodes_[child].parents, parent);
}

std::optional<std::vector<std::size_t>> BuilderState::chain_to(std::size_t sink) const {
  std::vector<std::size_t> chain{sink};
  for (auto at = sink; nodes_[at].kind != NodeSpec::Kind::source_topic;) {
    if (nodes_[at].parents.size() != 1 || nodes_[at].kind == NodeSpec::Kind::source_external) return std::nullopt;
    at = nodes_[at].parents.front();
    // A split hands on by the order of its children, so it cannot be thinned out for one of them.
    if (nodes_[at].kind == NodeSpec::Kind::processor && nodes_[at].children.size() > 1 &&
        nodes_[at].name.find("-BRANCH-") != std::string::npos)
      return std::nullopt;
    chain.push_back(at);
  }
  if (nodes_[chain.back()].topics.size() != 1) return std::nullopt;
  std::reverse(chain.begin(), chain.end());
  return chain;
}

// A sink reads one topic in a sub-topology of its own, so that its replay is the same records. If other nodes share its
// road from the topic, the road is made twice (its functions are copied per task anyway); if it has no such road, a
// topic is put between.
void BuilderState::isolate(const PendingSink& sink) {
  auto id = sink.node;
  if (auto chain = chain_to(id)) {
    auto shared =
        std::any_of(chain->begin(), chain->end() - 1, [&](auto node) { return nodes_[node].children.size() > 1; });
    if (!shared) return;
    std::optional<std::size_t> above;
    for (auto node : *chain) {
      if (node == id) break;
      NodeSpec copy = nodes_[node];
      copy.name = fmt::format("{}-for-{}", copy.name, nodes_[id].name);
      copy.parents.clear();
      copy.children.clear();
      nodes_.push_back(std::move(copy));
      if (above) connect(*above, nodes_.size() - 1);
      above = nodes_.size() - 1;
    }
    disconnect(nodes_[id].parents.front(), id);
    connect(*above, id);
    return;
  }
  auto name = nodes_[id].name;
  if (!sink.bridge)
    throw std::logic_error(
        fmt::format("sink \"{}\" needs a topic in front of it, but its key or value has no default serde: write the "
                    "stream to a topic with .to(topic), and that topic to the sink",
                    name));
  auto topic = name + "-sink";
  auto bridge = sink.bridge(topic);
  auto parent = nodes_[id].parents.front();
  disconnect(parent, id);
  NodeSpec write;
  write.kind = NodeSpec::Kind::sink_topic;
  write.name = topic + "-write";
  write.topics = {topic};
  write.internal = true;
  write.step = std::move(bridge.write);
  write.parents = {parent};
  add(std::move(write));
  NodeSpec read;
  read.kind = NodeSpec::Kind::source_topic;
  read.name = topic + "-read";
  read.topics = {topic};
  read.internal = true;
  read.step = std::move(bridge.read);
  connect(add(std::move(read)), id);
  internal_topics_.push_back(topic);
}

// Several sources of the same topics within the rest of the topology become one, as in Kafka Streams: a group has one
// committed offset a partition. The first one's types and serdes hold; unequal but overlapping sets of topics cannot be
// merged.
void BuilderState::merge_equal_sources() {
  std::set<std::size_t> for_sinks;
  for (const auto& sink : sinks_) {
    auto chain = chain_to(sink.node);
    for_sinks.insert(chain->front());
  }
  for (std::size_t first = 0; first < nodes_.size(); ++first) {
    if (nodes_[first].kind != NodeSpec::Kind::source_topic || for_sinks.contains(first)) continue;
    for (std::size_t second = first + 1; second < nodes_.size(); ++second) {
      if (nodes_[second].kind != NodeSpec::Kind::source_topic || for_sinks.contains(second)) continue;
      if (nodes_[first].topics == nodes_[second].topics) {
        for (auto children = nodes_[second].children; auto child : children) {
          disconnect(second, child);
          connect(first, child);
        }
        continue;
      }
      for (const auto& topic : nodes_[first].topics)
        if (std::binary_search(nodes_[second].topics.begin(), nodes_[second].topics.end(), topic))
          throw std::logic_error(
              fmt::format("topic \"{}\" is read by \"{}\" and by \"{}\" together with other topics: read it once, and "
                          "merge() streams instead",
                          topic, nodes_[first].name, nodes_[second].name));
    }
  }
}

std::vector<SubTopology> BuilderState::split(std::vector<NodeSpec>& nodes) {
  std::vector<std::size_t> root(nodes.size());
  std::iota(root.begin(), root.end(), std::size_t{0});
  auto find = [&](std::size_t node) {
    while (root[node] != node) node = root[node] = root[root[node]];
    return node;
  };
  for (std::size_t node = 0; node < nodes.size(); ++node)
    for (auto child : nodes[node].children) {
      auto a = find(node), b = find(child);
      root[std::max(a, b)] = std::min(a, b);
    }
  std::vector<SubTopology> parts;
  std::vector<std::size_t> part_of(nodes.size(), SubTopology::no_sink);
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    auto& part = part_of[find(node)];
    if (part == SubTopology::no_sink) {
      part = parts.size();
      parts.emplace_back();
    }
    auto& mine = parts[part];
    mine.nodes.push_back(node);
    if (nodes[node].kind == NodeSpec::Kind::source_topic)
      mine.topics.insert(mine.topics.end(), nodes[node].topics.begin(), nodes[node].topics.end());
    if (nodes[node].kind == NodeSpec::Kind::sink_external) mine.sink = node;
  }
  for (auto& part : parts) std::sort(part.topics.begin(), part.topics.end());
  return parts;
}

Topology BuilderState::build() {
  expect_open();
  for (const auto& sink : sinks_) isolate(sink);
  merge_equal_sources();
  built_ = true;

  // Sources that lost all children to another one vanish.
  std::vector<std::size_t> kept(nodes_.size(), SubTopology::no_sink);
  std::vector<NodeSpec> nodes;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    auto is_source =
        nodes_[node].kind == NodeSpec::Kind::source_topic || nodes_[node].kind == NodeSpec::Kind::source_external;
    if (is_source && nodes_[node].children.empty()) {
      if (nodes_[node].kind == NodeSpec::Kind::source_external)
        throw std::logic_error(fmt::format("source \"{}\" leads nowhere: send it .to() a topic", nodes_[node].name));
      continue;
    }
    kept[node] = nodes.size();
    nodes.push_back(std::move(nodes_[node]));
  }
  for (auto& node : nodes) {
    for (auto& parent : node.parents) parent = kept[parent];
    for (auto& child : node.children) child = kept[child];
  }
  if (nodes.empty()) throw std::logic_error("the topology is empty: start with stream()");
  auto plan = std::make_shared<Topology::Plan>();
  plan->parts = split(nodes);
  plan->nodes = std::move(nodes);
  plan->internal_topics = std::move(internal_topics_);
  return Topology(std::move(plan));
}

}  // namespace cryptostream
