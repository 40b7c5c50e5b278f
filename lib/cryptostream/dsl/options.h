// What may follow an operator's functions, in any order, each at most once: names, stores, serdes, windows' extras.
#pragma once

#include <cryptostream/data/serde.h>
#include <cryptostream/graph/topic_nodes.h>
#include <cryptostream/state/store_spec.h>

#include <any>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cryptostream {

/// The name of a node, in place of the numbered one. Named nodes keep their names (and with them topics and stores)
/// when operators are added or taken away before them.
struct Named {
  std::string name{};
  Named() = default;
  explicit Named(std::string node_name) : name(std::move(node_name)) {}
};

/// A serde that an option carries for a type which only the operator knows.
class ErasedSerde {
 public:
  ErasedSerde();
  ErasedSerde(const ErasedSerde&);
  ErasedSerde(ErasedSerde&&) noexcept;
  ErasedSerde& operator=(const ErasedSerde&);
  ErasedSerde& operator=(ErasedSerde&&) noexcept;
  ~ErasedSerde();
  template <class T>
  explicit ErasedSerde(Serde<T> serde) : serde_(std::move(serde)) {}
  bool empty() const { return !serde_.has_value(); }
  /// The serde, or nothing if none was given. Throws std::logic_error naming `where` if it is for another type.
  template <class T>
  std::optional<Serde<T>> as(const std::string& where) const {
    if (empty()) return std::nullopt;
    if (auto* serde = std::any_cast<Serde<T>>(&serde_)) return *serde;
    refuse(where);
  }

 private:
  [[noreturn]] static void refuse(const std::string& where);
  std::any serde_;
};

/// How the records of a key find their partition, for a key type that only the operator knows.
class ErasedPartitioner {
 public:
  template <class K>
  using Partitioner = std::function<std::int32_t(const K& key, std::int32_t partitions)>;

  ErasedPartitioner() = default;
  /// `function` takes a key and the number of partitions, and is no generic lambda: its first parameter is the key's
  /// type.
  template <class F>
  explicit ErasedPartitioner(F function) {
    constexpr bool typed = requires { std::function(std::declval<F>()); };
    static_assert(typed,
                  "cryptostream: a partitioner must be a function or a lambda without `auto`: its first parameter says "
                  "of which keys it is");
    if constexpr (typed) partitioner_ = boxed(std::function(std::move(function)));
  }
  /// The partitioner, empty if none was given. Throws std::logic_error naming `where` if it is for another type.
  template <class K>
  Partitioner<K> as(const std::string& where) const {
    if (!partitioner_.has_value()) return {};
    if (auto* partitioner = std::any_cast<Partitioner<K>>(&partitioner_)) return *partitioner;
    throw std::logic_error("the partitioner given at \"" + where + "\" is for another type than the keys there");
  }

 private:
  template <class R, class K, class N>
  static std::any boxed(std::function<R(K, N)> function) {
    return Partitioner<std::remove_cvref_t<K>>(std::move(function));
  }
  std::any partitioner_;
};

/// How a topic is read: the source's name, and where its records' times come from.
template <class K, class V>
struct Consumed {
  std::string name{};
  TimestampExtractor<K, V> extractor{};
  Consumed() = default;
  explicit Consumed(std::string source) : name(std::move(source)) {}
  /// The time of a record by its contents; a negative one leaves the record out (counted). Default: the record's own.
  Consumed timestamps(TimestampExtractor<K, V> extract) const {
    auto changed = *this;
    changed.extractor = std::move(extract);
    return changed;
  }
};

/// What carries an optional name and serdes for keys and values; each option that derives from it says of what. Self:
/// that option.
template <class Self>
struct SerdeOption {
  std::string name{};
  ErasedSerde keys{};
  ErasedSerde values{};

  template <class T>
  Self key_serde(Serde<T> serde) const {
    auto changed = static_cast<const Self&>(*this);
    changed.keys = ErasedSerde(std::move(serde));
    return changed;
  }
  template <class T>
  Self value_serde(Serde<T> serde) const {
    auto changed = static_cast<const Self&>(*this);
    changed.values = ErasedSerde(std::move(serde));
    return changed;
  }
};

/// How a table is kept. With a name its store can be queried, and the store and its changelog topic keep that name.
struct Materialized : SerdeOption<Materialized> {
  Materialized();
  Materialized(const Materialized&);
  Materialized(Materialized&&) noexcept;
  Materialized& operator=(const Materialized&);
  Materialized& operator=(Materialized&&) noexcept;
  ~Materialized();
  /// The store's name.
  explicit Materialized(std::string store) { name = std::move(store); }

  /// How long windows are kept; default: as long as they can change. Throws std::invalid_argument where the windows
  /// need more.
  Materialized retention(std::chrono::milliseconds time) const {
    auto changed = *this;
    changed.kept_for = time;
    return changed;
  }
  /// Keeps all versions of a value within `history`, so that joins find the value of their record's time. Not for
  /// windows.
  Materialized versioned(std::chrono::milliseconds history_retention) const {
    auto changed = *this;
    changed.history = history_retention;
    return changed;
  }
  /// False: no changelog topic; the store is empty after a restart on another machine.
  Materialized logging(bool on) const {
    auto changed = *this;
    changed.has_changelog = on;
    return changed;
  }
  /// False: every update is handed on at once, however large the cache.
  Materialized caching(bool on) const {
    auto changed = *this;
    changed.is_cached = on;
    return changed;
  }
  Materialized in_memory() const { return with_backend(StoreBackend::memory); }
  Materialized rocksdb() const { return with_backend(StoreBackend::rocksdb); }
  /// Settings of the changelog topic, over the defaults.
  Materialized topic_settings(std::map<std::string, std::string> settings) const {
    auto changed = *this;
    changed.changelog_settings = std::move(settings);
    return changed;
  }

