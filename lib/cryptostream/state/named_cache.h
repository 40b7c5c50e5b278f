// What one store keeps in its thread's record cache (Kafka Streams' NamedCache).
#pragma once

#include <cryptostream/state/key_index.h>
#include <cryptostream/state/record_cache.h>
#include <cryptostream/state/state_store.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

class NamedCache {
 public:
  /// Never changes while somebody else holds it: what is flushed or iterated over stays as it was.
  struct Content {
    std::string key;
    OptionalBytes value;  ///< null: deleted
    Timestamp timestamp{};
    OwnedRecordContext context;
  };
  using Held = std::shared_ptr<const Content>;
  using HandOn = std::function<Result<void>(const Content&)>;

  /// What Kafka Streams' keys and values have that these do not.
  struct Overhead {
    std::size_t key = 0;
    std::size_t value = 0;
  };
  /// `hand_on` takes each update that leaves.
  NamedCache(RecordCache& cache, Overhead overhead, HandOn hand_on);
  ~NamedCache();
  NamedCache(const NamedCache&) = delete;
  NamedCache& operator=(const NamedCache&) = delete;

  /// Null if the cache knows nothing of the key; valid until the next call. Counts as a use.
  const Content* get(BytesView key);
  /// An update, to be handed on behind all that came before it. May hand on others, or all, for want of room.
  Result<void> put(BytesView key, OptionalBytesView value, Timestamp timestamp, const RecordContext& context);
  /// What the store holds, to be found faster. May hand on updates for want of room, and be gone at once.
  Result<void> remember(BytesView key, BytesView value, Timestamp timestamp);
  /// Hands all updates on, in the order in which they were last put.
  Result<void> flush() { return flush(nullptr); }
  /// Keys in [from, to), null: unbounded, in their order. Counts as a use of each.
  std::vector<Held> range(OptionalBytesView from, OptionalBytesView to);

 private:
  struct Node : IndexedKey {
    std::shared_ptr<Content> content;
    std::size_t bytes = 0;
    bool dirty = false;
    std::list<Node>::iterator used_at;
    std::list<Node*>::iterator dirty_at;
  };

  std::size_t reckoned(const Content& content) const;
  Node& set(BytesView key, OptionalBytesView value, Timestamp timestamp, const RecordContext& context);
  Result<void> make_room();
  Result<void> flush(Held evicted);
  void forget(Node& node);
  void account(Node& node, std::size_t bytes);

  RecordCache& cache_;
  Overhead overhead_;
  HandOn hand_on_;
  KeyIndex index_;
  std::list<Node> nodes_;   // the last used first
  std::list<Node*> dirty_;  // the first put first
};

}  // namespace cryptostream
