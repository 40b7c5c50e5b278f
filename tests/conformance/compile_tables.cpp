// Ops on tables.
#include "compiler.h"

namespace conformance {
namespace {

using namespace cryptostream;

template <class F>
auto on_present(F function) {
  return [function = std::move(function)](const Data& k, const Data& v) { return function(Value(k), Value(v)); };
}

}  // namespace

Node Compiler::filter_table(const Op& op, const Node& in) {
  auto keep = on_present(predicate(op.text("fn")));
  bool wanted = op.text("op") == "filter";
  const auto& table = in.table();
  auto named = op.named();
  if (!op.has("store")) return {wanted ? table.filter(keep, named) : table.filter_not(keep, named), in.key, in.value};
  auto store = op.materialized(in.key, in.value);
  return {wanted ? table.filter(keep, named, store) : table.filter_not(keep, named, store), in.key, in.value};
}

Node Compiler::map_table_values(const Op& op, const Node& in) {
  const auto& function = mapper(op.text("fn"));
  auto type = function.type(in.key, in.value);
  auto map = on_present(function.function);
  if (!op.has("store")) return {in.table().map_values(map, op.named()), in.key, type};
  return {in.table().map_values(map, op.named(), op.materialized(in.key, type)), in.key, type};
}

std::optional<Node> Compiler::to_table(const Op& op) {
  const auto& in = node(op, "in");
  return Node{in.stream().to_table(op.named(), op.materialized(in.key, in.value)), in.key, in.value};
}

std::optional<Node> Compiler::to_stream(const Op& op) {
  const auto& in = node(op, "in");
  if (!op.has("fn")) return Node{Stream(in.table().to_stream(op.named())), in.key, in.value};
  const auto& function = mapper(op.text("fn"));
  auto out = in.table().to_stream(
      [select = function.function](const Data& k, const Value& v) { return select(Value(k), v); }, op.named());
  return Node{Stream(std::move(out)), function.type(in.key, in.value), in.value};
}

}  // namespace conformance
