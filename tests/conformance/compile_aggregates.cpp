// Groups, and what is made of them with and without windows.
#include "adapt.h"
#include "compiler.h"

#include <cryptostream/dsl/cogrouped.h>
#include <cryptostream/dsl/grouped_stream.h>
#include <cryptostream/dsl/suppressed.h>
#include <cryptostream/dsl/windowed_stream.h>

namespace conformance {
namespace {

using namespace cryptostream;

template <class Group>
constexpr bool is_session = false;
template <class K, class V, Emission emission>
constexpr bool is_session<SessionStream<K, V, emission>> = true;

template <class Group>
Table aggregated(const Op& op, const Group& group, const Type& in_key, const Type& key, const Type& type) {
  auto kind = op.text("op");
  if (kind == "count") {
    auto store = op.materialized(in_key, type).value_serde(default_serde<std::int64_t>());
    return adapted<Data, Data>(group.count(op.named(), store), key->serde(), type->serde());
  }
  auto store = op.materialized(in_key, type);
  if (kind == "reduce") {
    const auto& reduce = reducer(op.text("fn"));
    if (reduce.type != type) throw ScenarioError("the reducer does not fit " + op.text("id"));
    auto function = [f = reduce.function](const Data& a, const Value& v) -> Value { return f(Value(a), v); };
    return adapted<Data, Data>(group.reduce(function, op.named(), store), key->serde(), type->serde());
  }
  auto function = [f = aggregator(op.text("fn")).function](const Value& a, const Value& v) -> Value { return f(v, a); };
  const auto& init = initializer(op.text("init"));
  if constexpr (is_session<Group>) {
    auto merge = [f = merger(op.text("merger"))](const Value& a, const Value& b) -> Value { return f(a, b); };
    return adapted<Data, Data>(group.aggregate(init, function, merge, op.named(), store), key->serde(), type->serde());
  } else {
    return adapted<Data, Data>(group.aggregate(init, function, op.named(), store), key->serde(), type->serde());
  }
}

template <bool sessions, class Cogroup>
Table cogrouped(const Op& op, const Cogroup& groups, const Type& in_key, const Type& key, const Type& type) {
  const auto& init = initializer(op.text("init"));
  auto store = op.materialized(in_key, type);
  if constexpr (sessions) {
    auto merge = [f = merger(op.text("merger"))](const Value& a, const Value& b) -> Value { return f(a, b); };
    return adapted<Data, Data>(groups.aggregate(init, merge, op.named(), store), key->serde(), type->serde());
  } else {
    return adapted<Data, Data>(groups.aggregate(init, op.named(), store), key->serde(), type->serde());
  }
}

/// Calls `make` with the op's windows and the type of the keys in them.
template <class Make>
Node in_windows(const Op& op, const Type& key, const Type& value, const Make& make) {
  auto window = op.object("window");
  auto shape = window.text("type");
  auto grace = window.millis("grace_ms");
  if (shape == "session") {
    auto type = DataType::session_windowed(key);
    return {make(SessionWindows::with_gap(window.millis("gap_ms")).grace(grace), type), type, value};
  }
  if (shape == "sliding") {
    auto size = window.millis("diff_ms");
    auto type = DataType::time_windowed(key, size);
    return {make(SlidingWindows::of(size).grace(grace), type), type, value};
  }
  auto size = window.millis("size_ms");
  auto windows = TimeWindows::of(size).grace(grace);
  if (shape == "hopping") windows = windows.advance_by(window.millis("advance_ms"));
  auto type = DataType::time_windowed(key, size);
  return {make(windows, type), type, value};
}

template <class Windowed>
Table emitted(const Op& op, const Windowed& windowed, const Type& in_key, const Type& key, const Type& type) {
  if (op.text_or("emit", "update") == "close")
    return aggregated(op, windowed.emit(EmitStrategy::on_window_close), in_key, key, type);
  return aggregated(op, windowed, in_key, key, type);
}

}  // namespace

std::optional<Node> Compiler::repartition(const Op& op) {
  const auto& in = node(op, "in");
  auto options = Repartitioned(op.text_or("name", "")).key_serde(in.key->serde()).value_serde(in.value->serde());
  if (op.has("partitions")) options = options.partitions(static_cast<std::int32_t>(op.number("partitions")));
  return Node{in.stream().repartition(options), in.key, in.value};
}

std::optional<Node> Compiler::group_by_key(const Op& op) {
  const auto& in = node(op, "in");
  auto options = Grouped(op.text_or("name", "")).key_serde(in.key->serde()).value_serde(in.value->serde());
  return Node{in.stream().group_by_key(options), in.key, in.value};
}

std::optional<Node> Compiler::group_by(const Op& op) {
  const auto& in = node(op, "in");
  if (in.is_table()) return group_table(op, in);
  const auto& function = mapper(op.text("fn"));
  auto key = function.type(in.key, in.value);
  auto options = Grouped(op.text_or("name", "")).key_serde(key->serde()).value_serde(in.value->serde());
  return Node{in.stream().group_by(function.function, options), key, in.value};
}

std::optional<Node> Compiler::aggregate(const Op& op) {
  const auto& in = node(op, "in");
  if (in.is_grouped_table()) return aggregate_table(op, in);
  const auto& group = in.grouped();
  auto kind = op.text("op");
  auto type = kind == "count" ? DataType::number() : kind == "reduce" ? in.value : aggregator(op.text("fn")).type;
  if (!op.has("window")) return Node{aggregated(op, group, in.key, in.key, type), in.key, type};
  return in_windows(op, in.key, type, [&](const auto& windows, const Type& key) {
    return emitted(op, group.windowed_by(windows), in.key, key, type);
  });
}

std::optional<Node> Compiler::cogroup(const Op& op) {
  if (!op.has("streams") || !op.json()["streams"].IsArray() || op.json()["streams"].Empty())
    throw ScenarioError("missing streams of op " + op.text("id"));
  const auto& streams = op.json()["streams"];
  Op first(streams[0]);
  const auto& in = node(first, "in");
  auto type = aggregator(first.text("fn")).type;
  auto adder = [](const Op& stream) {
    return [f = aggregator(stream.text("fn")).function](const Value& a, const Value& v) -> Value { return f(v, a); };
  };
  auto groups = in.grouped().cogroup(adder(first));
  for (rapidjson::SizeType i = 1; i < streams.Size(); ++i) {
    Op stream(streams[i]);
    groups = groups.cogroup(node(stream, "in").grouped(), adder(stream));
  }
  if (!op.has("window")) return Node{cogrouped<false>(op, groups, in.key, in.key, type), in.key, type};
  return in_windows(op, in.key, type, [&](const auto& windows, const Type& key) {
    constexpr bool sessions = std::is_same_v<std::remove_cvref_t<decltype(windows)>, SessionWindows>;
    return cogrouped<sessions>(op, groups.windowed_by(windows), in.key, key, type);
  });
}

std::optional<Node> Compiler::suppress(const Op& op) {
  const auto& in = node(op, "in");
  auto name = op.text_or("name", "");
  if (op.text("until") == "window_close") {
    auto buffer = BufferConfig::unbounded();
    if (op.has("max_records")) buffer = buffer.max_records(static_cast<std::uint64_t>(op.number("max_records")));
    if (op.has("max_bytes")) buffer = buffer.max_bytes(static_cast<std::uint64_t>(op.number("max_bytes")));
    auto closes = Suppressed::until_window_closes(buffer);
    if (!name.empty()) closes = closes.named(name);
    auto windowed = adapted<Windowed<Data>, Data>(in.table(), in.key->windowed_serde(), in.value->serde());
    return Node{adapted<Data, Data>(windowed.suppress(closes), in.key->serde(), in.value->serde()), in.key, in.value};
  }
  auto limited = [&](auto buffer) {
    if (op.has("max_records")) buffer = buffer.max_records(static_cast<std::uint64_t>(op.number("max_records")));
    if (op.has("max_bytes")) buffer = buffer.max_bytes(static_cast<std::uint64_t>(op.number("max_bytes")));
    return buffer;
  };
  bool bounded = op.has("max_records") || op.has("max_bytes");
  BufferConfig buffer = bounded ? limited(BufferConfig()) : BufferConfig::unbounded();
  if (op.text_or("full", "emit") == "shutdown") buffer = buffer.shut_down_when_full();
  auto limit = Suppressed::until_time_limit(op.millis("limit_ms"), buffer)
                   .key_serde(in.key->serde())
                   .value_serde(in.value->serde());
  if (!name.empty()) limit = limit.named(name);
  return Node{in.table().suppress(limit), in.key, in.value};
}

}  // namespace conformance
