// Whether a group has read all that there was: for --once.
#pragma once

#include <cryptostream/broker/broker.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cryptostream::tool {

/// True once the group has read all that was in the topics when this was made. Topics that do not exist are empty.
class ReachedEnd {
 public:
  static Result<ReachedEnd> of(Broker& broker, const std::vector<std::string>& topics, std::string group);

  bool operator()(Broker& broker) const;

 private:
  static Result<std::int64_t> behind_last_record(Broker& broker, const TopicPartition& at, OffsetRange range);

  std::string group_;
  std::map<TopicPartition, std::int64_t> ends_;
};

}  // namespace cryptostream::tool
