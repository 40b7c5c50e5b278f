// What handles on streams and tables hold, and the small parts that all operators are wired from.
#pragma once

#include <cryptostream/data/topic.h>
#include <cryptostream/dsl/builder_state.h>
#include <cryptostream/dsl/logical_nodes.h>
#include <cryptostream/graph/table_view.h>
#include <cryptostream/graph/topic_nodes.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

template <class K, class V>
class Stream;
template <class K, class V>
class Table;
template <class K, class V>
class LastingTable;
template <class K, class V>
class GlobalTable;
template <class K, class V>
class GroupedStream;
template <class K, class V>
class GroupedTable;

enum class JoinKind : std::uint8_t { inner, left, outer };

/// What a handle holds, whatever its types: its place in the logical graph.
struct HandlePlace {
  HandlePlace();
  HandlePlace(const HandlePlace&);
  HandlePlace(HandlePlace&&) noexcept;
  HandlePlace& operator=(const HandlePlace&);
  HandlePlace& operator=(HandlePlace&&) noexcept;
  ~HandlePlace();

  std::shared_ptr<BuilderState> state;
  std::size_t node = 0;             ///< in the logical graph
  std::string name{};               ///< of the last operator: repartition topics are called after it
  std::set<std::string> sources{};  ///< names of the source nodes that its records come from

  /// Its records come from this source alone.
  void set_source(const std::string& source);
};

/// The repartition node that several operators on the same stream share, once one of them made it.
using SharedRepartition = std::shared_ptr<std::optional<std::size_t>>;
SharedRepartition no_repartition_yet();

struct StreamPlace : HandlePlace {
  StreamPlace();
  StreamPlace(const StreamPlace&);
  StreamPlace(StreamPlace&&) noexcept;
  StreamPlace& operator=(const StreamPlace&);
  StreamPlace& operator=(StreamPlace&&) noexcept;
  ~StreamPlace();

  bool repartition = false;    ///< the key may have changed since the records were read
  bool key_untouched = false;  ///< the key's bytes are still those of the input record
  SharedRepartition shared_repartition = no_repartition_yet();  ///< of joins

  /// Cuts what handles on the same stream share: this is another stream now.
  void renew() { shared_repartition = no_repartition_yet(); }
  /// Goes on behind a repartition whose source has this name.
  void move_behind(std::size_t repartition_node, const std::string& source);
};

/// Of a Stream<K, V>.
template <class K, class V>
struct StreamInner : StreamPlace {
  using Key = strip_optional_t<K>;
  using Value = strip_optional_t<V>;

  std::optional<Serde<Key>> keys{};      ///< as far as known: from a topic or an option, while the key stays
  std::optional<Serde<Value>> values{};  ///< likewise

  /// The same for the next operator's types: serdes stay where the types do.
  template <class K2, class V2>
  StreamInner<K2, V2> with() const {
    StreamInner<K2, V2> next;
    static_cast<StreamPlace&>(next) = *this;
    next.renew();
    if constexpr (std::is_same_v<Key, strip_optional_t<K2>>) next.keys = keys;
    next.key_untouched = key_untouched && std::is_same_v<K, K2>;
    if constexpr (std::is_same_v<Value, strip_optional_t<V2>>) next.values = values;
    return next;
  }
};

/// Of a Table<K, V>.
template <class K, class V>
struct TableInner : HandlePlace {
  std::optional<Serde<K>> keys{};
  std::optional<Serde<V>> values{};
  std::shared_ptr<TableView<K, V>> view{};  ///< never null
  std::string queryable{};                  ///< the store's name, where the user gave one
};

/// Of a GlobalTable<K, V>.
template <class K, class V>
struct GlobalInner {
  std::shared_ptr<BuilderState> state;
  std::string store{};
  Serde<K> keys;
  Serde<V> values;
};

/// Of a GroupedStream<K, V>: the stream before it, and what the user said of the group.
template <class K, class V>
struct GroupedInner {
  StreamInner<K, V> stream;  ///< `stream.node` and `stream.name` are the key selector's, if there is one
  std::string name{};        ///< of the repartition topic; empty: after the aggregation's store
  SharedRepartition shared_repartition = no_repartition_yet();  ///< of a named group, for all its aggregations
};

/// The serde that was given or is known, else the type's default one; throws std::logic_error naming `where` if there
/// is none.
template <class T>
Serde<T> serde_or_default(const std::optional<Serde<T>>& known, const std::string& where, const char* what) {
  if (known) return *known;
  if constexpr (HasDefaultSerde<T>) {
    return default_serde<T>();
  } else {
    throw std::logic_error("\"" + where + "\": the type of its " + what +
                           " has no default serde; pass one with its option (." + what + "_serde(...))");
  }
}

/// Stands where a node has no store and so no use for a serde.
template <class T>
Serde<T> unused_serde() {
  struct Unused {
    void encode(const T&, std::string&) const {}
    Result<void> decode(BytesView, T&) const {
      return fail(ErrorKind::internal, "a node without a store decodes nothing");
    }
  };
  static const Serde<T> serde{Unused{}};
  return serde;
}

/// Lets only records with a key through; `keep_null_keys`: all.
template <class K, class V>
class KeyPresentNode final : public Receiver<K, V> {
 public:
  explicit KeyPresentNode(bool keep_null_keys) : keep_null_keys_(keep_null_keys) {}
  Result<void> receive(const Record<K, V>& record) override {
    if constexpr (is_optional_v<K>)
      if (!record.key && !keep_null_keys_) return {};
    return this->forward(record);
  }

 private:
  bool keep_null_keys_;
};

/// The steps of a repartition of records of K and V, into a spec that has its names.
template <class K, class V>
void set_repartition_steps(RepartitionSpec& spec, const Serde<strip_optional_t<K>>& keys,
                           const Serde<strip_optional_t<V>>& values) {
  spec.filter_step = [](bool keep_null_keys) -> Step {
    return [keep_null_keys] { return std::make_unique<KeyPresentNode<K, V>>(keep_null_keys); };
  };
  spec.sink_step = [keys, values](const std::string& topic) -> Step {
    return [topic, keys, values] { return std::make_unique<SinkNode<K, V>>(topic, nullptr, keys, values, false); };
  };
  spec.source_step = [keys, values] { return std::make_unique<TypedSourceNode<K, V>>(keys, values); };
}

/// Adds a repartition below `from` and gives the stream behind it. `kind`: repartition (may be optimised) or
/// explicit_repartition.
template <class K, class V>
StreamInner<K, V> behind_repartition(const StreamInner<K, V>& from, RepartitionSpec spec, LogicalNode::Kind kind,
                                     const Serde<strip_optional_t<K>>& keys, const Serde<strip_optional_t<V>>& values) {
  set_repartition_steps<K, V>(spec, keys, values);
  auto next = from;
  auto source = spec.source;
  next.move_behind(from.state->add(from.node, repartition_node(kind, std::move(spec))), source);
  next.keys = keys;
  next.values = values;
  return next;
}

}  // namespace cryptostream
