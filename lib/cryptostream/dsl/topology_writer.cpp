#include <cryptostream/dsl/topology_writer.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace cryptostream {

std::size_t TopologyWriter::find(const std::string& name) const {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) throw std::logic_error(fmt::format("there is no node \"{}\"", name));
  return found->second;
}

std::size_t TopologyWriter::add(NodeSpec spec, const std::vector<std::string>& parents) {
  auto id = nodes_.size();
  if (!by_name_.emplace(spec.name, id).second)
    throw std::logic_error(fmt::format("there are two nodes named \"{}\": give one another name (Named)", spec.name));
  std::vector<std::size_t> above;
  for (const auto& parent : parents) above.push_back(find(parent));
  nodes_.push_back(std::move(spec));
  for (auto parent : above) connect(parent, id);
  return id;
}

void TopologyWriter::add_source(std::string name, std::vector<std::string> topics, Step step) {
  if (topics.empty()) throw std::logic_error(fmt::format("source \"{}\" has no topic", name));
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::source_topic;
  spec.name = std::move(name);
  spec.topics = std::move(topics);
  spec.step = std::move(step);
  add(std::move(spec), {});
}

void TopologyWriter::add_pattern_source(std::string name, NamePattern topics, Step step) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::source_topic;
  spec.name = std::move(name);
  spec.pattern = std::move(topics);
  spec.step = std::move(step);
  add(std::move(spec), {});
}

void TopologyWriter::add_external_source(std::string name, std::shared_ptr<const ExternalSource> source, Step step) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::source_external;
  spec.name = std::move(name);
  spec.source = std::move(source);
  spec.step = std::move(step);
  add(std::move(spec), {});
}

void TopologyWriter::add_processor(std::string name, Step step, const std::vector<std::string>& parents) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::processor;
  spec.name = std::move(name);
  spec.step = std::move(step);
  add(std::move(spec), parents);
}

void TopologyWriter::add_adapter(std::string name, Step step, const std::vector<std::string>& parents) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::processor;
  spec.name = std::move(name);
  spec.step = std::move(step);
  spec.hidden = true;
  add(std::move(spec), parents);
}

void TopologyWriter::add_sink(std::string name, std::string topic, Step step, const std::vector<std::string>& parents) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::sink_topic;
  spec.name = std::move(name);
  if (!topic.empty()) spec.topics = {std::move(topic)};
  spec.step = std::move(step);
  add(std::move(spec), parents);
}

void TopologyWriter::add_external_sink(std::string name, std::string external, Step step,
                                       const std::vector<std::string>& parents,
                                       std::function<Bridge(const std::string&)> bridge) {
  NodeSpec spec;
  spec.kind = NodeSpec::Kind::sink_external;
  spec.name = std::move(name);
  spec.external = std::move(external);
  spec.step = std::move(step);
  sinks_.push_back({add(std::move(spec), parents), std::move(bridge)});
}

void TopologyWriter::add_global_table(std::string source, std::string topic, Step source_step, std::string processor,
                                      Step processor_step, StoreSpec store) {
  global_nodes_.insert(source);
  global_nodes_.insert(processor);
  global_stores_.insert(store.name);
  add_source(source, {std::move(topic)}, std::move(source_step));
  add_processor(processor, std::move(processor_step), {source});
  add_store(std::move(store), {processor});
}

void TopologyWriter::add_internal_topic(InternalTopic topic) {
  auto found = std::find_if(internal_topics_.begin(), internal_topics_.end(),
                            [&](const auto& other) { return other.name == topic.name; });
  if (found == internal_topics_.end()) internal_topics_.push_back(std::move(topic));
}

void TopologyWriter::add_store(StoreSpec store, const std::vector<std::string>& processors) {
  auto name = store.name;
  auto [known, added] = stores_.try_emplace(name, store);
  if (added) store_order_.push_back(name);
  if (known->second != store)
    throw std::logic_error(fmt::format(
        "store \"{}\" is declared twice, and differently: rename one, or connect to a table's store by its name",
        name));
  for (const auto& processor : processors) connect_store(processor, name);
}

void TopologyWriter::connect_store(const std::string& processor, const std::string& store) {
  auto& node = nodes_[find(processor)];
  if (global_stores_.contains(store) && !global_nodes_.contains(processor)) return;  // every task sees those
  if (!stores_.contains(store))
    throw std::logic_error(fmt::format("node \"{}\" asks for store \"{}\", which there is not", processor, store));
  if (std::find(node.stores.begin(), node.stores.end(), store) == node.stores.end()) node.stores.push_back(store);
}

void TopologyWriter::copartition(const std::set<std::string>& sources) { copartitions_.push_back(sources); }

void TopologyWriter::connect(std::size_t parent, std::size_t child) {
  nodes_[parent].children.push_back(child);
  nodes_[child].parents.push_back(parent);
}

void TopologyWriter::disconnect(std::size_t parent, std::size_t child) {
  std::erase(nodes_[parent].children, child);
  std::erase(nodes_[child].parents, parent);
}

