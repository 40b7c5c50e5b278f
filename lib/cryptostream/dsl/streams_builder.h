// StreamsBuilder: where a topology begins.
#pragma once

#include <cryptostream/dsl/stream.h>

#include <algorithm>
#include <memory>
#include <string>
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
    return stream(std::vector{topic}, std::move(named));
  }

  /// The records of several topics with the same types; the first one's serdes are used. Throws std::logic_error if
  /// there is none.
  template <class K, class V>
  Stream<K, V> stream(const std::vector<KafkaTopic<K, V>>& topics, Named named = {}) {
    if (topics.empty()) throw std::logic_error("stream: no topic given");
    std::vector<std::string> names;
    for (const auto& topic : topics) names.push_back(topic.name());
    const auto& keys = topics.front().key_serde();
    const auto& values = topics.front().value_serde();
    StreamInner<K, V> stream;
    stream.state = state_;
    stream.name = state_->name_or_next(named.name, "KSTREAM-SOURCE-");
    stream.sources = {stream.name};
    stream.keys = keys;
    stream.values = values;
    stream.key_untouched = true;
    std::sort(names.begin(), names.end());
    LogicalNode node;
    node.kind = LogicalNode::Kind::stream_source;
    node.name = stream.name;
    node.topics = names;
    node.write = [name = stream.name, names, keys, values](TopologyWriter& to, const std::vector<std::string>&) {
      to.add_source(name, names, [keys, values] { return std::make_unique<TypedSourceNode<K, V>>(keys, values); });
    };
    stream.node = state_->add_source(std::move(node));
    return Stream<K, V>(std::move(stream));
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
    stream.sources = {stream.name};
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
  std::shared_ptr<BuilderState> state_;
};

}  // namespace cryptostream
