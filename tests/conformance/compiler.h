// Turns the declarative topology of a scenario into a topology of the library's DSL.
#pragma once

#include "functions.h"
#include "op.h"

#include <cryptostream/dsl/grouped_stream.h>
#include <cryptostream/dsl/grouped_table.h>
#include <cryptostream/dsl/streams_builder.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>

namespace conformance {

using Stream = cryptostream::Stream<Value, Value>;
using Table = cryptostream::Table<Data, Data>;
using GroupedStream = cryptostream::GroupedStream<Value, Value>;
using GroupedTable = cryptostream::GroupedTable<Data, Data>;
using GlobalTable = cryptostream::GlobalTable<Data, Data>;

struct TopicTypes {
  Type key;
  Type value;
};

/// What an op made, with the types of its keys and values.
struct Node {
  std::variant<Stream, Table, GlobalTable, GroupedStream, GroupedTable> handle;
  Type key;
  Type value;

  const Stream& stream() const { return as<Stream>("stream"); }
  const Table& table() const { return as<Table>("table"); }
  const GlobalTable& global_table() const { return as<GlobalTable>("global table"); }
  const GroupedStream& grouped() const { return as<GroupedStream>("grouped stream"); }
  const GroupedTable& grouped_table() const { return as<GroupedTable>("grouped table"); }
  bool is_grouped_table() const { return std::holds_alternative<GroupedTable>(handle); }
  bool is_table() const { return std::holds_alternative<Table>(handle); }

 private:
  template <class T>
  const T& as(const char* kind) const {
    if (const auto* found = std::get_if<T>(&handle)) return *found;
    throw ScenarioError(std::string("not a ") + kind);
  }
};

class Compiler {
 public:
  /// Throws ScenarioError for what breaks the rules of the format, and what the DSL throws.
  explicit Compiler(const Json& topology);

  cryptostream::Topology build(const cryptostream::Optimization& optimization) { return builder_.build(optimization); }

  const std::map<std::string, TopicTypes>& inputs() const { return inputs_; }
  const std::map<std::string, TopicTypes>& outputs() const { return outputs_; }
  /// Types of the keys and values in the stores that can be listed. Call after build().
  std::map<std::string, TopicTypes> stores() const;

 private:
  using Handler = std::optional<Node> (Compiler::*)(const Op&);

  // Each makes the node of one kind of op.
  void add_source(const Op& op);
  void add_op(const Op& op);
  std::optional<Node> filter(const Op& op);
  std::optional<Node> map(const Op& op);
  std::optional<Node> map_values(const Op& op);
  std::optional<Node> flat_map(const Op& op);
  std::optional<Node> flat_map_values(const Op& op);
  std::optional<Node> select_key(const Op& op);
  std::optional<Node> merge(const Op& op);
  std::optional<Node> split(const Op& op);
  std::optional<Node> process(const Op& op);
  std::optional<Node> to(const Op& op);
  std::optional<Node> to_table(const Op& op);
  std::optional<Node> to_stream(const Op& op);

  std::optional<Node> repartition(const Op& op);
  std::optional<Node> group_by_key(const Op& op);
  std::optional<Node> group_by(const Op& op);
  std::optional<Node> aggregate(const Op& op);
  std::optional<Node> cogroup(const Op& op);
  std::optional<Node> suppress(const Op& op);

  std::optional<Node> table_join(const Op& op);
  std::optional<Node> fk_join(const Op& op);
  std::optional<Node> stream_join(const Op& op);
  std::optional<Node> stream_table_join(const Op& op);
  std::optional<Node> stream_global_join(const Op& op);

  Node group_table(const Op& op, const Node& in);
  Node aggregate_table(const Op& op, const Node& in);
  Node filter_table(const Op& op, const Node& in);
  Node map_table_values(const Op& op, const Node& in);

  const Node& node(const Op& op, const char* field) const;
  void define(const std::string& id, Node node);

  cryptostream::StreamsBuilder builder_;
  std::map<std::string, Node> nodes_;
  std::vector<std::string> order_;  // of nodes_
  std::map<std::string, TopicTypes> inputs_;
  std::map<std::string, TopicTypes> outputs_;
  std::map<std::string, TopicTypes> stores_;
};

}  // namespace conformance
