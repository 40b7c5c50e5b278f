#include <cryptostream/graph/fk_topic_nodes.h>
#include <cryptostream/graph/topic_nodes.h>

#include <fmt/format.h>

namespace cryptostream {
namespace {

struct SubscriptionSerde {
  void encode(const FkSubscription& subscription, std::string& out) const { append_subscription(subscription, out); }
  Result<void> decode(BytesView bytes, FkSubscription& into) const { return read_subscription(bytes, into); }
};

struct ResponseSerde {
  void encode(const FkReceivedResponse& response, std::string& out) const {
    append_response({response.hash, response.value, {}}, out);
  }
  Result<void> decode(BytesView bytes, FkReceivedResponse& into) const { return read_response(bytes, into); }
};

}  // namespace

template <class K, class V>
Result<void> FkSinkNode<K, V>::start(TaskContext& context) {
  CRYPTOSTREAM_TRY(Node::start(context));
  CRYPTOSTREAM_TRY_ASSIGN(topic_, context.output(topic_name_));
  return {};
}

template <class K, class V>
Result<void> FkSinkNode<K, V>::send(OptionalBytesView key, BytesView value, std::optional<std::int32_t> wanted,
                                    Timestamp time, HeadersView headers) {
  auto partitions = static_cast<std::int32_t>(topic_->partitions.size());
  if (partitioner_ && key) {
    try {
      auto chosen = partitioner_(*key, partitions);
      if (!chosen) return this->refuse(Place::function, chosen.error().message());
      wanted = *chosen;
    } catch (const std::exception& error) {
      return this->refuse(Place::function, error.what());
    }
  }
  if (wanted && (*wanted < 0 || *wanted >= partitions))
    return this->refuse(Place::encode, fmt::format("partition {} of topic \"{}\" is asked for, which has {}", *wanted,
                                                   topic_name_, partitions));
  auto sent = wanted ? this->context_->send_to(*topic_, *wanted, key, value, time, headers)
                     : this->context_->send(*topic_, key, value, time, headers);
  if (!sent && sent.error().kind() == ErrorKind::bad_record) return this->refuse(Place::encode, sent.error().message());
  return sent;
}

template class FkSinkNode<OptionalBytesView, FkSubscription>;
template class FkSinkNode<BytesView, FkResponse>;

Result<void> FkSubscriptionSinkNode::receive(const Record<OptionalBytesView, FkSubscription>& record) {
  bytes_.clear();
  append_subscription(record.value, bytes_);
  std::optional<std::int32_t> partition;
  if (record.key) partition = context_->partition_for(*topic_, decisive_(*record.key));
  return send(record.key, bytes_, partition, record.timestamp, record.headers);
}

Result<void> FkResponseSinkNode::receive(const Record<BytesView, FkResponse>& record) {
  bytes_.clear();
  append_response(record.value, bytes_);
  return send(record.key, bytes_, record.value.partition, record.timestamp, record.headers);
}

std::unique_ptr<Node> make_fk_subscription_source() {
  return std::make_unique<TypedSourceNode<OptionalBytes, FkSubscription>>(Serde<std::string>(StringSerde()),
                                                                          Serde<FkSubscription>(SubscriptionSerde()));
}

std::unique_ptr<Node> make_fk_response_source() {
  return std::make_unique<TypedSourceNode<Bytes, FkReceivedResponse>>(Serde<std::string>(StringSerde()),
                                                                      Serde<FkReceivedResponse>(ResponseSerde()));
}

Result<KeyValueStore*> fk_subscription_store(TaskContext& context, const std::string& name) {
  CRYPTOSTREAM_TRY_ASSIGN(auto* store, context.store(name));
  auto* found = dynamic_cast<KeyValueStore*>(store);
  if (!found) return fail(ErrorKind::internal, "store " + name + " is no key-value store");
  return found;
}

Result<void> FkReceiveNode::start(TaskContext& context) {
  CRYPTOSTREAM_TRY(Node::start(context));
  CRYPTOSTREAM_TRY_ASSIGN(store_, fk_subscription_store(context, store_name_));
  return {};
}

Result<void> FkReceiveNode::receive(const Record<OptionalBytes, FkSubscription>& record) {
  const auto& subscription = record.value;
  if (!record.key) {
    // Left joins respond to what has no foreign key: that there is no value.
    if (subscription.instruction == FkInstruction::respond_always) return forward(record);
    context_->drop("it has no foreign key");
    return {};
  }
  key_.clear();
  append_subscription_key(*record.key, subscription.primary_key, key_);
  bool keeps = subscription.instruction == FkInstruction::respond_always ||
               subscription.instruction == FkInstruction::respond_present;
  OptionalBytesView kept;
  if (keeps) {
    value_.clear();
    append_subscription(subscription, value_);
    kept = value_;
  }
  CRYPTOSTREAM_TRY(store_->put(key_, kept, record.timestamp, context_->context_of(record.timestamp, record.headers)));
  return forward(record);
}

}  // namespace cryptostream
