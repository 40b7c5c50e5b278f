// One store's part of the record cache: least recently used entries go first, updates in the order of their last put.
#include <cryptostream/state/named_cache.h>

#include <utility>

namespace cryptostream {

namespace {

// As Kafka Streams reckons: three references, a flag, time, offset and partition.
constexpr std::size_t entry_bytes = 3 * 8 + 1 + 8 + 8 + 4;

void assign(const RecordContext& from, OwnedRecordContext& to) {
  to.timestamp = from.timestamp;
  to.headers.assign(from.headers);
  to.topic.assign(from.topic);
  to.partition = from.partition;
  to.offset = from.offset;
}

}  // namespace

NamedCache::NamedCache(RecordCache& cache, Overhead overhead, HandOn hand_on)
    : cache_(cache), overhead_(overhead), hand_on_(std::move(hand_on)) {}

NamedCache::~NamedCache() {
  for (auto& node : nodes_) cache_.bytes_ -= node.bytes;
}

const NamedCache::Content* NamedCache::get(BytesView key) {
  auto* node = static_cast<Node*>(index_.find(key));
  if (!node) return nullptr;
  nodes_.splice(nodes_.begin(), nodes_, node->used_at);
  return node->content.get();
}

std::size_t NamedCache::reckoned(const Content& content) const {
  auto bytes = entry_bytes + overhead_.key + content.key.size() + content.context.topic.size();
  if (content.value) bytes += overhead_.value + content.value->size();
  for (auto header : content.context.headers.view()) bytes += header.name.size() + header.value.value_or("").size();
  return bytes;
}

NamedCache::Node& NamedCache::set(BytesView key, OptionalBytesView value, Timestamp timestamp,
                                  const RecordContext& context) {
  auto* node = static_cast<Node*>(index_.find(key));
  bool added = node == nullptr;
  if (added) {
    node = &nodes_.emplace_front();
    node->used_at = nodes_.begin();
  } else {
    nodes_.splice(nodes_.begin(), nodes_, node->used_at);
  }
  if (added || node->content.use_count() > 1) {
    auto content = std::make_shared<Content>();
    content->key.assign(key);
    node->key_data = content->key.data();
    node->key_size = content->key.size();
    node->content = std::move(content);
  }
  if (added) index_.add(node);
  auto& content = *node->content;
  if (!value) {
    content.value.reset();
  } else if (content.value) {
    content.value->assign(*value);
  } else {
    content.value.emplace(*value);
  }
  content.timestamp = timestamp;
  assign(context, content.context);
  account(*node, reckoned(content));
  return *node;
}

Result<void> NamedCache::put(BytesView key, OptionalBytesView value, Timestamp timestamp,
                             const RecordContext& context) {
  auto& node = set(key, value, timestamp, context);
  if (node.dirty) {
    dirty_.splice(dirty_.end(), dirty_, node.dirty_at);
  } else {
    node.dirty = true;
    node.dirty_at = dirty_.insert(dirty_.end(), &node);
  }
  return make_room();
}

Result<void> NamedCache::remember(BytesView key, BytesView value, Timestamp timestamp) {
  set(key, value, timestamp, {});
  return make_room();
}

Result<void> NamedCache::make_room() {
  // Only this store gives way, even if others hold more; handing on may have emptied it meanwhile.
  while (cache_.bytes_ > cache_.max_bytes_ && !nodes_.empty()) {
    auto& eldest = nodes_.back();
    Held content = eldest.content;
    bool dirty = eldest.dirty;
    forget(eldest);
    if (dirty) CRYPTOSTREAM_TRY(flush(std::move(content)));
  }
  return {};
}

Result<void> NamedCache::flush(Held evicted) {
  if (!evicted && dirty_.empty()) return {};
  std::vector<Held> leaving;
  std::vector<Held> deleted;
  leaving.reserve(dirty_.size() + 1);
  if (evicted) leaving.push_back(std::move(evicted));
  for (auto* node : dirty_) {
    node->dirty = false;
    leaving.push_back(node->content);
    if (!node->content->value) deleted.push_back(node->content);
  }
  dirty_.clear();  // before anything is handed on, since that may come back here
  for (const auto& content : leaving) CRYPTOSTREAM_TRY(hand_on_(*content));
  for (const auto& content : deleted) {
    auto* node = static_cast<Node*>(index_.find(content->key));
    if (node && node->content == content) forget(*node);
  }
  return {};
}

std::vector<NamedCache::Held> NamedCache::range(OptionalBytesView from, OptionalBytesView to) {
  std::vector<Held> found;
  auto position = from ? index_.lower_bound(*from) : index_.begin();
  for (; position != index_.end(); position = index_.after(position)) {
    auto& node = static_cast<Node&>(index_.at(position));
    if (to && node.key() >= *to) break;
    nodes_.splice(nodes_.begin(), nodes_, node.used_at);
    found.push_back(node.content);
  }
  return found;
}

void NamedCache::forget(Node& node) {
  account(node, 0);
  index_.remove(&node);
  if (node.dirty) dirty_.erase(node.dirty_at);
  nodes_.erase(node.used_at);
}

void NamedCache::account(Node& node, std::size_t bytes) {
  cache_.bytes_ += bytes - node.bytes;
  node.bytes = bytes;
}

}  // namespace cryptostream
