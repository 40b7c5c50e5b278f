// StreamsBuilder: where a topology begins.
#pragma once

#include <cryptostream/dsl/fk_join.h>
#include <cryptostream/dsl/grouped_table.h>
#include <cryptostream/dsl/stream.h>
#include <cryptostream/dsl/table.h>
#include <cryptostream/dsl/table_join.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptostream {

/// Collects sources and, through their streams, everything behind them. Not thread-safe. Wiring errors that the
/// compiler cannot see throw std::logic_error naming the nodes.
class StreamsBuilder {
 public:
  StreamsBuilder() : state_(std::make_shared<BuilderState>()) {}

  /// The records of a topic.
  template <class K, class V>
  Stream<K, V> stream(const KafkaTopic<K, V>& topic, Named named = {}) {
    return read(std::vector{topic.name()}, topic, Consumed<K, V>(std::move(named.name)));
  }

  /// The same with times of the caller's choice.
  template <class K, class V>
  Stream<K, V> stream(const KafkaTopic<K, V>& topic, Consumed<K, V> consumed) {
    return read(std::vector{topic.name()}, topic, consumed);
  }

  /// The records of several topics with the same types; the first one's serdes are used. Throws std::logic_error if
  /// there is none.
  template <class K, class V>
  Stream<K, V> stream(const std::vector<KafkaTopic<K, V>>& topics, Named named = {}) {
    return read(topics, Consumed<K, V>(std::move(named.name)));
  }

  /// The same with times of the caller's choice.
  template <class K, class V>
  Stream<K, V> stream(const std::vector<KafkaTopic<K, V>>& topics, Consumed<K, V> consumed) {
    return read(topics, consumed);
  }

  /// The records of all topics whose names match, also of those that are made while the application runs: it looks for
  /// them again and again (ApplicationConfig::topic_check). Its own internal topics, and what another source reads, do
  /// not count.
  template <class K, class V>
  Stream<K, V> stream(const TopicPattern<K, V>& topics, Named named = {}) {
    return stream(topics, Consumed<K, V>(std::move(named.name)));
  }

  /// The same with times of the caller's choice.
  template <class K, class V>
  Stream<K, V> stream(const TopicPattern<K, V>& topics, Consumed<K, V> consumed) {
    return read(topics.names(), topics, consumed);
  }

  /// The latest values of a topic's keys: a null value deletes, records with null keys are dropped and counted.
  /// Options: Named (or Consumed, for times of the caller's choice), Materialized. Cost: a store with a changelog if it
  /// has a name or an operator needs it.
  template <class KR, class VR, class... Options>
  auto table(const KafkaTopic<KR, VR>& topic, Options... options) {
    using K = strip_optional_t<KR>;
    using V = strip_optional_t<VR>;
    using KO = std::optional<K>;
    using VO = std::optional<V>;
    only_options<Named, Consumed<KO, VO>, Materialized>::template check<Options...>();
    state_->expect_open();
    auto materialized = option<Materialized>(options...);
    auto consumed = option<Consumed<KO, VO>>(options...);
    if (has_option<Named, Options...>) consumed.name = option<Named>(options...).name;
    auto store = materialized.name.empty() ? state_->next_store_name(topic.name() + "-") : materialized.name;
    auto source = state_->name_or_next(consumed.name, "KSTREAM-SOURCE-", "-source");
    TableInner<K, V> table;
    table.state = state_;
    table.name = state_->name_or_next(consumed.name, "KTABLE-SOURCE-");
    table.set_source(source);
    auto keys = materialized.keys.template as<K>(table.name);
    auto values = materialized.values.template as<V>(table.name);
    table.keys = keys ? *keys : topic.key_serde();
    table.values = values ? *values : topic.value_serde();
    Step read = [keys = topic.key_serde(), values = topic.value_serde(), extractor = consumed.extractor] {
      return std::make_unique<TypedSourceNode<KO, VO>>(keys, values, extractor);
    };
    return Table<K, V>(table_from<KO, VO>(std::move(table), LogicalGraph::root, topic.name(), std::move(source),
                                          std::move(read), materialized.spec(store), !materialized.name.empty()));
  }

