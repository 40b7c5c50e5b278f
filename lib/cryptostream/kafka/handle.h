// librdkafka's objects with owners, and its errors as ours.
#pragma once

#include <cryptostream/kafka/kafka.h>

#include <librdkafka/rdkafka.h>

#include <initializer_list>
#include <utility>

namespace cryptostream::kafka {

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
/// Leaves no group, as a crash would not.
struct DropClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }
};
struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct DestroyPartitions {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};
struct DestroyMessage {
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
struct DestroyError {
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
};
struct DestroyGroupMetadata {
  void operator()(rd_kafka_consumer_group_metadata_t* metadata) const { rd_kafka_consumer_group_metadata_destroy(metadata); }
};

using Client = std::unique_ptr<rd_kafka_t, DestroyClient>;
using MemberClient = std::unique_ptr<rd_kafka_t, DropClient>;
using Conf = std::unique_ptr<rd_kafka_conf_t, DestroyConf>;
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyPartitions>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;
using Message = std::unique_ptr<rd_kafka_message_t, DestroyMessage>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, DestroyError>;
using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t, DestroyGroupMetadata>;

/// What all clients of a broker share.
struct Cluster {
  KafkaOptions options;
  std::string name;  // "Kafka host:port", for messages
  int timeout_ms() const { return static_cast<int>(options.request_timeout.count()); }
};
using ClusterPtr = std::shared_ptr<const Cluster>;

using Settings = std::initializer_list<std::pair<const char*, std::string>>;

/// A client's configuration: the user's properties and then `settings`. Errors: configuration.
Result<Conf> make_conf(const Cluster& cluster, Settings settings);
/// Errors: configuration.
Result<rd_kafka_t*> make_client(const Cluster& cluster, rd_kafka_type_t type, Conf conf);

/// The error of `doing` ("write to topic \"t\"") on this cluster.
Error error_of(const Cluster& cluster, rd_kafka_resp_err_t code, std::string_view doing, std::string_view details = {});
ErrorKind kind_of(rd_kafka_resp_err_t code);

/// A list of partitions with offsets and their texts.
Partitions partition_list(const Offsets& offsets);

/// What the cluster says about one topic; nothing if it does not exist.
Result<std::optional<std::int32_t>> partition_count(const Cluster& cluster, rd_kafka_t* client, const std::string& topic);
/// Errors: configuration, if there is no such partition.
Result<void> check_partition(const Cluster& cluster, rd_kafka_t* client, const TopicPartition& partition);

/// The internal topic whose partitions stand for the units of `group`.
inline std::string control_topic(const std::string& group) { return group + "-tasks"; }

Result<std::unique_ptr<Consumer>> make_consumer(ClusterPtr cluster, Isolation isolation);
Result<std::unique_ptr<Producer>> make_producer(ClusterPtr cluster, const ProducerOptions& options);
/// Joins after the control topic was made with enough partitions.
Result<std::unique_ptr<Group>> make_group(ClusterPtr cluster, const GroupOptions& options);

/// What a transaction needs of the group it commits offsets for.
struct Membership {
  GroupMetadata metadata;
  TopicPartition control;   // an offset of it commits with each transaction, so that one without inputs is fenced too
  std::string fingerprint;  // the control offset's text
};
/// Errors: fenced (left), configuration (a group of another log), unavailable.
Result<Membership> membership_of(Group& group, const Cluster& cluster);

}  // namespace cryptostream::kafka
