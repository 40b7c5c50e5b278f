// Joins, and groups of tables.
#include "adapt.h"
#include "compiler.h"

#include <cryptostream/dsl/fk_join.h>
#include <cryptostream/dsl/grouped_table.h>
#include <cryptostream/dsl/stream_join.h>
#include <cryptostream/dsl/stream_table_join.h>
#include <cryptostream/dsl/table_join.h>

namespace conformance {
namespace {

using namespace cryptostream;

auto with_key(const Joiner& joiner) {
  return [joiner](const Value& k, const Value& l, const Value& r) -> Value { return joiner(k, l, r); };
}

// Where a table's serdes are not known, that of its values' types, which the recorded runs had as default.
Table with_serdes(const Node& node) {
  auto inner = node.table().inner();
  if (!inner.keys) inner.keys = node.key->serde();
  if (!inner.values) inner.values = node.value->serde();
  return Table(std::move(inner));
}

}  // namespace

Node Compiler::group_table(const Op& op, const Node& in) {
  const auto& key = mapper(op.text("key_fn"));
  const auto& value = mapper(op.text("value_fn"));
  auto key_type = key.type(in.key, in.value);
  auto value_type = value.type(in.key, in.value);
  auto options = Grouped(op.text_or("name", "")).key_serde(key_type->serde()).value_serde(value_type->serde());
  auto select = [key = key.function, value = value.function](const Data& k, const Data& v) {
    return KeyValue<Value, Value>{key(Value(k), Value(v)), value(Value(k), Value(v))};
  };
  return {in.table().group_by(select, options), key_type, value_type};
}

Node Compiler::aggregate_table(const Op& op, const Node& in) {
  const auto& group = in.grouped_table();
  auto kind = op.text("op");
  if (kind == "count") {
    auto store = op.materialized(in.key, DataType::number()).value_serde(default_serde<std::int64_t>());
    return {adapted<Data, Data>(group.count(op.named(), store), in.key->serde(), DataType::number()->serde()), in.key,
            DataType::number()};
  }
  if (kind == "reduce") {
    auto boxed = [](const Reducer& reduce) {
      return [f = reduce.function](const Data& a, const Data& v) -> Value { return f(Value(a), Value(v)); };
    };
    const auto& add = reducer(op.text("adder"));
    const auto& subtract = reducer(op.text("subtractor"));
    if (add.type != in.value || subtract.type != in.value)
      throw ScenarioError("the reducers do not fit " + op.text("id"));
    return {Table(group.reduce(boxed(add), boxed(subtract), op.named(), op.materialized(in.key, in.value))), in.key,
            in.value};
  }
  auto boxed = [](const Aggregator& aggregate) {
    return [f = aggregate.function](const Value& a, const Data& v) -> Value { return f(Value(v), a); };
  };
  const auto& add = aggregator(op.text("adder"));
  return {Table(group.aggregate(initializer(op.text("init")), boxed(add), boxed(aggregator(op.text("subtractor"))),
                                op.named(), op.materialized(in.key, add.type))),
          in.key, add.type};
}

std::optional<Node> Compiler::table_join(const Op& op) {
  const auto& left = node(op, "left");
  const auto& other = node(op, "right").table();
  const auto& table = left.table();
  auto join = [f = joiner(op.text("fn"))](const Value& l, const Value& r) -> Value { return f(Value(), l, r); };
  auto type = op.text("type");
  auto make = [&](auto... options) -> Table {
    if (type == "inner") return table.join(other, join, options...);
    if (type == "left") return table.left_join(other, join, options...);
    if (type == "outer") return table.outer_join(other, join, options...);
    throw ScenarioError("unknown join type: " + type);
  };
  auto joined = op.has("store") ? make(op.named(), op.materialized(left.key, DataType::text())) : make(op.named());
  return Node{std::move(joined), left.key, DataType::text()};
}

std::optional<Node> Compiler::fk_join(const Op& op) {
  const auto& left = node(op, "left");
  const auto& right = node(op, "right");
  auto table = with_serdes(left);
  auto other = with_serdes(right);
  auto select = [key = mapper(op.text("key_fn")).function](const Data& k, const Data& v) {
    return key(Value(k), Value(v));
  };
  auto join = [f = joiner(op.text("fn"))](const Value& l, const Value& r) -> Value { return f(Value(), l, r); };
  auto options = op.materialized(left.key, DataType::text());
  TableJoined joined(op.text_or("name", ""));
  auto type = op.text("type");
  if (type == "inner") return Node{Table(table.join(other, select, join, joined, options)), left.key, DataType::text()};
  if (type == "left")
    return Node{Table(table.left_join(other, select, join, joined, options)), left.key, DataType::text()};
  throw ScenarioError("unknown join type: " + type);
}

std::optional<Node> Compiler::stream_join(const Op& op) {
  const auto& left = node(op, "left");
  const auto& right = node(op, "right");
  auto windows = JoinWindows::of(std::chrono::milliseconds(0))
                     .grace(op.millis("grace_ms"))
                     .before(op.millis("before_ms"))
                     .after(op.millis("after_ms"));
  auto options = StreamJoined(op.text_or("name", ""))
                     .key_serde(left.key->serde())
                     .value_serde(left.value->serde())
                     .other_value_serde(right.value->serde());
  if (op.has("store")) options = options.store_name(op.text("store"));
  auto join = with_key(joiner(op.text("fn")));
  auto type = op.text("type");
  const auto& l = left.stream();
  const auto& r = right.stream();
  if (type == "inner") return Node{Stream(l.join(r, join, windows, options)), left.key, DataType::text()};
  if (type == "left") return Node{Stream(l.left_join(r, join, windows, options)), left.key, DataType::text()};
  if (type == "outer") return Node{Stream(l.outer_join(r, join, windows, options)), left.key, DataType::text()};
  throw ScenarioError("unknown join type: " + type);
}

std::optional<Node> Compiler::stream_table_join(const Op& op) {
  const auto& left = node(op, "left");
  const auto& table = node(op, "right").table();
  auto options = Joined(op.text_or("name", "")).key_serde(left.key->serde()).value_serde(left.value->serde());
  if (op.has("grace_ms")) options = options.grace(op.millis("grace_ms"));
  auto join = with_key(joiner(op.text("fn")));
  auto out = op.text("type") == "inner" ? Stream(left.stream().join(table, join, options))
                                        : Stream(left.stream().left_join(table, join, options));
  return Node{std::move(out), left.key, DataType::text()};
}

std::optional<Node> Compiler::stream_global_join(const Op& op) {
  const auto& left = node(op, "left");
  const auto& table = node(op, "right").global_table();
  auto select = mapper(op.text("key_fn")).function;
  auto join = with_key(joiner(op.text("fn")));
  auto out = op.text("type") == "inner" ? Stream(left.stream().join(table, select, join, op.named()))
                                        : Stream(left.stream().left_join(table, select, join, op.named()));
  return Node{std::move(out), left.key, DataType::text()};
}

}  // namespace conformance
