// sink: topic -> targets.
#include "commands.h"
#include "dashboard.h"
#include "job.h"
#include "pipelines.h"
#include "reached_end.h"
#include "targets.h"

#include <cryptostream/data/dynamic_row.h>
#include <cryptostream/dsl/streams_builder.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/market/registry.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

namespace cryptostream::tool {
namespace {

using namespace std::chrono_literals;

bool pause(std::stop_token stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_for(lock, stop, 200ms, [] { return false; });
  return !stop.stop_requested();
}

/// The first record's header, or nothing if there is no record yet.
struct FirstRecord {
  std::optional<std::string> type;
};
Result<std::optional<FirstRecord>> first_record(Broker& broker, const TopicInfo& topic) {
  for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
    TopicPartition at{topic.name, partition};
    CRYPTOSTREAM_TRY_ASSIGN(auto range, broker.offsets(at, Isolation::read_committed));
    if (range.end <= range.begin) continue;
    CRYPTOSTREAM_TRY_ASSIGN(auto consumer, broker.consumer(Isolation::read_committed));
    CRYPTOSTREAM_TRY(consumer->assign(std::array{Assignment{at, range.begin}}));
    CRYPTOSTREAM_TRY_ASSIGN(auto records, consumer->poll(1, 100ms));
    if (records.empty()) continue;
    auto type = records.front().headers.last(type_header);
    return std::optional(FirstRecord{type ? std::optional(std::string(*type)) : std::nullopt});
  }
  return std::optional<FirstRecord>();
}

/// Waits for the topic and, unless columns are given, for its first record. Nothing if it was stopped meanwhile.
Result<std::optional<FirstRecord>> wait_for_topic(Broker& broker, const std::string& name, bool need_record, bool once,
                                                  std::stop_token stop) {
  bool said = false;
  while (true) {
    CRYPTOSTREAM_TRY_ASSIGN(auto topic, broker.topic(name));
    std::optional<FirstRecord> first;
    if (topic) {
      CRYPTOSTREAM_TRY_ASSIGN(first, first_record(broker, *topic));
    }
    if (first) return first;
    if (topic && !need_record) return std::optional(FirstRecord{});
    if (once && !topic)
      return fail(ErrorKind::configuration, fmt::format("there is no topic `{}` in {}", name, broker.description()));
    if (once) return std::optional<FirstRecord>();
    if (!said)
      log(LogLevel::info, "sink", "waiting for {} `{}`; `cryptostream ingest` fills it",
          topic ? "the first record of topic" : "topic", name);
    said = true;
    if (!pause(stop)) return std::optional<FirstRecord>();
  }
}

/// Each target is a group of its own, so that it keeps its progress whatever the others of one command are.
std::string group_of(const cli::Settings& settings, const std::string& uri) {
  if (!settings.given("application-id"))
    return fmt::format("cryptostream-sink-{}-{}", scheme_of(uri), settings.text("topic"));
  return settings.list("to").size() == 1 ? settings.text("application-id")
                                         : settings.text("application-id") + "-" + scheme_of(uri);
}

}  // namespace

Result<void> sink(const cli::Settings& settings, const Words& words) {
  if (!words.empty()) return work_on_pipeline(words[0], {.sink = true}, settings);
  auto targets = settings.list("to");
  if (targets.empty())
    return fail(ErrorKind::usage, "where to? Name at least one target: --to sqlite:FILE, --to postgres, --to csv:FILE");
  CRYPTOSTREAM_TRY(expect_kinds_to_differ(targets));
  // A target that cannot work is named now, not when the first record comes.
  if (settings.list("columns").empty())
    for (const auto& uri : targets) CRYPTOSTREAM_TRY(check_target(settings, uri));
  warn_of_passwords(settings);
  auto name = settings.text("topic");
  CRYPTOSTREAM_TRY_ASSIGN(auto options, sink_options(settings));
  std::shared_ptr<const DynamicSchema> columns;
  if (auto list = settings.list("columns"); !list.empty()) {
    CRYPTOSTREAM_TRY_ASSIGN(columns, parse_columns(fmt::format("{}", fmt::join(list, ","))));
  }

  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  auto stop = stop_of(settings);
  CRYPTOSTREAM_TRY_ASSIGN(auto first, wait_for_topic(*broker, name, columns == nullptr, settings.toggle("once"), stop));
  if (!first) return {};

  if (!columns && !first->type)
    return fail(ErrorKind::configuration, fmt::format("records of topic `{}` do not say what they are (no header {}); "
                                                      "name their columns: --columns name:type,...",
                                                      name, type_header));
  std::vector<Job> jobs;
  for (const auto& uri : targets) {
    StreamsBuilder builder;
    if (columns) {
      const KafkaTopic<std::optional<std::string>, DynamicRow> topic{name, StringSerde{}, DynamicRowSerde{columns}};
      CRYPTOSTREAM_TRY(to_target(builder.stream(topic), settings, uri, options, columns->type()));
    } else {
      auto wired = visit_domain_type(*first->type, [&]<class T>(TypeTag<T>) -> Result<void> {
        const KafkaTopic<std::optional<std::string>, T> topic{name};
        return to_target(builder.stream(topic), settings, uri, options, type_of<T>());
      });
      CRYPTOSTREAM_TRY(wired);
    }
    Job job{group_of(settings, uri), broker, builder.build()};
    if (settings.toggle("once")) {
      CRYPTOSTREAM_TRY_ASSIGN(auto reached, ReachedEnd::of(*broker, {name}, job.application_id));
      job.finished = [broker, reached](const Metrics&) { return reached(*broker); };
    }
    jobs.push_back(std::move(job));
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto shown, show_job(settings, targets, broker));
  return run_jobs(jobs, settings, stop);
}

}  // namespace cryptostream::tool
