// group list, describe, reset: who reads the log, how far, and from where on.
#include "commands.h"
#include "job.h"
#include "reading.h"

#include <cryptostream/cli/messages.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace cryptostream::tool {
namespace {

using namespace std::chrono_literals;

struct Standing {
  TopicPartition partition;
  std::int64_t committed = 0;
  OffsetRange log{};
  std::int64_t lag() const { return std::max<std::int64_t>(0, log.end - committed); }
};

Result<std::vector<Standing>> standings(Broker& broker, const std::string& group) {
  CRYPTOSTREAM_TRY_ASSIGN(auto offsets, broker.group_offsets(group));
  std::vector<Standing> all;
  for (const auto& [partition, committed] : offsets) {
    CRYPTOSTREAM_TRY_ASSIGN(auto info, broker.topic(partition.topic));
    if (!info || partition.partition >= info->partitions) continue;  // deleted since
    CRYPTOSTREAM_TRY_ASSIGN(auto range, broker.offsets(partition, Isolation::read_committed));
    all.push_back({partition, committed.offset, range});
  }
  return all;
}

Result<std::string> group_word(const Words& words) {
  if (words.empty()) return fail(ErrorKind::usage, "which group? see `cryptostream group list`");
  return words[0];
}

tl::unexpected<Error> unknown(const std::string& group, const Broker& broker) {
  return fail(
      ErrorKind::configuration,
      fmt::format("group `{}` has no offsets in the {}; see `cryptostream group list`", group, broker.description()));
}

}  // namespace

Result<void> group_list(const cli::Settings& settings) {
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto groups, broker->groups());
  for (const auto& group : groups) {
    CRYPTOSTREAM_TRY_ASSIGN(auto standing, standings(*broker, group));
    std::int64_t lag = 0;
    for (const auto& partition : standing) lag += partition.lag();
    fmt::print("{}\t{} partition{}\t{} behind\n", group, standing.size(), standing.size() == 1 ? "" : "s", lag);
  }
  if (groups.empty()) log(LogLevel::info, "log", "no group has read from it yet");
  return {};
}

Result<void> group_describe(const cli::Settings& settings, const Words& words) {
  CRYPTOSTREAM_TRY_ASSIGN(auto group, group_word(words));
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto standing, standings(*broker, group));
  if (standing.empty()) return unknown(group, *broker);
  if (settings.toggle("json")) {
    std::string partitions;
    for (const auto& [partition, committed, range] : standing)
      partitions +=
          fmt::format("{}{{\"topic\":{},\"partition\":{},\"committed\":{},\"begin\":{},\"end\":{},\"lag\":{}}}",
                      partitions.empty() ? "" : ",", cli::json_text(partition.topic), partition.partition, committed,
                      range.begin, range.end, std::max<std::int64_t>(0, range.end - committed));
    fmt::print("{{\"group\":{},\"partitions\":[{}]}}\n", cli::json_text(group), partitions);
    return {};
  }
  std::size_t widest = 5;
  for (const auto& one : standing) widest = std::max(widest, one.partition.topic.size());
  fmt::print("{:<{}}  {:>9}  {:>12}  {:>12}  {:>10}\n", "topic", widest, "partition", "committed", "end", "lag");
  for (const auto& one : standing)
    fmt::print("{:<{}}  {:>9}  {:>12}  {:>12}  {:>10}\n", one.partition.topic, widest, one.partition.partition,
               one.committed, one.log.end, one.lag());
  return {};
}

Result<void> group_reset(const cli::Settings& settings, const Words& words) {
  CRYPTOSTREAM_TRY_ASSIGN(auto group, group_word(words));
  CRYPTOSTREAM_TRY_ASSIGN(auto begin, parse_begin("to-offset", settings.text("to-offset")));
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto standing, standings(*broker, group));
  if (auto only = settings.text("of-topic"); !only.empty())
    std::erase_if(standing, [&](const Standing& one) { return one.partition.topic != only; });
  if (standing.empty()) return unknown(group, *broker);
  CRYPTOSTREAM_TRY_ASSIGN(auto members, broker->group_members(group));
  if (!members.empty())
    return fail(ErrorKind::failure, fmt::format("group `{}` is at work ({} member{}): stop it first", group,
                                                members.size(), members.size() == 1 ? "" : "s"));
  Offsets moved;
  for (const auto& one : standing) {
    auto to = begin.in(one.log);
    fmt::print("{} partition {}: {} -> {}\n", one.partition.topic, one.partition.partition, one.committed, to);
    if (to != one.committed) moved[one.partition] = {to, {}};
  }
  std::fflush(stdout);
  log(LogLevel::info, "group", "sinks go on from their own positions, which lie in their targets");
  if (settings.toggle("dry-run") || moved.empty()) return {};
  GroupOptions options;
  options.group = group;
  CRYPTOSTREAM_TRY_ASSIGN(auto member, broker->join(options));
  CRYPTOSTREAM_TRY(member->poll(0ms));
  auto committed = member->commit(moved);
  if (auto left = member->leave(); !left && committed) return left;
  return committed;
}

}  // namespace cryptostream::tool
