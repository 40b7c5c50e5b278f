#include <cryptostream/dashboard/json_text.h>
#include <cryptostream/dashboard/pipeline_status.h>

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <vector>

namespace cryptostream::dashboard {
namespace {

using namespace std::chrono_literals;

/// Puts "name":value pairs and lists together.
class Text {
 public:
  void item(std::string_view text) {
    if (!text_.empty()) text_ += ',';
    text_ += text;
  }
  void member(std::string_view name, std::string_view value) { item(fmt::format(R"("{}":{})", name, value)); }
  void member(std::string_view name, std::uint64_t value) { member(name, std::to_string(value)); }
  std::string object() const { return "{" + text_ + "}"; }
  std::string list() const { return "[" + text_ + "]"; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The names of nodes that stand next to each other in describe(): what only adapts types is left out.
void visible_parents(const std::vector<NodeSpec>& nodes, const NodeSpec& of, std::set<std::string>& names) {
  for (auto parent : of.parents) {
    if (nodes[parent].hidden) {
      visible_parents(nodes, nodes[parent], names);
    } else {
      names.insert(nodes[parent].name);
    }
  }
}

std::string node(const std::string& name, std::string_view kind, const std::set<std::string>& after) {
  Text text;
  text.member("name", json(name));
  text.member("kind", fmt::format("\"{}\"", kind));
  text.member("after", json(std::vector<std::string>(after.begin(), after.end())));
  return text.object();
}

// Nodes, and the topics between them as nodes of their own.
std::string graph(const Topology& topology, const std::string& application) {
  const auto& nodes = topology.nodes();
  auto topic_name = [&](const std::string& topic) {
    return topology.internal(topic) ? application + "-" + topic : topic;
  };
  std::map<std::string, std::set<std::string>> topics;  // to the sinks that write them
  Text text;
  for (const auto& spec : nodes) {
    if (spec.hidden) continue;
    std::set<std::string> after;
    visible_parents(nodes, spec, after);
    std::string_view kind = "processor";
    switch (spec.kind) {
      case NodeSpec::Kind::source_topic:
        kind = "source";
        for (const auto& topic : spec.topics) {
          after.insert("topic " + topic_name(topic));
          topics[topic_name(topic)];
        }
        break;
      case NodeSpec::Kind::source_external:
        kind = "source";
        break;
      case NodeSpec::Kind::sink_topic:
        kind = "sink";
        for (const auto& topic : spec.topics)
          if (!topic.empty()) topics[topic_name(topic)].insert(spec.name);
        break;
      case NodeSpec::Kind::sink_external:
        kind = "sink";
        break;
      case NodeSpec::Kind::processor:
        break;
    }
    text.item(node(spec.name, kind, after));
  }
  for (const auto& [topic, writers] : topics) text.item(node("topic " + topic, "topic", writers));
  return text.list();
}

// The value that a share of what was observed is not above, taken as evenly spread within its bucket; nothing observed:
// NaN, and what lies above the last bound: that bound.
double quantile(const DurationHistogram& histogram, double share) {
  constexpr auto buckets = DurationHistogram::bounds.size() + 1;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < buckets; ++i) all += histogram.bucket(i);
  auto wanted = share * static_cast<double>(all), below = 0.0, from = 0.0;
  for (std::size_t i = 0; all > 0 && i < DurationHistogram::bounds.size(); ++i) {
    auto here = static_cast<double>(histogram.bucket(i));
    if (here > 0 && below + here >= wanted)
      return from + (DurationHistogram::bounds[i] - from) * (wanted - below) / here;
    below += here;
    from = DurationHistogram::bounds[i];
  }
  return all > 0 ? from : std::nan("");
}

std::string source(const std::string& name, const SourceMetrics* sum, const SourceCounts* counts, Timestamp now) {
  Text text;
  text.member("name", json(name));
  if (sum) {
    text.member("up", sum->up ? "true" : "false");
    text.member("records", sum->records.load());
    text.member("failures", sum->failures.load());
  }
  if (counts) {
    if (auto time = counts->data_time.load(); time > 0)
      text.member("age", number(static_cast<double>(now.ms - time) / 1000));
    if (auto left = counts->requests_left.load(); left >= 0)
      text.member("requests_left", static_cast<std::uint64_t>(left));
  }
  return text.object();
}

// Partitions of one source are one to those who look.
std::string sources(const ProcessReport& report, Timestamp now) {
  std::map<std::string, SourceMetrics> sums;
  for (const auto& application : report.applications)
    for (const auto& [name, part] : application.metrics->sources.all()) {  // "<node>/<partition>"
      auto [sum, fresh] = sums.try_emplace(std::string(name.substr(0, name.rfind('/'))));
      sum->second.up = part->up && (fresh || sum->second.up);
      sum->second.records += part->records;
      sum->second.failures += part->failures;
    }
  Text text;
  std::set<std::string> told;
  for (const auto& [name, counts] : report.sources) {
    auto sum = sums.find(name);
    text.item(source(name, sum == sums.end() ? nullptr : &sum->second, counts.get(), now));
    told.insert(name);
  }
  for (const auto& [name, sum] : sums)
    if (!told.contains(name)) text.item(source(name, &sum, nullptr, now));
  return text.list();
}

std::string sinks(const ProcessReport& report) {
  Text text;
  for (const auto& application : report.applications)
    for (const auto& [name, sink] : application.metrics->sinks.all()) {
      Text one;
      one.member("name", json(std::string(name)));
      one.member("records", sink->records.load());
      one.member("failures", sink->failures.load());
      if (auto last = sink->last_success.load(); last > 0) one.member("last_success", static_cast<std::uint64_t>(last));
      if (auto middle = quantile(sink->latency, 0.5); std::isfinite(middle)) {
        one.member("latency_p50", number(middle));
        one.member("latency_p99", number(quantile(sink->latency, 0.99)));
      }
      text.item(one.object());
    }
  return text.list();
}

}  // namespace

std::string PipelineStatus::application(const ApplicationReport& report, std::chrono::nanoseconds at) {
  const auto& metrics = *report.metrics;
  Sample now{at, metrics.records_consumed, metrics.records_produced};
  auto& pace = paces_.try_emplace(report.id, Pace{now, now}).first->second;
  if (now.consumed < pace.last.consumed) pace = {now, now};  // another run of the same name
  if (now.at - pace.last.at >= 1s) pace = {pace.last, now};
  auto seconds = std::chrono::duration<double>(pace.last.at - pace.before.at).count();
  auto rate = [&](std::uint64_t Sample::*what) {
    return number(seconds > 0 ? static_cast<double>(pace.last.*what - pace.before.*what) / seconds : 0.0);
  };
  Text lags;
  for (const auto& lag : input_lags(report)) {
    Text one;
    one.member("topic", json(std::string(lag.topic)));
    one.member("partition", static_cast<std::uint64_t>(lag.partition));
    one.member("records", static_cast<std::uint64_t>(lag.records));
    lags.item(one.object());
  }
  Text text;
  text.member("id", json(report.id));
  if (report.topology) {
    text.member("topology", json(report.topology->describe()));
    text.member("nodes", graph(*report.topology, report.id));
  }
  text.member("state", json(std::string(phase_text(metrics.phase))));
  text.member("records_consumed", now.consumed);
  text.member("records_produced", now.produced);
  text.member("records_dropped", metrics.records_dropped.load());
  text.member("dead_letters", metrics.dead_letters.load());
  text.member("consumed_per_second", rate(&Sample::consumed));
  text.member("produced_per_second", rate(&Sample::produced));
  text.member("lag", lags.list());
  return text.object();
}

std::string PipelineStatus::parts(const ProcessReport& report, Timestamp now) {
  Text applications;
  for (const auto& each : report.applications) applications.item(application(each, report.now));
  Text text;
  text.member("applications", applications.list());
  text.member("sources", sources(report, now));
  text.member("sinks", sinks(report));
  return text.text();
}

}  // namespace cryptostream::dashboard