  std::optional<std::chrono::milliseconds> kept_for{};
  std::optional<std::chrono::milliseconds> history{};
  bool has_changelog = true;
  bool is_cached = true;
  StoreBackend backend = StoreBackend::by_configuration;
  std::map<std::string, std::string> changelog_settings{};

  /// The store of a table, under `store_name` (windows add their own to it).
  StoreSpec spec(std::string store_name) const;

 private:
  Materialized with_backend(StoreBackend wanted) const {
    auto changed = *this;
    changed.backend = wanted;
    return changed;
  }
};

/// Name of the repartition topic of a group_by, and the serdes of what it carries.
struct Grouped : SerdeOption<Grouped> {
  Grouped() = default;
  explicit Grouped(std::string topic) { name = std::move(topic); }
};

/// Name, serdes and number of partitions of an explicit repartition topic; by default as many as the topics before it.
struct Repartitioned : SerdeOption<Repartitioned> {
  Repartitioned() = default;
  explicit Repartitioned(std::string topic) { name = std::move(topic); }
  Repartitioned partitions(std::int32_t number) const {
    auto changed = *this;
    changed.count = number;
    return changed;
  }
  std::optional<std::int32_t> count{};
};

/// A stream-table join: name, serdes of the stream (where it is repartitioned) and grace. With a grace, records wait
/// until stream time has passed theirs by it, and meet the table's version of their own time; the table must be
/// versioned.
struct Joined : SerdeOption<Joined> {
  Joined() = default;
  explicit Joined(std::string node) { name = std::move(node); }
  Joined grace(std::chrono::milliseconds time) const {
    auto changed = *this;
    changed.wait = time;
    return changed;
  }
  std::optional<std::chrono::milliseconds> wait{};
};

/// A stream-stream join: names of its nodes and stores, serdes of key, left value (value_serde) and right value.
struct StreamJoined : SerdeOption<StreamJoined> {
  StreamJoined() = default;
  explicit StreamJoined(std::string node) { name = std::move(node); }
  /// Prefix of the two window stores' names.
  StreamJoined store_name(std::string prefix) const {
    auto changed = *this;
    changed.store = std::move(prefix);
    return changed;
  }
  template <class T>
  StreamJoined other_value_serde(Serde<T> serde) const {
    auto changed = *this;
    changed.other_values = ErasedSerde(std::move(serde));
    return changed;
  }
  StreamJoined logging(bool on) const {
    auto changed = *this;
    changed.has_changelog = on;
    return changed;
  }
  std::string store{};
  ErasedSerde other_values{};
  bool has_changelog = true;
};

/// A join of tables by foreign key: name of its nodes, topics and store, and the partitioners of its two topics where
/// those of the tables' topics are not Kafka's default. A partitioner takes `(const Key&, std::int32_t partitions)` and
/// returns the partition, from 0.
struct TableJoined {
  std::string name{};
  TableJoined() = default;
  explicit TableJoined(std::string node) : name(std::move(node)) {}
  /// Of the responses, by this table's key: as this table's records are partitioned.
  template <class F>
  TableJoined partitioner(F function) const {
    auto changed = *this;
    changed.own = ErasedPartitioner(std::move(function));
    return changed;
  }
  /// Of the subscriptions, by foreign key: as the other table's records are partitioned.
  template <class F>
  TableJoined other_partitioner(F function) const {
    auto changed = *this;
    changed.other = ErasedPartitioner(std::move(function));
    return changed;
  }
  ErasedPartitioner own{};
  ErasedPartitioner other{};
};

/// The one option of type O among those given, or a default one. Each operator checks with only_options that it knows
/// all.
template <class O, class... Given>
O option(const Given&... given) {
  static_assert((0 + ... + int(std::is_same_v<O, Given>)) <= 1, "cryptostream: the same option is given twice");
  if constexpr ((false || ... || std::is_same_v<O, Given>)) {
    return std::get<const O&>(std::tie(given...));
  } else {
    return O{};
  }
}

/// True if O is among the options given.
template <class O, class... Given>
constexpr bool has_option = (false || ... || std::is_same_v<O, Given>);

/// True if T is an option of this file that may follow an operator's functions, and no function.
template <class T>
constexpr bool is_option =
    std::is_same_v<T, Named> || std::is_same_v<T, TableJoined> || std::is_base_of_v<SerdeOption<T>, T>;

/// Refuses what is not among Known.
template <class... Known>
struct only_options {
  template <class Given>
  static constexpr bool known = (false || ... || std::is_same_v<Known, Given>);
  template <class... Given>
  static constexpr void check() {
    static_assert((true && ... && known<Given>),
                  "cryptostream: this operator has no such option; its declaration names those it has");
  }
};

}  // namespace cryptostream