  /// The same, held whole by every process and read before anything else starts; its topic is its changelog. Options:
  /// Named, Materialized.
  template <class KR, class VR, class... Options>
  auto global_table(const KafkaTopic<KR, VR>& topic, Options... options) {
    using K = strip_optional_t<KR>;
    using V = strip_optional_t<VR>;
    using KO = std::optional<K>;
    using VO = std::optional<V>;
    only_options<Named, Materialized>::template check<Options...>();
    state_->expect_open();
    auto materialized = option<Materialized>(options...);
    auto named = option<Named>(options...);
    if (materialized.history)
      throw std::logic_error("global_table: the table of topic \"" + topic.name() + "\" cannot be versioned");
    auto store = materialized.name.empty() ? state_->next_store_name(topic.name() + "-") : materialized.name;
    auto source = state_->name_or_next(named.name, "KSTREAM-SOURCE-", "-source");
    LogicalNode node;
    node.kind = LogicalNode::Kind::table_source;
    node.name = state_->name_or_next(named.name, "KTABLE-SOURCE-");
    TableSettings settings;
    settings.materialized = true;
    auto spec = materialized.spec(store);
    node.write = [=, name = node.name, keys = topic.key_serde(), values = topic.value_serde(),
                  topic_name = topic.name()](TopologyWriter& to, const std::vector<std::string>&) {
      to.add_global_table(
          source, topic_name, [keys, values] { return std::make_unique<TypedSourceNode<KO, VO>>(keys, values); }, name,
          [settings, store, keys, values] {
            return std::make_unique<TableSourceNode<KO, VO>>(settings, store, keys, values);
          },
          spec);
    };
    state_->add_source(std::move(node));
    return GlobalTable<K, V>(GlobalInner<K, V>{state_, store, topic.key_serde(), topic.value_serde()});
  }

  /// The records of an exchange, API or file (graph/source.h). Each of its partitions is polled on a thread of its own;
  /// its position is committed with what it led to.
  template <Source S>
  Stream<typename S::Key, typename S::Value> stream(S source, Named named = {}) {
    using External = TypedExternalSource<S>;
    StreamInner<typename S::Key, typename S::Value> stream;
    stream.state = state_;
    stream.name = named.name.empty() ? std::string(source.name())
                                     : std::move(named.name);  // not numbered: positions are kept under it
    stream.set_source(stream.name);
    LogicalNode node;
    node.kind = LogicalNode::Kind::external_source;
    node.name = stream.name;
    auto external = std::make_shared<External>(std::move(source));
    node.write = [name = stream.name, external](TopologyWriter& to, const std::vector<std::string>&) {
      to.add_external_source(name, external, [] { return std::make_unique<typename External::EntryNode>(); });
    };
    stream.node = state_->add_source(std::move(node));
    return Stream<typename S::Key, typename S::Value>(std::move(stream));
  }

  /// The finished topology. May be called once; streams of this builder throw when used after it.
  Topology build(const Optimization& optimization = {}) { return state_->build(optimization); }

 private:
  template <class K, class V>
  Stream<K, V> read(const std::vector<KafkaTopic<K, V>>& topics, const Consumed<K, V>& consumed) {
    if (topics.empty()) throw std::logic_error("stream: no topic given");
    std::vector<std::string> names;
    for (const auto& topic : topics) names.push_back(topic.name());
    return read(std::move(names), topics.front(), consumed);
  }

  /// `from`: names of topics, or their pattern. `typed`: has the serdes.
  template <class From, class Typed, class K, class V>
  Stream<K, V> read(From from, const Typed& typed, const Consumed<K, V>& consumed) {
    StreamInner<K, V> stream;
    stream.state = state_;
    stream.name = state_->name_or_next(consumed.name, "KSTREAM-SOURCE-");
    stream.set_source(stream.name);
    stream.keys = typed.key_serde();
    stream.values = typed.value_serde();
    stream.key_untouched = true;
    Step step = [keys = typed.key_serde(), values = typed.value_serde(), extractor = consumed.extractor] {
      return std::make_unique<TypedSourceNode<K, V>>(keys, values, extractor);
    };
    stream.node = state_->add_source(source_node(stream.name, std::move(from), std::move(step)));
    return Stream<K, V>(std::move(stream));
  }

  std::shared_ptr<BuilderState> state_;
};

}  // namespace cryptostream
