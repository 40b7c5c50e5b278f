// A table under other types of keys and values, which hold the same: so that all tables of a scenario are of one type.
// No operator: describe() does not show it.
#pragma once

#include "data.h"

#include <cryptostream/dsl/table.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

inline Data convert(const std::int64_t& number, Data*) { return data(number); }
inline Data convert(const Data& data, Data*) { return data; }
inline Data convert(const cryptostream::Windowed<Data>& key, Data*) { return from_windowed(key); }
inline cryptostream::Windowed<Data> convert(const Data& key, cryptostream::Windowed<Data>*) { return to_windowed(key); }
template <class To, class From>
To converted(const From& from) {
  return convert(from, static_cast<To*>(nullptr));
}

template <class K, class V, class K2, class V2>
class AdaptNode final : public cryptostream::Receiver<K, cryptostream::Change<V>> {
 public:
  cryptostream::Result<void> receive(const cryptostream::Record<K, cryptostream::Change<V>>& record) override {
    std::optional<V2> now, before;
    cryptostream::Change<V2> change;
    change.latest = record.value.latest;
    if (record.value.now) change.now = &now.emplace(converted<V2>(*record.value.now));
    if (record.value.before) change.before = &before.emplace(converted<V2>(*record.value.before));
    auto key = converted<K2>(record.key);
    return this->forward(
        cryptostream::Record<K2, cryptostream::Change<V2>>(key, change, record.timestamp, record.headers));
  }
};

template <class K, class V, class K2, class V2>
class AdaptReader final : public cryptostream::TableReader<K2, V2> {
 public:
  explicit AdaptReader(std::unique_ptr<cryptostream::TableReader<K, V>> reader) : reader_(std::move(reader)) {}
  cryptostream::Result<void> start(cryptostream::TaskContext& context) override { return reader_->start(context); }
  cryptostream::Result<cryptostream::Found<V2>> get(const K2& key) override {
    return found(reader_->get(converted<K>(key)));
  }
  cryptostream::Result<cryptostream::Found<V2>> get(const K2& key, cryptostream::Timestamp as_of) override {
    return found(reader_->get(converted<K>(key), as_of));
  }
  bool versioned() const override { return reader_->versioned(); }

 private:
  cryptostream::Result<cryptostream::Found<V2>> found(cryptostream::Result<cryptostream::Found<V>> inner) {
    if (!inner) return cryptostream::fail(inner.error());
    cryptostream::Found<V2> outer;
    outer.timestamp = inner->timestamp;
    if (inner->value) outer.value = &value_.emplace(converted<V2>(*inner->value));
    return outer;
  }
  std::unique_ptr<cryptostream::TableReader<K, V>> reader_;
  std::optional<V2> value_;
};

template <class K, class V, class K2, class V2>
class AdaptView final : public cryptostream::TableView<K2, V2> {
 public:
  explicit AdaptView(std::shared_ptr<cryptostream::TableView<K, V>> view) : view_(std::move(view)) {}
  bool enable_old_values(bool force) override { return view_->enable_old_values(force); }
  void enable_lookup() override { view_->enable_lookup(); }
  std::unique_ptr<cryptostream::TableReader<K2, V2>> reader() const override {
    return std::make_unique<AdaptReader<K, V, K2, V2>>(view_->reader());
  }
  std::vector<std::string> store_names() const override { return view_->store_names(); }

 private:
  std::shared_ptr<cryptostream::TableView<K, V>> view_;
};

template <class K2, class V2, class K, class V>
cryptostream::Table<K2, V2> adapted(const cryptostream::Table<K, V>& table, const cryptostream::Serde<K2>& keys,
                                    const cryptostream::Serde<V2>& values) {
  const auto& from = table.inner();
  cryptostream::TableInner<K2, V2> next;
  next.state = from.state;
  next.sources = from.sources;
  next.keys = keys;
  next.values = values;
  next.view = std::make_shared<AdaptView<K, V, K2, V2>>(from.view);
  next.queryable = from.queryable;
  cryptostream::LogicalNode node;
  node.name = next.name = from.state->adapter_name(from.name);  // joins attach to it by this name
  node.write = [name = node.name](cryptostream::TopologyWriter& to, const std::vector<std::string>& parents) {
    to.add_adapter(
        name, [] { return std::make_unique<AdaptNode<K, V, K2, V2>>(); }, parents);
  };
  next.node = from.state->add(from.node, std::move(node));
  return cryptostream::Table<K2, V2>(std::move(next));
}

}  // namespace conformance
