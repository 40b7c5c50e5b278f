// Ops on streams without state, and where streams begin and end.
#include "compiler.h"

namespace conformance {
namespace {

using namespace cryptostream;

// The decimal number before the first ':' of the value.
Timestamp timestamp_in_value(const Value& value, Timestamp otherwise = {-1}) {
  auto all = text(value);
  auto colon = all.find(':');
  if (colon == std::string::npos || colon == 0) return otherwise;
  auto digits = all.substr(0, colon);
  if (digits.find_first_not_of("0123456789") != std::string::npos) return otherwise;
  return {std::stoll(digits)};
}

KafkaTopic<Value, Value> topic(const std::string& name, const TopicTypes& types) {
  return {name, types.key->serde(), types.value->serde()};
}

}  // namespace

void Compiler::add_source(const Op& op) {
  TopicTypes types{DataType::named(op.text_or("key_serde", "string")),
                   DataType::named(op.text_or("value_serde", "string"))};
  std::optional<TopicPattern<Value, Value>> pattern;
  if (op.has("pattern")) pattern.emplace(op.text("pattern"), types.key->serde(), types.value->serde());
  std::vector<KafkaTopic<Value, Value>> topics;
  if (op.has("topics")) {
    for (const auto& name : op.json()["topics"].GetArray()) topics.push_back(topic(name.GetString(), types));
  } else {
    topics.push_back(topic(op.text("topic"), types));
  }
  for (const auto& each : topics) inputs_[each.name()] = types;
  const auto& from = topics.front();
  auto kind = op.text("op");
  auto id = op.text("id");
  Consumed<Value, Value> consumed(op.text_or("name", ""));
  auto times = op.text_or("timestamps", "record");
  if (times == "value")
    consumed = consumed.timestamps(
        [](const Record<Value, Value>& record, Timestamp) { return timestamp_in_value(record.value); });
  if (times == "value_or_last")
    consumed = consumed.timestamps(
        [](const Record<Value, Value>& record, Timestamp last) { return timestamp_in_value(record.value, last); });
  auto store = op.materialized(types.key, types.value);
  if (kind == "stream") {
    define(id,
           {pattern ? builder_.stream(*pattern, consumed) : builder_.stream(topics, consumed), types.key, types.value});
  } else if (kind == "table") {
    auto table = op.has("store") ? builder_.table(from, consumed, store) : builder_.table(from, consumed);
    define(id, {std::move(table), types.key, types.value});
  } else if (kind == "global_table") {
    auto table =
        op.has("store") ? builder_.global_table(from, op.named(), store) : builder_.global_table(from, op.named());
    define(id, {std::move(table), types.key, types.value});
  } else {
    throw ScenarioError("unknown source: " + kind);
  }
}

std::optional<Node> Compiler::filter(const Op& op) {
  const auto& in = node(op, "in");
  if (in.is_table()) return filter_table(op, in);
  const auto& keep = predicate(op.text("fn"));
  auto out =
      op.text("op") == "filter" ? in.stream().filter(keep, op.named()) : in.stream().filter_not(keep, op.named());
  return Node{std::move(out), in.key, in.value};
}

std::optional<Node> Compiler::map(const Op& op) {
  const auto& in = node(op, "in");
  const auto& key = mapper(op.text("key_fn"));
  const auto& value = mapper(op.text("value_fn"));
  auto out = in.stream().map(
      [key = key.function, value = value.function](const Value& k, const Value& v) {
        return KeyValue<Value, Value>{key(k, v), value(k, v)};
      },
      op.named());
  return Node{std::move(out), key.type(in.key, in.value), value.type(in.key, in.value)};
}

std::optional<Node> Compiler::map_values(const Op& op) {
  const auto& in = node(op, "in");
  if (in.is_table()) return map_table_values(op, in);
  const auto& function = mapper(op.text("fn"));
  return Node{in.stream().map_values(function.function, op.named()), in.key, function.type(in.key, in.value)};
}

std::optional<Node> Compiler::flat_map(const Op& op) {
  const auto& in = node(op, "in");
  const auto& flatten = flattener(op.text("fn"));
  const auto& key = mapper(op.text("key_fn"));
  auto out = in.stream().flat_map(
      [flatten, key = key.function](const Value& k, const Value& v) {
        std::vector<KeyValue<Value, Value>> records;
        for (auto& each : flatten(v)) records.push_back({key(k, each), each});
        return records;
      },
      op.named());
  return Node{std::move(out), key.type(in.key, DataType::text()), DataType::text()};
}

std::optional<Node> Compiler::flat_map_values(const Op& op) {
  const auto& in = node(op, "in");
  return Node{in.stream().flat_map_values(flattener(op.text("fn")), op.named()), in.key, DataType::text()};
}

std::optional<Node> Compiler::select_key(const Op& op) {
  const auto& in = node(op, "in");
  const auto& function = mapper(op.text("fn"));
  return Node{in.stream().select_key(function.function, op.named()), function.type(in.key, in.value), in.value};
}

std::optional<Node> Compiler::merge(const Op& op) {
  const auto& in = node(op, "in");
  return Node{in.stream().merge(node(op, "with").stream(), op.named()), in.key, in.value};
}

// Makes a node for each branch and none for itself.
std::optional<Node> Compiler::split(const Op& op) {
  constexpr std::size_t numbered_prefix = 25;  // "KSTREAM-BRANCH-0000000001"
  auto in = node(op, "in");
  auto prefix = op.has("name") ? op.text("name").size() : numbered_prefix;
  auto split = in.stream().split(op.named());
  std::map<std::string, std::string> ids;  // by the branch's name behind the prefix
  for (const auto& branch : op.json()["branches"].GetArray()) {
    Op one(branch);
    auto name = one.text_or("name", "");
    split.branch(predicate(one.text("fn")), name);
    ids[name.empty() ? std::to_string(ids.size() + 1) : name] = one.text("id");
  }
  std::map<std::string, Stream> branches;
  if (op.has("default")) {
    auto rest = op.object("default");
    auto name = rest.text_or("name", "");
    branches = split.default_branch(name);
    ids[name.empty() ? "0" : name] = rest.text("id");
  } else {
    branches = split.no_default_branch();
  }
  for (const auto& [name, stream] : branches) define(ids.at(name.substr(prefix)), {stream, in.key, in.value});
  return std::nullopt;
}

std::optional<Node> Compiler::to(const Op& op) {
  const auto& in = node(op, "in");
  TopicTypes types{in.key, in.value};
  in.stream().to(topic(op.text("topic"), types), op.named());
  outputs_[op.text("topic")] = types;
  return std::nullopt;
}

}  // namespace conformance
