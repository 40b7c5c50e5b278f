#include <cryptostream/runtime/internal_topics.h>
#include <cryptostream/runtime/source_positions.h>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace cryptostream {
namespace {

using Counts = std::map<std::string, std::int32_t>;

Result<Counts> counts_of_existing(const TaskEnvironment& environment) {
  Counts counts;
  for (const auto& part : environment.topology.sub_topologies())
    for (const auto& topic : part.topics) {
      if (environment.topology.internal(topic) || counts.contains(topic)) continue;
      CRYPTOSTREAM_TRY_ASSIGN(auto info, environment.broker.topic(topic));
      if (!info)
        return fail(ErrorKind::configuration,
                    fmt::format("topic \"{}\" does not exist in the {}: create it, or start what writes it first",
                                topic, environment.broker.description()));
      counts[topic] = info->partitions;
    }
  return counts;
}

// What the sub-topologies that write `topic` have as input, as far as it is known.
std::int32_t partitions_upstream(const Topology& topology, const std::string& topic, const Counts& counts) {
  std::int32_t most = 0;
  for (const auto& part : topology.sub_topologies()) {
    bool writes = std::any_of(part.nodes.begin(), part.nodes.end(), [&](auto id) {
      const auto& node = topology.nodes()[id];
      return node.kind == NodeSpec::Kind::sink_topic &&
             std::find(node.topics.begin(), node.topics.end(), topic) != node.topics.end();
    });
    if (!writes) continue;
    for (const auto& input : part.topics)
      if (auto found = counts.find(input); found != counts.end()) most = std::max(most, found->second);
    for (auto id : part.nodes)
      if (const auto& source = topology.nodes()[id].source) most = std::max(most, source->partitions());
  }
  return most;
}

// True unless the topic is the topology's own and nobody said how many partitions it shall have.
bool fixed(const Topology& topology, const std::string& topic) {
  auto found = std::find_if(topology.internal_topics().begin(), topology.internal_topics().end(),
                            [&](const auto& candidate) { return candidate.name == topic; });
  return found == topology.internal_topics().end() || found->partitions.has_value();
}

// The counts of those internal topics that are read together with a fixed one, whatever feeds them: the two topics of a
// foreign-key join have those of the table to which they lead.
Counts decided_counts(const Topology& topology, const Counts& counts) {
  Counts decided;
  for (const auto& group : topology.copartitioned()) {
    std::int32_t most = 0;
    for (const auto& topic : group)
      if (auto known = counts.find(topic); known != counts.end() && fixed(topology, topic))
        most = std::max(most, known->second);
    for (const auto& topic : group)
      if (most > 0 && !fixed(topology, topic)) decided[topic] = most;
  }
  return decided;
}

// Topics that are read together, but not joined, may differ: the tasks beyond the smaller ones do without those.
Result<void> expect_copartitioned(const Topology& topology, const Counts& counts) {
  for (const auto& group : topology.copartitioned())
    for (const auto& topic : group) {
      auto first = counts.at(group.front()), count = counts.at(topic);
      if (count != first)
        return fail(ErrorKind::configuration,
                    fmt::format("topics that are joined have different numbers of partitions ({} has {}, {} has {}): "
                                "make them equal, or put repartition() behind one of them",
                                group.front(), first, topic, count));
    }
  return {};
}

}  // namespace

