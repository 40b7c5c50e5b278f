#include <cryptostream/dsl/builder_state.h>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace cryptostream {
namespace {

constexpr std::string_view repartition_suffix = "-repartition";

// "KSTREAM-…-0000000001": not a user's name.
bool numbered(std::string_view name) {
  constexpr std::size_t digits = 10;
  if (!name.starts_with("KSTREAM") || name.size() < 7 + 1 + digits || name[name.size() - digits - 1] != '-')
    return false;
  auto number = name.substr(name.size() - digits);
  return std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string BuilderState::next_name(std::string_view prefix) { return fmt::format("{}{:010}", prefix, counter_++); }

std::string BuilderState::next_store_name(std::string_view prefix) {
  return fmt::format("{}STATE-STORE-{:010}", prefix, counter_++);
}

std::string BuilderState::name_or_next(const std::string& name, std::string_view prefix, std::string_view suffix) {
  auto numbered = next_name(prefix);  // used up in any case: naming one node renumbers no other
  if (name.empty()) return numbered;
  return fmt::format("{}{}", name, suffix);
}

std::string BuilderState::adapter_name(const std::string& name) {
  return fmt::format("{}-adapter-{}", name, adapters_++);
}

void BuilderState::expect_open() const {
  if (built_)
    throw std::logic_error("this StreamsBuilder was built already: add all nodes before build(), and build once");
}

std::size_t BuilderState::add(std::size_t parent, LogicalNode node) {
  return add(std::vector{parent}, std::move(node));
}

std::size_t BuilderState::add_source(LogicalNode node) { return add(LogicalGraph::root, std::move(node)); }

std::size_t BuilderState::add(const std::vector<std::size_t>& parents, LogicalNode node) {
  expect_open();
  if (node.kind != LogicalNode::Kind::store && !names_.insert(node.name).second)
    throw std::logic_error(fmt::format("there are two nodes named \"{}\": give one another name (Named)", node.name));
  return graph_.add(parents, std::move(node));
}

void BuilderState::attach(std::size_t parent, std::size_t node) {
  expect_open();
  graph_.attach(parent, node);
}

void BuilderState::add_store(StoreSpec store) {
  LogicalNode node;
  node.kind = LogicalNode::Kind::store;
  node.name = store.name;
  node.write = [store = std::move(store)](TopologyWriter& to, const std::vector<std::string>&) {
    to.add_store(store, {});
  };
  add_source(std::move(node));
}

RepartitionSpec BuilderState::repartition_names(const std::string& prefix) {
  RepartitionSpec spec;
  spec.topic = prefix.ends_with(repartition_suffix) ? prefix : prefix + std::string(repartition_suffix);
  spec.sink = next_name("KSTREAM-SINK-");
  spec.filter = next_name("KSTREAM-FILTER-");
  spec.source = next_name("KSTREAM-SOURCE-");
  if (!numbered(prefix)) {
    spec.sink = spec.topic + "-sink";
    spec.filter = spec.topic + "-filter";
    spec.source = spec.topic + "-source";
  }
  return spec;
}

void BuilderState::copartition(std::set<std::string> sources) { copartitions_.push_back(std::move(sources)); }

Topology BuilderState::build(const Optimization& optimization) {
  expect_open();
  built_ = true;
  TopologyWriter writer;
  graph_.write(writer, optimization, [&](RepartitionSpec& merged) {
    auto names = repartition_names(merged.topic);
    merged.filter = names.filter;
    merged.sink = names.sink;
    merged.source = names.source;
  });
  for (const auto& sources : copartitions_) writer.copartition(sources);
  return writer.finish();
}

}  // namespace cryptostream
