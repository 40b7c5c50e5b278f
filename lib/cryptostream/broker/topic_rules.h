// What every broker asks of topics and records, so that a program that runs on one runs on the others.
#pragma once

#include <cryptostream/broker/broker.h>

#include <optional>
#include <string>

namespace cryptostream {

/// Kafka's rules: 1 to 249 characters of a-z A-Z 0-9 . _ -, not "." or "..", at least one partition. Errors:
/// configuration.
Result<void> check_topic_spec(const TopicSpec& spec);

/// Whether a topic that is there already may stand for `spec`. Errors: configuration.
Result<void> check_existing_topic(const TopicSpec& spec, const TopicInfo& existing);

/// Bytes of key, value and headers together.
std::size_t record_bytes(const OutgoingRecord& record);

// Errors in the same words on every broker.
Error unknown_topic(const TopicPartition& partition, const std::optional<TopicInfo>& topic, const std::string& broker);
Error offset_out_of_range(const TopicPartition& partition, std::int64_t offset, OffsetRange range);
Error topic_replaced(const std::string& topic);
Error record_too_large(const TopicPartition& partition, std::size_t bytes, std::size_t most);
Error producer_fenced(const std::string& transactional_id);
Error no_longer_member(const std::string& group);
Error wrong_transaction_state(const char* call, bool inside);

/// 32 random hexadecimal digits.
std::string random_id();

}  // namespace cryptostream
