// The blueprint sides of tables: what they cost if somebody reads them or wants their old values.
#pragma once

#include <cryptostream/dsl/handles.h>
#include <cryptostream/graph/table_nodes.h>
#include <cryptostream/graph/table_view.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// A table that is kept only if somebody needs it to be (Kafka Streams' KTableSource).
template <class K, class V>
class SourceTableView final : public TableView<K, V> {
 public:
  /// `values` nothing: whoever needs the table to be kept is refused, in the name of `node`.
  SourceTableView(std::string node, std::string store, bool materialized, Serde<K> keys, std::optional<Serde<V>> values)
      : node_(std::move(node)),
        store_(std::move(store)),
        keys_(std::move(keys)),
        knows_values_(values.has_value()),
        values_(values ? *values : unused_serde<V>()) {
    if (materialized) keep();
  }
  bool enable_old_values(bool force) override {
    if (!settings_.materialized && !force) return false;
    keep();
    return settings_.sends_old = true;
  }
  void enable_lookup() override { keep(); }
  std::unique_ptr<TableReader<K, V>> reader() const override {
    return std::make_unique<StoreReader<K, V>>(store_, keys_, values_);
  }
  std::vector<std::string> store_names() const override { return {store_}; }

  const TableSettings& settings() const { return settings_; }
  const std::string& store() const { return store_; }
  const Serde<K>& keys() const { return keys_; }
  const Serde<V>& values() const { return values_; }

 private:
  void keep() {
    if (!knows_values_)
      throw std::logic_error("\"" + node_ +
                             "\" has to be kept for an operator below it, and its values' type has no default serde; "
                             "pass one with Materialized().value_serde(...)");
    settings_.materialized = true;
  }

  TableSettings settings_;
  std::string node_;
  std::string store_;
  Serde<K> keys_;
  bool knows_values_;
  Serde<V> values_;
};

/// A table that is always kept: an aggregation.
template <class K, class V>
class StoredTableView final : public TableView<K, V> {
 public:
  StoredTableView(std::string store, Serde<K> keys, Serde<V> values)
      : store_(std::move(store)), keys_(std::move(keys)), values_(std::move(values)) {
    settings_.materialized = true;
  }
  bool enable_old_values(bool) override { return settings_.sends_old = true; }
  void enable_lookup() override {}
  std::unique_ptr<TableReader<K, V>> reader() const override {
    return std::make_unique<StoreReader<K, V>>(store_, keys_, values_);
  }
  std::vector<std::string> store_names() const override { return {store_}; }
  const TableSettings& settings() const { return settings_; }

 private:
  TableSettings settings_;
  std::string store_;
  Serde<K> keys_;
  Serde<V> values_;
};

/// A table computed from another one, kept itself if it has a name.
template <class K, class V, class U>
class DerivedTableView final : public TableView<K, U> {
 public:
  /// `store` empty: not kept.
  DerivedTableView(std::shared_ptr<TableView<K, V>> parent, TableFunction<K, V, U> function, std::string store,
                   std::optional<Serde<K>> keys, std::optional<Serde<U>> values)
      : parent_(std::move(parent)),
        function_(std::move(function)),
        store_(std::move(store)),
        keys_(std::move(keys)),
        values_(std::move(values)) {
    settings_.materialized = !store_.empty();
  }
  bool enable_old_values(bool force) override {
    if (settings_.materialized || parent_->enable_old_values(force)) settings_.sends_old = true;
    return settings_.sends_old;
  }
  void enable_lookup() override {
    if (!settings_.materialized) parent_->enable_lookup();
  }
  std::unique_ptr<TableReader<K, U>> reader() const override {
    if (settings_.materialized) return std::make_unique<StoreReader<K, U>>(store_, *keys_, *values_);
    return std::make_unique<TableMapReader<K, V, U>>(parent_->reader(), function_);
  }
  std::vector<std::string> store_names() const override {
    return settings_.materialized ? std::vector{store_} : parent_->store_names();
  }
  const TableSettings& settings() const { return settings_; }
  const std::string& store() const { return store_; }
  Serde<K> keys() const { return keys_ ? *keys_ : unused_serde<K>(); }
  Serde<U> values() const { return values_ ? *values_ : unused_serde<U>(); }

 private:
  std::shared_ptr<TableView<K, V>> parent_;
  TableFunction<K, V, U> function_;
  TableSettings settings_;
  std::string store_;
  std::optional<Serde<K>> keys_;
  std::optional<Serde<U>> values_;
};

}  // namespace cryptostream
