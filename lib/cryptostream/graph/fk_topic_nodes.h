// The nodes of a foreign-key join that know bytes only: those at its two topics, and the one that keeps subscriptions.
#pragma once

#include <cryptostream/graph/fk_messages.h>
#include <cryptostream/graph/node.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace cryptostream {

/// Chooses one of `partitions` for an encoded key. Empty: the default.
using FkPartitioner = std::function<Result<std::int32_t>(BytesView key, std::int32_t partitions)>;

/// Sends to one of the two topics, into a partition that the partitioner or the message names.
template <class K, class V>
class FkSinkNode : public Receiver<K, V> {
 public:
  FkSinkNode(std::string topic, FkPartitioner partitioner)
      : topic_name_(std::move(topic)), partitioner_(std::move(partitioner)) {}
  Result<void> start(TaskContext& context) override;

 protected:
  /// `wanted`: the partition, where there is no partitioner.
  Result<void> send(OptionalBytesView key, BytesView value, std::optional<std::int32_t> wanted, Timestamp time,
                    HeadersView headers);

 private:
  std::string topic_name_;
  FkPartitioner partitioner_;

 protected:
  OutputTopic* topic_ = nullptr;
};

/// Takes subscriptions by their encoded foreign keys.
class FkSubscriptionSinkNode final : public FkSinkNode<OptionalBytesView, FkSubscription> {
 public:
  /// `decisive` gives the part of a key that decides its partition, where there is no partitioner: of a windowed key
  /// the key alone, as the right table's topics have it.
  FkSubscriptionSinkNode(std::string topic, FkPartitioner partitioner, std::function<BytesView(BytesView)> decisive)
      : FkSinkNode(std::move(topic), std::move(partitioner)), decisive_(std::move(decisive)) {}
  Result<void> receive(const Record<OptionalBytesView, FkSubscription>& record) override;

 private:
  std::function<BytesView(BytesView)> decisive_;
  std::string bytes_;
};

/// Takes responses by their encoded primary keys.
class FkResponseSinkNode final : public FkSinkNode<BytesView, FkResponse> {
 public:
  using FkSinkNode::FkSinkNode;
  Result<void> receive(const Record<BytesView, FkResponse>& record) override;

 private:
  std::string bytes_;
};

/// Gives Record<OptionalBytes, FkSubscription>.
std::unique_ptr<Node> make_fk_subscription_source();
/// Gives Record<Bytes, FkReceivedResponse>.
std::unique_ptr<Node> make_fk_response_source();

/// Keeps subscriptions, or forgets them, and hands all of them on.
class FkReceiveNode final : public Receiver<OptionalBytes, FkSubscription> {
 public:
  explicit FkReceiveNode(std::string store) : store_name_(std::move(store)) {}
  Result<void> start(TaskContext& context) override;
  Result<void> receive(const Record<OptionalBytes, FkSubscription>& record) override;

 private:
  std::string store_name_;
  KeyValueStore* store_ = nullptr;
  std::string key_, value_;
};

/// Finds the store of subscriptions. Errors: internal.
Result<KeyValueStore*> fk_subscription_store(TaskContext& context, const std::string& name);

}  // namespace cryptostream
