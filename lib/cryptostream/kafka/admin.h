// Questions to the cluster's admin interface, one at a time.
#pragma once

#include <cryptostream/kafka/handle.h>

namespace cryptostream::kafka {

/// A client that asks. Thread-safe.
class Admin {
 public:
  static Result<std::unique_ptr<Admin>> open(ClusterPtr cluster);

  Result<std::string> cluster_id();
  /// Internal topics of Kafka itself (two underscores before the name) are left out.
  Result<std::vector<TopicInfo>> topics();
  Result<std::optional<TopicInfo>> topic(const std::string& name);
  Result<void> create(const TopicSpec& spec);
  /// Makes the topic have at least so many partitions.
  Result<void> grow(const std::string& topic, std::int32_t partitions);
  Result<void> remove(const std::string& name);
  Result<std::vector<std::string>> groups();
  Result<Offsets> group_offsets(const std::string& group);
  Result<std::vector<std::string>> group_members(const std::string& group);
  rd_kafka_t* client() { return client_.get(); }

 private:
  explicit Admin(ClusterPtr cluster) : cluster_(std::move(cluster)) {}

  /// Calls `ask(options, queue)` and waits for the answer.
  template <class Ask>
  Result<Event> answer(rd_kafka_admin_op_t operation, std::string_view doing, Ask ask);
  Result<void> read_compaction(std::vector<TopicInfo>& topics);
  Result<void> await_partitions(const std::string& topic, std::int32_t partitions);

  ClusterPtr cluster_;
  Client client_;
};

}  // namespace cryptostream::kafka
