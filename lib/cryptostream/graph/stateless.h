// The stateless operators as nodes. Each user function is boxed once, here; forwarding copies nothing.
#pragma once

#include <cryptostream/graph/call.h>
#include <cryptostream/graph/node.h>

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace cryptostream {

/// A user's function over records of K and V, boxed.
template <class K, class V, class R>
using RecordFunction = std::function<R(const Record<K, V>&)>;

/// filter, filter_not.
template <class K, class V>
class FilterNode final : public Receiver<K, V> {
 public:
  explicit FilterNode(RecordFunction<K, V, bool> keep) : keep_(std::move(keep)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      if (!keep_(record)) return {};
      return this->forward(record);
    });
  }

 private:
  RecordFunction<K, V, bool> keep_;
};

/// peek and for_each: the latter simply has no children.
template <class K, class V>
class PeekNode final : public Receiver<K, V> {
 public:
  explicit PeekNode(RecordFunction<K, V, void> look) : look_(std::move(look)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      look_(record);
      return this->forward(record);
    });
  }

 private:
  RecordFunction<K, V, void> look_;
};

/// map_values. R is U, or const U& where the function returns a reference: then nothing is copied.
template <class K, class V, class R>
class MapValuesNode final : public Receiver<K, V> {
 public:
  explicit MapValuesNode(RecordFunction<K, V, R> map) : map_(std::move(map)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      const std::remove_cvref_t<R>& value = map_(record);  // extends the life of a returned value
      return this->forward(Record<K, std::remove_cvref_t<R>>(record.key, value, record.timestamp, record.headers));
    });
  }

 private:
  RecordFunction<K, V, R> map_;
};

/// select_key. R as in MapValuesNode.
template <class K, class V, class R>
class SelectKeyNode final : public Receiver<K, V> {
 public:
  explicit SelectKeyNode(RecordFunction<K, V, R> select) : select_(std::move(select)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      const std::remove_cvref_t<R>& key = select_(record);
      return this->forward(Record<std::remove_cvref_t<R>, V>(key, record.value, record.timestamp, record.headers));
    });
  }

 private:
  RecordFunction<K, V, R> select_;
};

/// map.
template <class K, class V, class K2, class V2>
class MapNode final : public Receiver<K, V> {
 public:
  explicit MapNode(RecordFunction<K, V, KeyValue<K2, V2>> map) : map_(std::move(map)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      const auto mapped = map_(record);
      return this->forward(Record<K2, V2>(mapped.key, mapped.value, record.timestamp, record.headers));
    });
  }

 private:
  RecordFunction<K, V, KeyValue<K2, V2>> map_;
};

/// flat_map: Range is any range of KeyValue<K2, V2>.
template <class K, class V, class Range>
class FlatMapNode final : public Receiver<K, V> {
 public:
  explicit FlatMapNode(RecordFunction<K, V, Range> map) : map_(std::move(map)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      const auto& mapped = map_(record);
      for (const auto& [key, value] : mapped)
        CRYPTOSTREAM_TRY(this->forward(Record<std::remove_cvref_t<decltype(key)>, std::remove_cvref_t<decltype(value)>>(
            key, value, record.timestamp, record.headers)));
      return {};
    });
  }

 private:
  RecordFunction<K, V, Range> map_;
};

/// flat_map_values: Range is any range of the new values.
template <class K, class V, class Range>
class FlatMapValuesNode final : public Receiver<K, V> {
 public:
  explicit FlatMapValuesNode(RecordFunction<K, V, Range> map) : map_(std::move(map)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      const auto& mapped = map_(record);
      for (const auto& value : mapped)
        CRYPTOSTREAM_TRY(this->forward(
            Record<K, std::remove_cvref_t<decltype(value)>>(record.key, value, record.timestamp, record.headers)));
      return {};
    });
  }

 private:
  RecordFunction<K, V, Range> map_;
};

/// merge, and each branch of a split: passes records on.
template <class K, class V>
class PassNode final : public Receiver<K, V> {
 public:
  Result<void> receive(const Record<K, V>& record) override { return this->forward(record); }
};

/// split: hands a record to the child of the first predicate that holds, in the order of the branches; the default
/// branch comes last.
template <class K, class V>
class SplitNode final : public Receiver<K, V> {
 public:
  explicit SplitNode(std::vector<RecordFunction<K, V, bool>> predicates) : predicates_(std::move(predicates)) {}
  Result<void> receive(const Record<K, V>& record) override {
    return this->guarded([&]() -> Result<void> {
      for (std::size_t i = 0; i < predicates_.size(); ++i)
        if (predicates_[i](record)) return static_cast<Receiver<K, V>*>(this->children_[i])->receive(record);
      return {};
    });
  }

 private:
  std::vector<RecordFunction<K, V, bool>> predicates_;
};

/// Widens types: keys or values that cannot be absent flow on into what takes absent ones.
template <class K, class V, class K2, class V2>
class WidenNode final : public Receiver<K, V> {
 public:
  Result<void> receive(const Record<K, V>& record) override {
    if constexpr (std::is_same_v<V, V2>) {
      return this->forward(Record<K2, V2>(K2(record.key), record.value, record.timestamp, record.headers));
    } else if constexpr (std::is_same_v<K, K2>) {
      return this->forward(Record<K2, V2>(record.key, V2(record.value), record.timestamp, record.headers));
    } else {
      return this->forward(Record<K2, V2>(K2(record.key), V2(record.value), record.timestamp, record.headers));
    }
  }
};

/// drop_absent on values: keeps records whose value is present and narrows the type.
template <class K, class V>
class DropAbsentNode final : public Receiver<K, std::optional<V>> {
 public:
  Result<void> receive(const Record<K, std::optional<V>>& record) override {
    if (!record.value) return {};
    return this->forward(Record<K, V>(record.key, *record.value, record.timestamp, record.headers));
  }
};

}  // namespace cryptostream
