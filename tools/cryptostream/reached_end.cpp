#include "reached_end.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace cryptostream::tool {

Result<ReachedEnd> ReachedEnd::of(Broker& broker, const std::vector<std::string>& topics, std::string group) {
  ReachedEnd reached;
  reached.group_ = std::move(group);
  for (const auto& topic : topics) {
    CRYPTOSTREAM_TRY_ASSIGN(auto info, broker.topic(topic));
    for (std::int32_t partition = 0; info && partition < info->partitions; ++partition) {
      TopicPartition at{topic, partition};
      CRYPTOSTREAM_TRY_ASSIGN(auto range, broker.offsets(at, Isolation::read_committed));
      if (range.end <= range.begin) continue;
      CRYPTOSTREAM_TRY_ASSIGN(auto end, behind_last_record(broker, at, range));
      if (end > range.begin) reached.ends_[at] = end;
    }
  }
  return reached;
}

bool ReachedEnd::operator()(Broker& broker) const {
  auto offsets = broker.group_offsets(group_);
  return offsets && std::all_of(ends_.begin(), ends_.end(), [&](const auto& end) {
           auto found = offsets->find(end.first);
           return found != offsets->end() && found->second.offset >= end.second;
         });
}

/// The end of a partition may be a transaction's marker, which no reader commits.
Result<std::int64_t> ReachedEnd::behind_last_record(Broker& broker, const TopicPartition& at, OffsetRange range) {
  CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker.consumer(Isolation::read_committed));
  std::int64_t end = range.begin;
  for (std::int64_t back : {std::int64_t{2}, std::int64_t{1000}, range.end - range.begin}) {
    CRYPTOSTREAM_TRY(consumer->assign(std::array{Assignment{at, std::max(range.begin, range.end - back)}}));
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!consumer->caught_up(0) && consumer->position(0) < range.end &&
           std::chrono::steady_clock::now() < deadline) {
      CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(1'000, std::chrono::milliseconds(50)));
      if (!records.empty()) end = std::min(range.end, records.back().offset + 1);
    }
    if (end > range.begin) break;
  }
  return end;
}

}  // namespace cryptostream::tool
