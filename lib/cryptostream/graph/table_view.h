// How other operators read a table: its blueprint side (what build() wires) and its task side (a lookup by key).
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/core/timestamp.h>
#include <cryptostream/graph/context.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cryptostream {

/// A value of a table as a lookup finds it; `value` null: absent. Valid until the next lookup of the same reader.
template <class V>
struct Found {
  const V* value = nullptr;
  Timestamp timestamp{};
};

/// Looks values of a table up, within one task. What is not materialised is computed from what is.
template <class K, class V>
class TableReader {
 public:
  virtual ~TableReader() = default;
  /// Called once, before the first lookup.
  virtual Result<void> start(TaskContext& context) = 0;
  virtual Result<Found<V>> get(const K& key) = 0;
  /// The value that held at `as_of`. Only where versioned().
  virtual Result<Found<V>> get(const K& key, Timestamp as_of) = 0;
  virtual bool versioned() const = 0;
};

/// One table of the blueprint, shared by its handle and by the operators below it. Its settings are final when build()
/// has run; the steps that make a task's nodes read them afterwards.
template <class K, class V>
class TableView {
 public:
  virtual ~TableView() = default;
  /// Asks the table to forward old values along with new ones. `force`: materialise the source for that if need be.
  /// True if it will.
  virtual bool enable_old_values(bool force) = 0;
  /// Makes sure that values can be looked up: materialises the source if nothing in between is. Called by whoever wires
  /// a reader.
  virtual void enable_lookup() = 0;
  virtual std::unique_ptr<TableReader<K, V>> reader() const = 0;
  /// The stores that a reader looks into: the node that reads must be connected to them.
  virtual std::vector<std::string> store_names() const = 0;
};

}  // namespace cryptostream
