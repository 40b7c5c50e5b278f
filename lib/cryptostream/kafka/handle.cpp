#include <cryptostream/kafka/handle.h>

#include <cryptostream/broker/topic_rules.h>
#include <cryptostream/core/log.h>

#include <algorithm>
#include <array>
#include <thread>

namespace cryptostream::kafka {
namespace {

constexpr std::array own_properties{"bootstrap.servers", "metadata.broker.list", "group.id", "group.instance.id", "isolation.level",
                                    "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof",
                                    "enable.idempotence", "acks", "request.required.acks", "transactional.id",
                                    "partition.assignment.strategy", "session.timeout.ms", "transaction.timeout.ms"};

void log_message(const rd_kafka_t*, int level, const char*, const char* text) {
  constexpr int warning = 4, notice = 5;
  log_line(level < warning ? LogLevel::warning : level <= notice ? LogLevel::info : LogLevel::debug, "kafka", text);
}

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> text{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text.data(), text.size()) == RD_KAFKA_CONF_OK) return {};
  std::string why(text.data());
  if (auto at = value.empty() ? why.npos : why.find(value); at != why.npos) why.replace(at, value.size(), "...");  // may be a secret
  return fail(ErrorKind::configuration, fmt::format("Kafka property {}: {}", name, why));
}

}  // namespace

Result<Conf> make_conf(const Cluster& cluster, Settings settings) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), log_message);
  CRYPTOSTREAM_TRY(set(conf.get(), "bootstrap.servers", cluster.options.brokers));
  CRYPTOSTREAM_TRY(set(conf.get(), "client.id", "cryptostream"));
  CRYPTOSTREAM_TRY(set(conf.get(), "log.connection.close", "false"));
  for (auto& [name, value] : settings) CRYPTOSTREAM_TRY(set(conf.get(), name, value));
  for (auto& [name, value] : cluster.options.properties) {
    if (std::find(own_properties.begin(), own_properties.end(), name) != own_properties.end())
      return fail(ErrorKind::configuration, fmt::format("Kafka property {} cannot be set: what is promised rests on it", name));
    CRYPTOSTREAM_TRY(set(conf.get(), name, value));
  }
  return conf;
}

Result<rd_kafka_t*> make_client(const Cluster& cluster, rd_kafka_type_t type, Conf conf) {
  std::array<char, 512> text{};
  auto* client = rd_kafka_new(type, conf.get(), text.data(), text.size());
  if (client == nullptr) return fail(ErrorKind::configuration, fmt::format("{}: {}", cluster.name, text.data()));
  (void)conf.release();  // the client's now
  return client;
}

ErrorKind kind_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
      return ErrorKind::fenced;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
      return ErrorKind::bad_record;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
      return ErrorKind::configuration;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
      return ErrorKind::permission;
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR__CONFLICT:
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return ErrorKind::temporary;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__NODE_UPDATE:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
      return ErrorKind::unavailable;
    default:
      return ErrorKind::failure;
  }
}

Error error_of(const Cluster& cluster, rd_kafka_resp_err_t code, std::string_view doing, std::string_view details) {
  return {kind_of(code), fmt::format("{}: cannot {}: {} ({})", cluster.name, doing, details.empty() ? rd_kafka_err2str(code) : details,
                                     rd_kafka_err2name(code))};
}

Partitions partition_list(const Offsets& offsets) {
  Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (auto& [partition, committed] : offsets) {
    auto* entry = rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition);
    entry->offset = committed.offset;
    if (committed.metadata.empty()) continue;
    entry->metadata = rd_kafka_mem_malloc(nullptr, committed.metadata.size());  // the list frees it
    std::copy(committed.metadata.begin(), committed.metadata.end(), static_cast<char*>(entry->metadata));
    entry->metadata_size = committed.metadata.size();
  }
  return list;
}

Result<std::optional<std::int32_t>> partition_count(const Cluster& cluster, rd_kafka_t* client, const std::string& topic) {
  TopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  if (!handle) return fail(error_of(cluster, rd_kafka_last_error(), fmt::format("look for topic \"{}\"", topic)));
  const rd_kafka_metadata_t* answer = nullptr;
  if (auto code = rd_kafka_metadata(client, 0, handle.get(), &answer, cluster.timeout_ms()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(error_of(cluster, code, fmt::format("look for topic \"{}\"", topic)));
  Metadata metadata(answer);
  if (metadata->topic_cnt != 1) return std::optional<std::int32_t>();
  auto& found = metadata->topics[0];
  if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || found.err == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
    return std::optional<std::int32_t>();
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR && found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    return fail(error_of(cluster, found.err, fmt::format("look for topic \"{}\"", topic)));
  return std::optional<std::int32_t>(found.partition_cnt);
}

Result<void> check_partition(const Cluster& cluster, rd_kafka_t* client, const TopicPartition& partition) {
  std::optional<std::int32_t> count;
  // A broker may hear a little late of what was just made.
  for (auto wait : {20, 80, 200, 0}) {
    CRYPTOSTREAM_TRY_ASSIGN(count, partition_count(cluster, client, partition.topic));
    if (count && partition.partition >= 0 && partition.partition < *count) return {};
    if (partition.partition < 0) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(wait));
  }
  std::optional<TopicInfo> info;
  if (count) info = TopicInfo{partition.topic, {}, *count, false};
  return fail(unknown_topic(partition, info, cluster.name));
}

}  // namespace cryptostream::kafka
