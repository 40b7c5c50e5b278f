#include <cryptostream/broker/topic_rules.h>

#include <algorithm>
#include <random>

namespace cryptostream {

Result<void> check_topic_spec(const TopicSpec& spec) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (spec.name.empty() || spec.name.size() > 249 || spec.name == "." || spec.name == ".." ||
      !std::all_of(spec.name.begin(), spec.name.end(), allowed))
    return fail(
        ErrorKind::configuration,
        fmt::format("\"{}\" is no topic name: use 1 to 249 letters, digits, \".\", \"_\" and \"-\"", spec.name));
  if (spec.partitions < 1)
    return fail(ErrorKind::configuration,
                fmt::format("topic \"{}\" needs at least one partition, {} asked for", spec.name, spec.partitions));
  return {};
}

Result<void> check_existing_topic(const TopicSpec& spec, const TopicInfo& existing) {
  if (existing.partitions < spec.partitions)
    return fail(
        ErrorKind::configuration,
        fmt::format("topic \"{}\" exists with {} partitions, {} are needed: choose another name, or delete it first",
                    spec.name, existing.partitions, spec.partitions));
  if (existing.compacted != spec.compacted)
    return fail(
        ErrorKind::configuration,
        fmt::format("topic \"{}\" exists and is {}compacted, but a topic that is {}compacted is needed: choose another "
                    "name, or delete it first",
                    spec.name, existing.compacted ? "" : "not ", spec.compacted ? "" : "not "));
  return {};
}

std::size_t record_bytes(const OutgoingRecord& record) {
  return (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0) +
         record.headers.packed().size();
}

Error unknown_topic(const TopicPartition& partition, const std::optional<TopicInfo>& topic, const std::string& broker) {
  if (topic && partition.partition >= 0)
    return {ErrorKind::configuration, fmt::format("topic \"{}\" has {} partitions, there is no partition {} ({})",
                                                  partition.topic, topic->partitions, partition.partition, broker)};
  return {ErrorKind::configuration,
          fmt::format("there is no topic \"{}\" on {}: create it first", partition.topic, broker)};
}

Error offset_out_of_range(const TopicPartition& partition, std::int64_t offset, OffsetRange range) {
  return {
      ErrorKind::failure,
      fmt::format(
          "offset out of range: position {} of topic \"{}\" partition {} lies {} the log, which holds {} to {}; the "
          "log was {}",
          offset, partition.topic, partition.partition, offset < range.begin ? "below" : "past the end of", range.begin,
          range.end, offset < range.begin ? "trimmed by retention before this was read" : "replaced or lost records")};
}

Error topic_replaced(const std::string& topic) {
  return {ErrorKind::failure,
          fmt::format(
              "topic \"{}\" was deleted while it was in use; positions in it mean nothing any more, even if a topic of "
              "this name exists again",
              topic)};
}

Error record_too_large(const TopicPartition& partition, std::size_t bytes, std::size_t most) {
  return {ErrorKind::bad_record,
          fmt::format("a record of {} bytes for topic \"{}\" is larger than the log takes ({} bytes)", bytes,
                      partition.topic, most)};
}

Error producer_fenced(const std::string& transactional_id) {
  return {
      ErrorKind::fenced,
      fmt::format("transactional id \"{}\" was taken over by a newer producer: this one must stop", transactional_id)};
}

Error no_longer_member(const std::string& group) {
  return {ErrorKind::fenced, fmt::format("this process is no longer a member of group \"{}\"", group)};
}

Error wrong_transaction_state(const char* call, bool inside) {
  return {ErrorKind::internal, fmt::format("{} called {} a transaction", call, inside ? "inside" : "outside of")};
}

std::string random_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

}  // namespace cryptostream
