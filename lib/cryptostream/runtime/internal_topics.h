// The topics that an application makes for itself: how many partitions each needs, and their settings.
#pragma once

#include <cryptostream/runtime/task.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cryptostream {

/// A topic as it has to be, by its name in the log.
struct InternalTopicPlan {
  std::map<std::string, TopicSpec> repartitions{};  ///< repartition topics and those in front of sinks
  std::map<std::string, TopicSpec> changelogs{};
  std::map<std::string, std::int32_t> inputs{};  ///< partitions of every input topic of every sub-topology
  /// How many tasks each sub-topology has for its topics: as many as the largest has partitions.
  std::vector<std::int32_t> tasks{};
};

/// Works out how many partitions each internal topic needs: as many as the topics that feed it, and within a group of
/// topics that are joined the most of any. Asks the broker about the topics that are not internal. Errors
/// (configuration): one of them does not exist; the numbers of partitions of topics that are joined differ.
Result<InternalTopicPlan> plan_internal_topics(const TaskEnvironment& environment);

/// The names of the broker's topics that a source's pattern may match: not this application's own, nor Kafka's.
Result<std::vector<std::string>> topics_for_patterns(const TaskEnvironment& environment);

/// Makes those of the plan that are not there. Errors (configuration): one exists with another number of partitions.
Result<void> make_internal_topics(const TaskEnvironment& environment, const InternalTopicPlan& plan);

}  // namespace cryptostream