Result<InternalTopicPlan> plan_internal_topics(const TaskEnvironment& environment) {
  const auto& topology = environment.topology;
  CRYPTOSTREAM_TRY_ASSIGN(auto counts, counts_of_existing(environment));
  for (const auto& topic : topology.internal_topics())
    if (topic.partitions) counts[topic.name] = *topic.partitions;
  auto decided = decided_counts(topology, counts);
  counts.insert(decided.begin(), decided.end());
  for (bool changed = true; changed;) {
    changed = false;
    auto raise = [&](const std::string& topic, std::int32_t to) {
      if (to <= counts[topic] || fixed(topology, topic) || decided.contains(topic)) return;
      counts[topic] = to;
      changed = true;
    };
    for (const auto& topic : topology.internal_topics())
      raise(topic.name, partitions_upstream(topology, topic.name, counts));
    for (const auto& group : topology.copartitioned()) {
      std::int32_t most = 0;
      for (const auto& topic : group) most = std::max(most, counts[topic]);
      for (const auto& topic : group) raise(topic, most);
    }
  }
  CRYPTOSTREAM_TRY(expect_copartitioned(topology, counts));
  InternalTopicPlan plan;
  for (const auto& topic : topology.internal_topics()) {
    TopicSpec spec;
    spec.name = environment.real_topic(topic.name);
    spec.partitions = std::max(counts[topic.name], std::int32_t{1});
    counts[topic.name] = spec.partitions;
    if (topic.use != InternalTopic::Use::in_front_of_sink) {
      spec.retention = std::chrono::milliseconds(-1);
      spec.settings = {{"cleanup.policy", "delete"},
                       {"message.timestamp.type", "CreateTime"},
                       {"segment.bytes", "52428800"},
                       {"retention.ms", "-1"}};
    }
    plan.repartitions[spec.name] = std::move(spec);
  }
  for (std::size_t i = 0; i < topology.sub_topologies().size(); ++i) {
    const auto& part = topology.sub_topologies()[i];
    std::int32_t tasks = 0;
    for (const auto& topic : part.topics) {
      auto count = counts.at(topic);
      tasks = std::max(tasks, count);
      plan.inputs[environment.real_topic(topic)] = count;
    }
    plan.tasks.push_back(part.global ? 0 : tasks);
    if (part.global) continue;
    for (const auto& name : part.stores) {
      const auto& store = topology.stores().at(name);
      if (!store.logging || !store.source_topic.empty()) continue;
      TopicSpec spec;
      spec.name = environment.changelog_topic(store);
      spec.partitions = std::max(tasks, std::int32_t{1});
      spec.settings = changelog_settings(store);
      spec.compacted = spec.settings["cleanup.policy"].starts_with("compact");
      plan.changelogs[spec.name] = std::move(spec);
    }
  }
  return plan;
}

Result<std::vector<std::string>> topics_for_patterns(const TaskEnvironment& environment) {
  CRYPTOSTREAM_TRY_ASSIGN(auto topics, environment.broker.topics());
  std::set<std::string> written;
  for (const auto& node : environment.topology.nodes())
    if (node.kind == NodeSpec::Kind::sink_topic && node.internal)
      for (const auto& topic : node.topics) written.insert(environment.real_topic(topic));
  for (const auto& [name, store] : environment.topology.stores())
    if (store.source_topic.empty()) written.insert(environment.changelog_topic(store));
  written.insert(SourcePositions::topic(environment.config.application_id));
  std::vector<std::string> names;
  for (auto& topic : topics)
    if (!topic.name.starts_with("__") && !written.contains(topic.name)) names.push_back(std::move(topic.name));
  return names;
}

Result<void> make_internal_topics(const TaskEnvironment& environment, const InternalTopicPlan& plan) {
  for (const auto* specs : {&plan.repartitions, &plan.changelogs})
    for (const auto& [name, spec] : *specs) {
      CRYPTOSTREAM_TRY_ASSIGN(auto existing, environment.broker.topic(name));
      if (!existing) {
        CRYPTOSTREAM_TRY(environment.broker.create_topic(spec));
      } else if (existing->partitions != spec.partitions) {
        return fail(ErrorKind::configuration,
                    fmt::format("internal topic \"{}\" has {} partitions and needs {}: the topology or its input "
                                "topics have changed; reset the "
                                "application (delete its internal topics), or give it a new application id",
                                name, existing->partitions, spec.partitions));
      }
    }
  return {};
}

}  // namespace cryptostream
