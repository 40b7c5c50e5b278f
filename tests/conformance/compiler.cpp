#include "compiler.h"

namespace conformance {

Compiler::Compiler(const Json& topology) {
  Op root(topology);
  if (root.has("sources"))
    for (const auto& source : topology["sources"].GetArray()) add_source(Op(source));
  if (root.has("ops"))
    for (const auto& op : topology["ops"].GetArray()) add_op(Op(op));
}

void Compiler::add_op(const Op& op) {
  static const std::map<std::string, Handler> handlers = {
      {"filter", &Compiler::filter},
      {"filter_not", &Compiler::filter},
      {"map", &Compiler::map},
      {"map_values", &Compiler::map_values},
      {"flat_map", &Compiler::flat_map},
      {"flat_map_values", &Compiler::flat_map_values},
      {"select_key", &Compiler::select_key},
      {"merge", &Compiler::merge},
      {"split", &Compiler::split},
      {"repartition", &Compiler::repartition},
      {"group_by_key", &Compiler::group_by_key},
      {"group_by", &Compiler::group_by},
      {"count", &Compiler::aggregate},
      {"reduce", &Compiler::aggregate},
      {"aggregate", &Compiler::aggregate},
      {"cogroup", &Compiler::cogroup},
      {"suppress", &Compiler::suppress},
      {"table_join", &Compiler::table_join},
      {"fk_join", &Compiler::fk_join},
      {"stream_join", &Compiler::stream_join},
      {"stream_table_join", &Compiler::stream_table_join},
      {"stream_global_join", &Compiler::stream_global_join},
      {"process", &Compiler::process},
      {"process_values", &Compiler::process},
      {"to", &Compiler::to},
      {"to_table", &Compiler::to_table},
      {"to_stream", &Compiler::to_stream},
  };
  auto handler = handlers.find(op.text("op"));
  if (handler == handlers.end()) throw ScenarioError("unknown op: " + op.text("op"));
  if (auto made = (this->*handler->second)(op)) define(op.text("id"), std::move(*made));
}

const Node& Compiler::node(const Op& op, const char* field) const {
  auto found = nodes_.find(op.text(field));
  if (found == nodes_.end()) throw ScenarioError("no such node: " + op.text(field));
  return found->second;
}

void Compiler::define(const std::string& id, Node node) {
  nodes_.insert_or_assign(id, std::move(node));
  order_.push_back(id);
}

// A table that is not kept is read through the stores of those before it, which came first and have the types.
std::map<std::string, TopicTypes> Compiler::stores() const {
  auto types = stores_;
  for (const auto& id : order_) {
    const auto& node = nodes_.at(id);
    if (const auto* table = std::get_if<Table>(&node.handle)) {
      for (const auto& store : table->inner().view->store_names()) types.insert({store, {node.key, node.value}});
    } else if (const auto* global = std::get_if<GlobalTable>(&node.handle)) {
      types.insert({global->inner().store, {node.key, node.value}});
    }
  }
  return types;
}

}  // namespace conformance
