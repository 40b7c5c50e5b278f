// The blueprint side of windowed aggregates, and of what cogroup merges.
#pragma once

#include <cryptostream/dsl/table_views.h>
#include <cryptostream/graph/windowed_store.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream {

/// A windowed aggregate: always kept. Store: WindowStore or SessionStore.
template <class Store, class K, class A>
class WindowedTableView final : public TableView<Windowed<K>, A> {
 public:
  WindowedTableView(std::string store, Serde<K> keys, Serde<A> values)
      : store_(std::move(store)), keys_(std::move(keys)), values_(std::move(values)) {
    settings_.materialized = true;
  }
  bool enable_old_values(bool) override { return settings_.sends_old = true; }
  void enable_lookup() override {}
  std::unique_ptr<TableReader<Windowed<K>, A>> reader() const override {
    return std::make_unique<WindowedStoreReader<Store, K, A>>(store_, keys_, values_);
  }
  std::vector<std::string> store_names() const override { return {store_}; }
  const TableSettings& settings() const { return settings_; }

 private:
  TableSettings settings_;
  std::string store_;
  Serde<K> keys_;
  Serde<A> values_;
};

}  // namespace cryptostream
