// A node: one operator at work in one task. Nodes hand records to their children depth first, borrowed by reference.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/record.h>
#include <cryptostream/graph/context.h>

#include <string>
#include <vector>

namespace cryptostream {

/// Base of all nodes. The typed DSL made the edges, so children are cast statically to the Receiver of what is
/// forwarded.
class Node {
 public:
  virtual ~Node() = default;

  /// Called once before the first record, parents after children.
  virtual Result<void> start(TaskContext& context) {
    context_ = &context;
    return {};
  }

  void add_child(Node& child) { children_.push_back(&child); }
  void set_name(const std::string& name) { name_ = &name; }
  const std::string& name() const { return *name_; }

 protected:
  template <class K, class V>
  Result<void> forward(const Record<K, V>& record) const;

  /// A bad record of this node, for the policy of `place`.
  tl::unexpected<Error> refuse(Place place, std::string_view what) const;

  TaskContext* context_ = nullptr;
  std::vector<Node*> children_;

 private:
  const std::string* name_ = nullptr;  // lives in the topology
};

/// A node that takes records of K and V.
template <class K, class V>
class Receiver : public Node {
 public:
  /// Handles one record; when it returns, the record is done with but for what caches and buffers hold.
  virtual Result<void> receive(const Record<K, V>& record) = 0;

 protected:
  /// Runs `body`, which calls the user's function and forwards. Exceptions of functions further down were caught at
  /// their own nodes.
  template <class Body>
  Result<void> guarded(const Body& body) const {
    try {
      return body();
    } catch (const std::exception& error) {
      return this->refuse(Place::function, error.what());
    } catch (...) {
      return this->refuse(Place::function, "threw something that is no std::exception");
    }
  }
};

template <class K, class V>
Result<void> Node::forward(const Record<K, V>& record) const {
  for (Node* child : children_) CRYPTOSTREAM_TRY((static_cast<Receiver<K, V>*>(child)->receive(record)));
  return {};
}

}  // namespace cryptostream