std::optional<std::vector<std::size_t>> TopologyWriter::chain_to(std::size_t sink) const {
  std::vector<std::size_t> chain{sink};
  for (auto at = sink; nodes_[at].kind != NodeSpec::Kind::source_topic;) {
    if (nodes_[at].parents.size() != 1 || nodes_[at].kind == NodeSpec::Kind::source_external) return std::nullopt;
    if (!nodes_[at].stores.empty()) return std::nullopt;
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
void TopologyWriter::isolate(const PendingSink& sink) {
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
      by_name_[copy.name] = nodes_.size();
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
  auto above = nodes_[parent].name;
  add_internal_topic({topic, InternalTopic::Use::in_front_of_sink});
  add_sink(topic + "-write", topic, std::move(bridge.write), {above});
  add_source(topic + "-read", {topic}, std::move(bridge.read));
  connect(find(topic + "-read"), id);
}

// A group has one committed offset a partition, so a topic is read once, but by those which only feed a sink.
void TopologyWriter::expect_topics_read_once(const std::set<std::size_t>& unused) const {
  std::set<std::size_t> for_sinks;
  for (const auto& sink : sinks_) for_sinks.insert(chain_to(sink.node)->front());
  std::map<std::string, std::string> reader_of;
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].kind != NodeSpec::Kind::source_topic || for_sinks.contains(id)) continue;
    if (nodes_[id].children.empty() && !unused.contains(id)) continue;
    for (const auto& topic : nodes_[id].topics)
      if (auto [other, first] = reader_of.emplace(topic, nodes_[id].name); !first)
        throw std::logic_error(fmt::format(
            "topic \"{}\" is read by \"{}\" and by \"{}\", as a stream and as a table: read it once, and use "
            "to_table() or to_stream()",
            topic, other->second, nodes_[id].name));
  }
}

std::vector<SubTopology> TopologyWriter::split() const {
  std::vector<std::size_t> root(nodes_.size());
  std::iota(root.begin(), root.end(), std::size_t{0});
  auto root_of = [&](std::size_t node) {
    while (root[node] != node) node = root[node] = root[root[node]];
    return node;
  };
  auto unite = [&](std::size_t one, std::size_t other) {
    auto a = root_of(one), b = root_of(other);
    root[std::max(a, b)] = std::min(a, b);
  };
  std::map<std::string, std::size_t> user_of;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    for (auto child : nodes_[node].children) unite(node, child);
    for (const auto& store : nodes_[node].stores) unite(user_of.emplace(store, node).first->second, node);
  }
  std::vector<SubTopology> parts;
  std::vector<std::size_t> part_of(nodes_.size(), SubTopology::no_sink);
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    auto& part = part_of[root_of(node)];
    if (part == SubTopology::no_sink) {
      part = parts.size();
      parts.emplace_back();
    }
    auto& mine = parts[part];
    mine.nodes.push_back(node);
    if (nodes_[node].kind == NodeSpec::Kind::sink_external) mine.sink = node;
    if (global_nodes_.contains(nodes_[node].name)) mine.global = true;
  }
  for (const auto& store : store_order_)
    if (auto user = user_of.find(store); user != user_of.end())
      parts[part_of[root_of(user->second)]].stores.push_back(store);
  return parts;
}

std::set<std::size_t> TopologyWriter::idle_sources() const {
  std::set<std::size_t> idle;
  for (std::size_t node = 0; node < nodes_.size(); ++node)
    if (nodes_[node].kind == NodeSpec::Kind::source_topic && nodes_[node].children.empty()) idle.insert(node);
  return idle;
}

// Sources that lost all children to another one vanish. Those that never had any stay, as in Kafka Streams.
void TopologyWriter::drop_idle_sources(const std::set<std::size_t>& unused) {
  std::vector<std::size_t> kept(nodes_.size(), SubTopology::no_sink);
  std::vector<NodeSpec> nodes;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    bool idle = nodes_[node].children.empty();
    if (idle && nodes_[node].kind == NodeSpec::Kind::source_external)
      throw std::logic_error(fmt::format("source \"{}\" leads nowhere: send it .to() a topic", nodes_[node].name));
    if (idle && nodes_[node].kind == NodeSpec::Kind::source_topic && !unused.contains(node)) continue;
    kept[node] = nodes.size();
    nodes.push_back(std::move(nodes_[node]));
  }
  for (auto& node : nodes) {
    for (auto& parent : node.parents) parent = kept[parent];
    for (auto& child : node.children) child = kept[child];
  }
  nodes_ = std::move(nodes);
  by_name_.clear();
  for (std::size_t node = 0; node < nodes_.size(); ++node) by_name_[nodes_[node].name] = node;
}

Topology TopologyWriter::finish() {
  auto unused = idle_sources();
  for (const auto& sink : sinks_) isolate(sink);
  expect_topics_read_once(unused);
  drop_idle_sources(unused);
  for (auto& node : nodes_)
    for (const auto& topic : node.topics)
      if (std::any_of(internal_topics_.begin(), internal_topics_.end(),
                      [&](const auto& own) { return own.name == topic; }))
        node.internal = true;
  if (nodes_.empty()) throw std::logic_error("the topology is empty: start with stream()");
  auto plan = std::make_shared<Topology::Plan>();
  plan->parts = split();
  plan->joined_sources = std::move(copartitions_);
  plan->nodes = std::move(nodes_);
  plan->internal_topics = std::move(internal_topics_);
  plan->stores = std::move(stores_);
  Topology::find_topics(*plan);
  return Topology(std::move(plan));
}

}  // namespace cryptostream
