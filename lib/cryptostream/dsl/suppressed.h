// Table::suppress: holds updates back, so that fewer or only final ones are given.
#pragma once

#include <cryptostream/dsl/table.h>
#include <cryptostream/graph/suppress_node.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

template <class Self>
struct BufferSettings {
  SuppressBounds bounds{};
  bool has_changelog = true;
  std::map<std::string, std::string> changelog_settings{};

  /// At most so many records; default: no bound.
  Self max_records(std::uint64_t number) const {
    auto changed = static_cast<const Self&>(*this);
    changed.bounds.max_records = number;
    return changed;
  }
  /// At most so many bytes, as Kafka Streams reckons them (key, values and what is remembered of the record); default:
  /// no bound.
  Self max_bytes(std::uint64_t number) const {
    auto changed = static_cast<const Self&>(*this);
    changed.bounds.max_bytes = number;
    return changed;
  }
  /// False: no changelog topic; what is held back is lost with the process.
  Self logging(bool on) const {
    auto changed = static_cast<const Self&>(*this);
    changed.has_changelog = on;
    return changed;
  }
  /// Settings of the changelog topic, over the defaults.
  Self topic_settings(std::map<std::string, std::string> settings) const {
    auto changed = static_cast<const Self&>(*this);
    changed.changelog_settings = std::move(settings);
    return changed;
  }
};

struct BufferConfig;

/// How much suppress may hold back, where nothing may leave early: what does not fit ends the program.
struct StrictBufferConfig : BufferSettings<StrictBufferConfig> {
  /// What does not fit lets the oldest leave early.
  BufferConfig emit_early_when_full() const;
};

/// How much suppress may hold back; what does not fit lets the oldest leave early.
struct BufferConfig : BufferSettings<BufferConfig> {
  BufferConfig() = default;
  BufferConfig(const StrictBufferConfig& strict) {  // NOLINT: takes either where early results are allowed
    bounds = strict.bounds;
    has_changelog = strict.has_changelog;
    changelog_settings = strict.changelog_settings;
  }
  /// No bound: memory may grow without limit.
  static StrictBufferConfig unbounded() {
    StrictBufferConfig config;
    config.bounds.shut_down = true;
    return config;
  }
  static BufferConfig of_records(std::uint64_t number) { return BufferConfig().max_records(number); }
  static BufferConfig of_bytes(std::uint64_t number) { return BufferConfig().max_bytes(number); }
  /// What does not fit ends the program.
  StrictBufferConfig shut_down_when_full() const {
    StrictBufferConfig config;
    config.bounds = bounds;
    config.bounds.shut_down = true;
    config.has_changelog = has_changelog;
    config.changelog_settings = changelog_settings;
    return config;
  }
};

inline BufferConfig StrictBufferConfig::emit_early_when_full() const {
  BufferConfig config(*this);
  config.bounds.shut_down = false;
  return config;
}

/// What suppress waits for.
struct Suppressed {
  /// The name is the node's, and the prefix of its store's; the serdes are the buffer's, where the table knows none.
  struct UntilTimeLimit : SerdeOption<UntilTimeLimit> {
    std::chrono::milliseconds limit{0};
    BufferConfig buffer{};
    UntilTimeLimit named(std::string node) const {
      auto changed = *this;
      changed.name = std::move(node);
      return changed;
    }
  };
  struct UntilWindowCloses : SerdeOption<UntilWindowCloses> {
    StrictBufferConfig buffer{};
    UntilWindowCloses named(std::string node) const {
      auto changed = *this;
      changed.name = std::move(node);
      return changed;
    }
  };

