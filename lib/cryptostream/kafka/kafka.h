// A log that is an Apache Kafka cluster.
#pragma once

#include <cryptostream/broker/broker.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

namespace cryptostream {

struct KafkaOptions {
  std::string brokers;  ///< "host:port,host2:port2": where to ask first; the others are learned from there
  /// librdkafka's properties (TLS, SASL, timeouts), for all clients alike; before the defaults of this library. Those
  /// that its guarantees rest on (isolation.level, enable.idempotence, group.id and the like) are refused.
  std::map<std::string, std::string> properties{};
  /// Bytes that each Consumer keeps of records fetched ahead, over all its partitions; a fetch may overshoot it once.
  std::size_t fetch_memory = std::size_t{64} << 20;
  /// Larger records (key, value and headers together) are refused as bad_record; the cluster's message.max.bytes must
  /// allow them.
  std::size_t max_record_bytes = 1'000'000;
  /// After how long without a sign a member of a group is dead; a member with an instance name may restart within it
  /// unnoticed.
  std::chrono::milliseconds session_timeout{45'000};
  /// An open transaction older than this is aborted by the cluster.
  std::chrono::milliseconds transaction_timeout{60'000};
  /// How long a question to the cluster may take before the answer is `unavailable`.
  std::chrono::milliseconds request_timeout{30'000};
};

/// A cluster as a log; it is asked for the first time by the first call. Throws std::invalid_argument for options that
/// cannot work. What Kafka does differently from the other logs: docs/kafka.md.
std::shared_ptr<Broker> kafka_broker(KafkaOptions options);

}  // namespace cryptostream
