// StreamsBuilder: where a topology begins.
#pragma once

#include <cryptostream/dsl/stream.h>

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
    auto name = named.name.empty() ? state_->next_name("KSTREAM-SOURCE-") : std::move(named.name);
    auto id = state_->add_source(std::move(name), std::move(names),
                                 [keys, values] { return std::make_unique<TypedSourceNode<K, V>>(keys, values); });
    return Stream<K, V>(state_, id, keys);
  }

  /// The records of an exchange, API or file (graph/source.h). Each of its partitions is polled on a thread of its own;
  /// its position is committed with what it led to.
  template <Source S>
  Stream<typename S::Key, typename S::Value> stream(S source, Named named = {}) {
    using External = TypedExternalSource<S>;
    NodeSpec spec;
    spec.kind = NodeSpec::Kind::source_external;
    spec.name = named.name.empty() ? std::string(source.name())
                                   : std::move(named.name);  // not numbered: positions are kept under it
    spec.source = std::make_shared<External>(std::move(source));
    spec.step = [] { return std::make_unique<typename External::EntryNode>(); };
    return {state_, state_->add(std::move(spec)), std::nullopt};
  }

  /// The finished topology. May be called once; streams of this builder throw when used after it.
  Topology build() { return state_->build(); }

 private:
  std::shared_ptr<BuilderState> state_;
};

}  // namespace cryptostream
