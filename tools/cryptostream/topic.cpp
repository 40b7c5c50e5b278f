// topic list, topic tail: a look into the log.
#include "commands.h"
#include "job.h"
#include "reading.h"

#include <cryptostream/cli/messages.h>

#include <cstdio>

namespace cryptostream::tool {
namespace {

using namespace std::chrono_literals;

/// One record as kcat -J prints it; the value is not quoted where it is JSON already.
std::string json_line(const std::string& topic, std::int32_t partition, const LogRecord& record) {
  std::string headers;
  for (auto header : record.headers)
    headers += fmt::format("{}{}:{}", headers.empty() ? "" : ",", cli::json_text(header.name),
                           header.value ? cli::json_text(*header.value) : "null");
  return fmt::format(
      "{{\"topic\":{},\"partition\":{},\"offset\":{},\"timestamp\":{},\"headers\":{{{}}},\"key\":{},\"value\":{}}}\n",
      cli::json_text(topic), partition, record.offset, record.timestamp.ms, headers,
      record.key ? cli::json_text(*record.key) : "null", json_bytes(record.value));
}

}  // namespace

Result<void> topic_list(const cli::Settings& settings) {
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto topics, broker->topics());
  for (const auto& topic : topics) {
    std::int64_t records = 0;
    for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
      CRYPTOSTREAM_TRY_ASSIGN(auto range, broker->offsets({topic.name, partition}, Isolation::read_committed));
      records += range.end - range.begin;
    }
    fmt::print("{}\t{} partition{}\t{} offsets\n", topic.name, topic.partitions, topic.partitions == 1 ? "" : "s",
               records);
  }
  if (topics.empty()) log(LogLevel::info, "log", "no topics yet; `cryptostream ingest` makes one");
  return {};
}

Result<void> topic_tail(const cli::Settings& settings, const Words& words) {
  auto name = words.empty() ? std::string("quotes") : words[0];
  CRYPTOSTREAM_TRY_ASSIGN(auto begin, parse_begin("offset", settings.text("offset")));
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto topic, broker->topic(name));
  if (!topic)
    return fail(ErrorKind::configuration, fmt::format("there is no topic `{}` in {}; see `cryptostream topic list`",
                                                      name, broker->description()));

  std::vector<Assignment> assignment;
  std::vector<std::int64_t> ends;
  for (std::int32_t partition = 0; partition < topic->partitions; ++partition) {
    CRYPTOSTREAM_TRY_ASSIGN(auto range, broker->offsets({name, partition}, Isolation::read_committed));
    assignment.push_back({{name, partition}, begin.in(range)});
    ends.push_back(range.end);
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker->consumer(Isolation::read_committed));
  CRYPTOSTREAM_TRY(consumer->assign(assignment));

  auto stop = until_signal();
  std::int64_t left = settings.number("count");
  bool bounded = left > 0;
  auto at_end = [&] {
    for (std::size_t slot = 0; slot < ends.size(); ++slot)
      if (consumer->position(static_cast<std::uint32_t>(slot)) < ends[slot]) return false;
    return true;
  };
  while (!stop.stop_requested()) {
    if (settings.toggle("exit") && at_end()) break;
    CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(500, 100ms));
    for (const auto& record : records) {
      auto line = json_line(name, assignment[record.slot].partition.partition, record);
      if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return {};  // whoever read has had enough
      if (bounded && --left == 0) return std::fflush(stdout), Result<void>{};
    }
    if (std::fflush(stdout) != 0) return {};
  }
  return {};
}

}  // namespace cryptostream::tool