  /// Holds a key's updates back until stream time has passed the first of them by `limit`; then the last one leaves.
  /// Throws std::invalid_argument if `limit` is negative.
  static UntilTimeLimit until_time_limit(std::chrono::milliseconds limit, BufferConfig buffer) {
    UntilTimeLimit suppressed;
    suppressed.limit = windows_detail::checked(limit, 0, "the time limit of suppress");
    suppressed.buffer = std::move(buffer);
    return suppressed;
  }
  /// Holds a window's updates back until it has closed; then the last one leaves. (Sessions and sliding windows close 1
  /// ms later than they leave, as in Kafka Streams: they may leave twice. EmitStrategy::on_window_close is exact, and
  /// needs no buffer.)
  static UntilWindowCloses until_window_closes(StrictBufferConfig buffer) {
    UntilWindowCloses suppressed;
    suppressed.buffer = std::move(buffer);
    return suppressed;
  }
};

/// A suppressed table shows what has left the buffer: for a key that is held back, the value before.
template <class K, class V>
class SuppressedTableView final : public TableView<K, V> {
 public:
  SuppressedTableView(std::shared_ptr<TableView<K, V>> parent, std::string store, Serde<K> keys, Serde<V> values)
      : parent_(std::move(parent)), store_(std::move(store)), keys_(std::move(keys)), values_(std::move(values)) {}
  bool enable_old_values(bool force) override { return parent_->enable_old_values(force); }
  void enable_lookup() override { parent_->enable_lookup(); }
  std::unique_ptr<TableReader<K, V>> reader() const override {
    return std::make_unique<SuppressedReader<K, V>>(parent_->reader(), store_, keys_, values_);
  }
  std::vector<std::string> store_names() const override {
    std::vector<std::string> names{store_};
    auto others = parent_->store_names();
    names.insert(names.end(), others.begin(), others.end());
    return names;
  }

 private:
  std::shared_ptr<TableView<K, V>> parent_;
  std::string store_;
  Serde<K> keys_;
  Serde<V> values_;
};

template <class K, class V, class S>
TableInner<K, V> suppress_with(const TableInner<K, V>& from, const S& suppressed, SuppressTimes<K> times) {
  const auto& given_name = suppressed.name;
  const auto& buffer = suppressed.buffer;
  static constexpr auto prefix = "KTABLE-SUPPRESS-";
  auto& state = *from.state;
  state.expect_open();
  auto next = from;
  next.name = given_name.empty() ? state.next_name(prefix) : given_name;
  next.queryable.clear();
  StoreSpec spec;
  spec.name = given_name.empty() ? state.next_store_name(prefix) : given_name + "-store";
  spec.type = StoreSpec::Type::suppression;
  spec.logging = buffer.has_changelog;
  spec.topic_settings = buffer.changelog_settings;
  auto given_keys = suppressed.keys.template as<K>(next.name);
  auto given_values = suppressed.values.template as<V>(next.name);
  auto keys = serde_or_default(given_keys ? given_keys : from.keys, next.name, "key");
  auto values = serde_or_default(given_values ? given_values : from.values, next.name, "value");
  next.keys = keys;
  next.values = values;
  from.view->enable_old_values(true);  // what downstream saw last must be known
  next.view = std::make_shared<SuppressedTableView<K, V>>(from.view, spec.name, keys, values);
  auto node = processor_node(
      next.name,
      [times, bounds = buffer.bounds, store = spec.name, keys, values] {
        return std::make_unique<SuppressNode<K, V>>(times, bounds, store, keys, values);
      },
      spec);
  node.kind = LogicalNode::Kind::suppress;
  node.output_versioned = false;
  next.node = state.add(from.node, std::move(node));
  return next;
}

template <class K, class V>
Table<K, V> suppress_table(const TableInner<K, V>& from, const Suppressed::UntilTimeLimit& suppressed) {
  SuppressTimes<K> times;
  times.wait = suppressed.limit;
  return Table<K, V>(suppress_with(from, suppressed, times));
}

template <class K, class V>
LastingTable<K, V> suppress_table(const TableInner<K, V>& from, const Suppressed::UntilWindowCloses& suppressed) {
  static_assert(is_windowed_v<K>, "cryptostream: suppress until windows close needs a windowed table");
  SuppressTimes<K> times;
  times.wait = from.state->window_grace(from.node);
  times.by_window_end = true;
  return LastingTable<K, V>(suppress_with(from, suppressed, times));
}

}  // namespace cryptostream
