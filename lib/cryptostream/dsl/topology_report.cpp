#include <cryptostream/dsl/topology_report.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace cryptostream {
namespace {

std::string names_of(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

std::string kind_of(const StoreSpec& store) {
  switch (store.type) {
    case StoreSpec::Type::key_value:
      return "key-value";
    case StoreSpec::Type::timestamped_key_value:
      if (store.logs_headers) return "subscriptions of a foreign-key join: which keys refer to each foreign key";
      return "table: the latest value of each key, with its time";
    case StoreSpec::Type::window:
      return fmt::format("windows of a join, {} ms kept", store.retention.count());
    case StoreSpec::Type::timestamped_window:
      return fmt::format("windows of {} ms, {} ms kept", store.window_size.count(), store.retention.count());
    case StoreSpec::Type::session:
      return fmt::format("sessions, {} ms kept", store.retention.count());
    case StoreSpec::Type::versioned:
      return fmt::format("versions of each key, {} ms of history", store.retention.count());
    case StoreSpec::Type::suppression:
      return "updates that suppress() holds back";
    case StoreSpec::Type::join_grace:
      return "records that wait for the grace of a join";
    case StoreSpec::Type::unmatched:
      return "records of a join that have found no partner yet";
  }
  return {};
}

std::string_view reason_of(const InternalTopic& topic) {
  switch (topic.use) {
    case InternalTopic::Use::fk_subscriptions:
      return "where a foreign-key join has its foreign keys looked up, asked by";
    case InternalTopic::Use::fk_responses:
      return "values for those who refer to them, from";
    case InternalTopic::Use::repartition:
    case InternalTopic::Use::in_front_of_sink:
      break;
  }
  return "partitioned anew, since the key may have changed before";
}

std::vector<std::string> patterns_of(const Topology& topology, const SubTopology& part) {
  std::vector<std::string> patterns;
  for (auto id : part.nodes)
    if (const auto& pattern = topology.nodes()[id].pattern) patterns.push_back(pattern->text());
  return patterns;
}

// The operators whose records go into `topic`.
std::vector<std::string> writers_of(const Topology& topology, const std::string& topic) {
  std::vector<std::string> writers;
  for (const auto& node : topology.nodes()) {
    if (node.kind != NodeSpec::Kind::sink_topic || node.topics != std::vector{topic}) continue;
    for (auto parent : node.parents) {
      const auto* above = &topology.nodes()[parent];
      // The filter of null keys belongs to the repartition, and is nobody's operator.
      if (above->name.find("FILTER") != std::string::npos && above->parents.size() == 1)
        above = &topology.nodes()[above->parents.front()];
      writers.push_back(above->name);
    }
  }
  return writers;
}

// "KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition" without its number.
std::string without_number(const std::string& name) {
  std::string text;
  for (std::size_t i = 0; i < name.size();) {
    auto end = i;
    while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
    if (end - i == 10) {
      text += '#';
      i = end;
    } else {
      text += name[i++];
    }
  }
  return text;
}

struct NamesOf {
  std::set<std::string> stores;
  std::set<std::string> topics;
};

NamesOf names_in(std::string_view description) {
  NamesOf found;
  auto each = [](std::string_view list, std::set<std::string>& into) {
    while (!list.empty()) {
      auto end = list.find(", ");
      if (auto name = list.substr(0, end); !name.empty()) into.insert(std::string(name));
      if (end == std::string_view::npos) break;
      list.remove_prefix(end + 2);
    }
  };
  auto between = [&](std::string_view line, std::string_view open, std::string_view close) -> std::string_view {
    auto begin = line.find(open);
    if (begin == std::string_view::npos) return {};
    line.remove_prefix(begin + open.size());
    return line.substr(0, line.rfind(close));
  };
  std::set<std::string> read, written;
  while (!description.empty()) {
    auto end = description.find('\n');
    auto line = description.substr(0, end);
    each(between(line, "(stores: [", "])"), found.stores);
    each(between(line, "(topics: [", "])"), read);
    if (auto topic = between(line, "(topic: ", ")"); !topic.empty()) written.insert(std::string(topic));
    if (end == std::string_view::npos) break;
    description.remove_prefix(end + 1);
  }
  std::set_intersection(read.begin(), read.end(), written.begin(), written.end(),
                        std::inserter(found.topics, found.topics.end()));
  return found;
}

std::vector<std::string> minus(const std::set<std::string>& one, const std::set<std::string>& other) {
  std::vector<std::string> rest;
  std::set_difference(one.begin(), one.end(), other.begin(), other.end(), std::back_inserter(rest));
  return rest;
}

bool same_but_for_number(const std::vector<std::string>& old_names, const std::vector<std::string>& new_names) {
  return std::any_of(old_names.begin(), old_names.end(), [&](const auto& old_name) {
    return std::any_of(new_names.begin(), new_names.end(),
                       [&](const auto& name) { return without_number(name) == without_number(old_name); });
  });
}

}  // namespace

std::string explain(const Topology& topology, std::string_view application_id) {
  std::string text;
  for (std::size_t i = 0; i < topology.sub_topologies().size(); ++i) {
    const auto& part = topology.sub_topologies()[i];
    if (part.global) {
      text += fmt::format("Sub-topology {}: the global table of {}, held whole by every process\n", i,
                          names_of(part.topics));
    } else if (auto patterns = patterns_of(topology, part); !patterns.empty()) {
      auto topics = part.topics.empty() ? "" : names_of(part.topics) + " and ";
      text += fmt::format("Sub-topology {}: reads {}topics like {}; one task for each partition\n", i, topics,
                          names_of(patterns));
    } else if (part.topics.empty()) {
      text += fmt::format("Sub-topology {}: reads from outside; one task for each partition of the source\n", i);
    } else {
      text += fmt::format("Sub-topology {}: reads {}; one task for each partition\n", i, names_of(part.topics));
    }
    for (const auto& topic : topology.internal_topics())
      if (std::find(part.topics.begin(), part.topics.end(), topic.name) != part.topics.end())
        text += fmt::format("  topic {}-{}: {} {}\n", application_id, topic.name, reason_of(topic),
                            names_of(writers_of(topology, topic.name)));
    for (const auto& name : part.stores) {
      const auto& store = topology.stores().at(name);
      std::vector<std::string> users;
      for (auto id : part.nodes)
        if (const auto& used = topology.nodes()[id].stores; std::find(used.begin(), used.end(), name) != used.end())
          users.push_back(topology.nodes()[id].name);
      auto changelog = part.global                   ? std::string("its topic is its changelog")
                       : !store.source_topic.empty() ? fmt::format("its changelog is topic {}", store.source_topic)
                       : store.logging               ? fmt::format("changelog {}-{}-changelog", application_id, name)
                                       : std::string("no changelog: empty after a move to another process");
      text += fmt::format(
          "  store {}: {}; {}; {}\n", name, kind_of(store),
          store.caching ? "updates held back until a commit where caches have room" : "every update handed on at once",
          changelog);
      text += fmt::format("    used by {}\n", names_of(users));
    }
    if (part.stores.empty() && !part.global) text += "  no store: nothing to restore\n";
  }
  return text;
}

std::string TopologyDifference::text() const {
  std::string text;
  auto line = [&](const std::vector<std::string>& names, std::string_view what) {
    for (const auto& name : names) text += fmt::format("{} {}\n", name, what);
  };
  line(orphaned_stores, "(store): not in the new topology; what it holds would be lost to it");
  line(new_stores, "(store): not in the old topology; it would start empty");
  line(orphaned_topics, "(repartition topic): nobody would read what is still in it");
  line(new_topics, "(repartition topic): would be made");
  if (renumbered)
    text +=
        "Some of these differ only in their number, which shifts when operators are added or taken away before them: "
        "give the operators "
        "names (Materialized, Grouped, Named, Repartitioned), the old numbered ones if the contents matter\n";
  return text;
}

TopologyDifference topology_diff(std::string_view before, std::string_view after) {
  auto old_names = names_in(before), new_names = names_in(after);
  TopologyDifference difference;
  difference.orphaned_stores = minus(old_names.stores, new_names.stores);
  difference.new_stores = minus(new_names.stores, old_names.stores);
  difference.orphaned_topics = minus(old_names.topics, new_names.topics);
  difference.new_topics = minus(new_names.topics, old_names.topics);
  difference.renumbered = same_but_for_number(difference.orphaned_stores, difference.new_stores) ||
                          same_but_for_number(difference.orphaned_topics, difference.new_topics);
  return difference;
}

}  // namespace cryptostream
