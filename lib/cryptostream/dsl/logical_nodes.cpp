#include <cryptostream/dsl/logical_nodes.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace cryptostream {

LogicalNode processor_node(std::string name, Step step) {
  return processor_node(std::move(name), std::move(step), std::nullopt);
}

LogicalNode processor_node(std::string name, Step step, std::optional<StoreSpec> own, std::vector<std::string> others) {
  LogicalNode node;
  node.name = name;
  node.write = [name = std::move(name), step = std::move(step), own = std::move(own), others = std::move(others)](
                   TopologyWriter& to, const std::vector<std::string>& parents) {
    to.add_processor(name, step, parents);
    if (own) to.add_store(*own, {name});
    for (const auto& other : others) to.connect_store(name, other);
  };
  return node;
}

LogicalNode source_node(std::string name, std::vector<std::string> topics, Step step) {
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  LogicalNode node;
  node.kind = LogicalNode::Kind::stream_source;
  node.name = name;
  node.topics = topics;
  node.write = [name = std::move(name), topics = std::move(topics), step = std::move(step)](
                   TopologyWriter& to, const std::vector<std::string>&) { to.add_source(name, topics, step); };
  return node;
}

LogicalNode source_node(std::string name, NamePattern topics, Step step) {
  LogicalNode node;
  node.kind = LogicalNode::Kind::stream_source;
  node.name = name;
  node.pattern = topics.text();
  node.write = [name = std::move(name), topics = std::move(topics), step = std::move(step)](
                   TopologyWriter& to, const std::vector<std::string>&) { to.add_pattern_source(name, topics, step); };
  return node;
}

LogicalNode table_node(std::string name, TableOrigin origin, Step step, StoreSpec spec,
                       std::function<bool()> materialized) {
  LogicalNode node;
  node.kind = origin.topic.empty() ? LogicalNode::Kind::processor : LogicalNode::Kind::table_source;
  node.name = name;
  node.output_versioned = spec.type == StoreSpec::Type::versioned;
  auto reuse = std::make_shared<bool>(false);
  if (!origin.topic.empty()) node.on_optimize = [reuse] { *reuse = true; };
  node.write = [=](TopologyWriter& to, const std::vector<std::string>& parents) {
    auto above = parents;
    if (!origin.topic.empty()) {
      to.add_source(origin.source, {origin.topic}, origin.read);
      above = {origin.source};
    }
    to.add_processor(name, step, above);
    if (!materialized()) return;
    auto store = spec;
    if (*reuse) store.source_topic = origin.topic;
    to.add_store(store, {name});
  };
  return node;
}

LogicalNode repartition_node(LogicalNode::Kind kind, RepartitionSpec spec) {
  LogicalNode node;
  node.kind = kind;
  node.name = spec.source;
  node.repartition = std::move(spec);
  return node;
}

LogicalNode sink_node(std::string name, std::string topic, Step step) {
  LogicalNode node;
  node.kind = LogicalNode::Kind::sink;
  node.name = name;
  node.write = [name = std::move(name), topic = std::move(topic), step = std::move(step)](
                   TopologyWriter& to, const std::vector<std::string>& parents) {
    to.add_sink(name, topic, step, parents);
  };
  return node;
}

}  // namespace cryptostream
