// Table<K, V>: a handle on a changing value for each key, and the operators on it.
#pragma once

#include <cryptostream/dsl/handles.h>
#include <cryptostream/dsl/options.h>
#include <cryptostream/dsl/stream.h>

#include <utility>

namespace cryptostream {

/// The latest value V of each key K; a null value deletes. Copies are handles on the same table.
template <class K, class V>
class Table {
 public:
  using Key = K;
  using Value = V;

  explicit Table(TableInner<K, V> inner) : inner_(std::move(inner)) {}

  /// Not for users: for operators of this library in other headers.
  const TableInner<K, V>& inner() const { return inner_; }

 protected:
  TableInner<K, V> inner_;
};

/// A table that never deletes: what it gives as a stream has no nulls.
template <class K, class V>
class LastingTable : public Table<K, V> {
 public:
  using Table<K, V>::Table;
};

/// A table that every process holds whole, read from its topic before anything else starts. Only streams join with it.
template <class K, class V>
class GlobalTable {
 public:
  explicit GlobalTable(GlobalInner<K, V> inner) : inner_(std::move(inner)) {}
  const GlobalInner<K, V>& inner() const { return inner_; }

 private:
  GlobalInner<K, V> inner_;
};

}  // namespace cryptostream
