// The table of all metrics: name, meaning, and where the value comes from.
#include <cryptostream/data/json.h>
#include <cryptostream/graph/context.h>
#include <cryptostream/monitor/process.h>
#include <cryptostream/monitor/report.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cryptostream {
namespace {

using enum MetricType;
using Seconds = std::chrono::duration<double>;

template <class Subject>
struct Row {
  MetricFamily family;
  void (*write)(const Subject& subject, MetricText& out);
};

double seconds(std::int64_t ms) { return static_cast<double>(ms) / 1000.0; }
double seconds(const OwnCounter& nanoseconds) { return static_cast<double>(nanoseconds.load()) / 1e9; }

// The process.

struct Process {
  std::string_view version;
  ProcessUsage usage = process_usage();
};

constexpr auto process_rows = std::to_array<Row<Process>>({
    {{"cryptostream_build_info", gauge, "version, compiler", "Always 1; the labels say what runs."},
     [](auto& process, auto& out) {
       out.sample({{"version", process.version}, {"compiler", __VERSION__}}, std::uint64_t{1});
     }},
    {{"cryptostream_json_decimals_rounded_total", counter, "",
      "Decimals read from JSON that had more than 38 digits and were rounded."},
     [](auto&, auto& out) { out.sample({}, json_decimals_rounded()); }},
    {{"process_start_time_seconds", gauge, "", "When the process began, in seconds since the epoch."},
     [](auto& process, auto& out) {
       if (auto time = process.usage.start_time) out.sample({}, *time);
     }},
    {{"process_cpu_seconds_total", counter, "", "Processor time used, by user and system together."},
     [](auto& process, auto& out) {
       if (auto time = process.usage.cpu_time) out.sample({}, *time);
     }},
    {{"process_resident_memory_bytes", gauge, "", "Memory resident."},
     [](auto& process, auto& out) {
       if (auto bytes = process.usage.resident_bytes) out.sample({}, *bytes);
     }},
    {{"process_threads", gauge, "", "Threads of the process, of any kind."},
     [](auto& process, auto& out) {
       if (auto count = process.usage.threads) out.sample({}, *count);
     }},
    {{"process_open_fds", gauge, "", "File descriptors open."},
     [](auto& process, auto& out) {
       if (auto count = process.usage.open_files) out.sample({}, *count);
     }},
    {{"process_max_fds", gauge, "", "File descriptors the process may have open."},
     [](auto& process, auto& out) {
       if (auto count = process.usage.most_files) out.sample({}, *count);
     }},
});

// Applications. Label "application" comes first in each.

template <class Use>
void each_task(const ApplicationReport& application, Use use) {
  for (const auto& [name, task] : application.metrics->tasks.all())
    if (task->described) use(name, *task);
}

/// An input's key is "<topic>/<partition>".
template <class Use>
void each_input(const TaskMetrics& task, Use use) {
  for (const auto& [key, input] : task.inputs.all()) {
    auto slash = key.rfind('/');
    use(key.substr(0, slash), key.substr(slash + 1), *input);
  }
}

/// Sums `value` of every topic that tasks read, or wrote.
template <class Value>
void read_by_topic(const ApplicationReport& application, MetricText& out, Value value) {
  std::map<std::string_view, std::uint64_t> sums;
  each_task(application, [&](auto, const TaskMetrics& task) {
    each_input(task, [&](auto topic, auto, auto& input) { sums[topic] += value(input.read).load(); });
  });
  for (const auto& [topic, sum] : sums) out.sample({{"topic", topic}}, sum);
}
template <class Value>
void written_by_topic(const ApplicationReport& application, MetricText& out, Value value) {
  std::map<std::string_view, std::uint64_t> sums;
  each_task(application, [&](auto, const TaskMetrics& task) {
    for (const auto& [topic, written] : task.written.all()) sums[topic] += value(*written).load();
  });
  for (const auto& [topic, sum] : sums) out.sample({{"topic", topic}}, sum);
}

void by_place(MetricText& out, const std::array<std::atomic<std::uint64_t>, Metrics::places>& counts) {
  for (std::size_t place = 0; place < counts.size(); ++place)
    out.sample({{"place", to_string(static_cast<Place>(place))}}, counts[place].load());
}

template <class Parts, class Use>
void each(const Parts& parts, Use use) {
  for (const auto& [name, part] : parts.all()) use(name, *part);
}

/// A source's key is "<name>/<partition>".
template <class Use>
void each_source(const ApplicationReport& application, Use use) {
  for (const auto& [key, source] : application.metrics->sources.all()) {
    auto slash = key.rfind('/');
    use(key.substr(0, slash), key.substr(slash + 1), *source);
  }
}

constexpr auto phases =
    std::to_array<std::string_view>({"created", "rebalancing", "running", "pending_shutdown", "not_running", "error"});
constexpr auto thread_states = std::to_array<std::string_view>({"ended", "starting", "running", "draining"});
constexpr auto task_states = std::to_array<std::string_view>({"closed", "restoring", "running", "paused"});

template <class Parts, std::size_t n>
void count_states(MetricText& out, const Parts& parts, const std::array<std::string_view, n>& names) {
  std::array<std::uint64_t, n> counts{};
  each(parts, [&](auto, auto& part) { ++counts[static_cast<std::size_t>(part.state.load())]; });
  for (std::size_t state = 1; state < n; ++state) out.sample({{"state", names[state]}}, counts[state]);
}

constexpr auto application_rows = std::to_array<Row<ApplicationReport>>({
    {{"cryptostream_application_state", gauge, "application, state",
      "1 for the state the application is in, 0 for the others: created, rebalancing, running, pending_shutdown, "
      "not_running, error."},
     [](auto& app, auto& out) {
       for (std::size_t i = 0; i < phases.size(); ++i)
         out.sample({{"state", phases[i]}}, std::uint64_t{static_cast<std::size_t>(app.metrics->phase.load()) == i});
     }},
    {{"cryptostream_application_start_timestamp_seconds", gauge, "application",
      "When the application began to run, in seconds since the epoch."},
     [](auto& app, auto& out) {
       if (auto ms = app.metrics->started.load(); ms > 0) out.sample({}, seconds(ms));
     }},
    {{"cryptostream_assignments_total", counter, "application",
      "How often the application began with a set of tasks: 1 without any rebalance."},
     [](auto& app, auto& out) { out.sample({}, app.metrics->assignments.load()); }},
    {{"cryptostream_threads", gauge, "application, state", "Stream threads: starting, running, draining."},
     [](auto& app, auto& out) { count_states(out, app.metrics->threads, thread_states); }},
    {{"cryptostream_tasks_assigned", gauge, "application", "Tasks that this process has of the application."},
     [](auto& app, auto& out) { out.sample({}, app.metrics->tasks_assigned.load()); }},
    {{"cryptostream_tasks", gauge, "application, state",
      "Tasks: restoring their state, running, or paused until their sink's target comes back."},
     [](auto& app, auto& out) { count_states(out, app.metrics->tasks, task_states); }},

    {{"cryptostream_records_consumed_total", counter, "application, topic", "Records handled of each input topic."},
     [](auto& app, auto& out) {
       read_by_topic(
           app, out, [](auto& read) -> auto& { return read.records; });
     }},
    {{"cryptostream_bytes_consumed_total", counter, "application, topic", "Bytes of their keys and values."},
     [](auto& app, auto& out) {
       read_by_topic(
           app, out, [](auto& read) -> auto& { return read.bytes; });
     }},
    {{"cryptostream_records_produced_total", counter, "application, topic",
      "Records sent to each output topic, changelogs not counted."},
     [](auto& app, auto& out) {
       written_by_topic(
           app, out, [](auto& written) -> auto& { return written.records; });
     }},
    {{"cryptostream_bytes_produced_total", counter, "application, topic", "Bytes of their keys and values."},
     [](auto& app, auto& out) {
       written_by_topic(
           app, out, [](auto& written) -> auto& { return written.bytes; });
     }},
    {{"cryptostream_records_processed_total", counter, "application, task",
      "Records from topics that each task handled."},
     [](auto& app, auto& out) {
       each_task(app, [&](auto name, auto& task) {
         std::uint64_t sum = 0;
         bool any = false;
         each_input(task, [&](auto, auto, auto& input) {
           sum += input.read.records.load();
           any = true;
         });
         if (any) out.sample({{"task", name}}, sum);
       });
     }},
    {{"cryptostream_records_dropped_total", counter, "application, task, reason",
      "Records that operators left out: null keys, too late."},
     [](auto& app, auto& out) {
       each_task(app, [&](auto name, auto& task) {
         each(task.dropped, [&](auto reason, auto& count) {
           out.sample({{"task", name}, {"reason", reason}}, count.load());
         });
       });
     }},
    {{"cryptostream_records_skipped_total", counter, "application, place",
      "Bad records skipped by policy; the place is decode, function, encode or sink."},
     [](auto& app, auto& out) { by_place(out, app.metrics->skipped_at); }},
    {{"cryptostream_dead_letters_total", counter, "application, place", "Bad records written to a dead-letter topic."},
     [](auto& app, auto& out) { by_place(out, app.metrics->dead_letters_at); }},

    {{"cryptostream_consumer_lag_records", gauge, "application, task, topic, partition",
      "Offsets between where a task reads and the end of its partition, a few seconds old; with transactions on Kafka "
      "their markers count too."},
     [](auto& app, auto& out) {
       for (const auto& lag : input_lags(app))
         out.sample({{"task", lag.task}, {"topic", lag.topic}, {"partition", std::to_string(lag.partition)}},
                    lag.records);
     }},
    {{"cryptostream_task_stream_time_seconds", gauge, "application, task",
      "The largest timestamp of a task's input records, in seconds since the epoch."},
     [](auto& app, auto& out) {
       each_task(app, [&](auto name, auto& task) {
         if (auto ms = task.stream_time.load(); ms >= 0) out.sample({{"task", name}}, seconds(ms));
       });
     }},

    {{"cryptostream_commits_total", counter, "application", "Commits of the log that carried anything."},
     [](auto& app, auto& out) { out.sample({}, app.metrics->commits.load()); }},
    {{"cryptostream_aborts_total", counter, "application", "Transactions thrown away and done again."},
     [](auto& app, auto& out) { out.sample({}, app.metrics->aborts.load()); }},
    {{"cryptostream_commit_seconds", histogram, "application, thread",
      "How long commits took: caches flushed, rows in their targets, the log."},
     [](auto& app, auto& out) {
       each(app.metrics->threads, [&](auto name, auto& thread) { out.sample({{"thread", name}}, thread.commits); });
     }},
    {{"cryptostream_thread_process_seconds_total", counter, "application, thread",
      "Time that a stream thread spent handling records."},
     [](auto& app, auto& out) {
       each(app.metrics->threads, [&](auto name, auto& thread) {
         out.sample({{"thread", name}}, seconds(thread.process_time));
       });
     }},
    {{"cryptostream_thread_poll_seconds_total", counter, "application, thread",
      "Time that a stream thread spent waiting for records."},
     [](auto& app, auto& out) {
       each(app.metrics->threads, [&](auto name, auto& thread) {
         out.sample({{"thread", name}}, seconds(thread.poll_time));
       });
     }},
    {{"cryptostream_thread_punctuate_seconds_total", counter, "application, thread",
      "Time that a stream thread spent in punctuations by the wall clock."},
     [](auto& app, auto& out) {
       each(app.metrics->threads, [&](auto name, auto& thread) {
         out.sample({{"thread", name}}, seconds(thread.punctuate_time));
       });
     }},

    {{"cryptostream_restored_records_total", counter, "application, task",
      "Records read from changelogs to restore state."},
     [](auto& app, auto& out) {
       each_task(app, [&](auto name, auto& task) { out.sample({{"task", name}}, task.restored_records.load()); });
     }},
    {{"cryptostream_restore_remaining_records", gauge, "application, task",
      "Offsets still to be read of the changelog that is being restored."},
     [](auto& app, auto& out) {
       each_task(app, [&](auto name, auto& task) { out.sample({{"task", name}}, task.restore_remaining.load()); });
     }},
    {{"cryptostream_changelog_records_total", counter, "application, task", "Records sent to changelogs."},
     [](auto& app, auto& out) {
       each_task(app, [&](auto name, auto& task) { out.sample({{"task", name}}, task.changelog_records.load()); });
     }},

    {{"cryptostream_sink_records_total", counter, "application, sink",
      "Input records whose rows are committed in the sink's target."},
     [](auto& app, auto& out) {
       each(app.metrics->sinks, [&](auto name, auto& sink) { out.sample({{"sink", name}}, sink.records.load()); });
     }},
    {{"cryptostream_sink_failures_total", counter, "application, sink", "Failed commits and openings of the target."},
     [](auto& app, auto& out) {
       each(app.metrics->sinks, [&](auto name, auto& sink) { out.sample({{"sink", name}}, sink.failures.load()); });
     }},
    {{"cryptostream_sink_last_success_timestamp_seconds", gauge, "application, sink",
      "When rows were last committed in the target, in seconds since the epoch."},
     [](auto& app, auto& out) {
       each(app.metrics->sinks, [&](auto name, auto& sink) {
         if (auto ms = sink.last_success.load(); ms > 0) out.sample({{"sink", name}}, seconds(ms));
       });
     }},
    {{"cryptostream_sink_flush_seconds", histogram, "application, sink",
      "How long it took to commit rows and position in the target."},
     [](auto& app, auto& out) {
       each(app.metrics->sinks, [&](auto name, auto& sink) { out.sample({{"sink", name}}, sink.flushes); });
     }},
    {{"cryptostream_e2e_latency_seconds", histogram, "application, sink",
      "Age of the newest record, by its own timestamp, when its rows are committed in the target."},
     [](auto& app, auto& out) {
       each(app.metrics->sinks, [&](auto name, auto& sink) { out.sample({{"sink", name}}, sink.latency); });
     }},

    {{"cryptostream_source_up", gauge, "application, source, partition",
      "1 if the last question to an external source was answered."},
     [](auto& app, auto& out) {
       each_source(app, [&](auto name, auto partition, auto& source) {
         out.sample({{"source", name}, {"partition", partition}}, std::uint64_t{source.up.load()});
       });
     }},
    {{"cryptostream_source_records_total", counter, "application, source, partition",
      "Records that an external source gave."},
     [](auto& app, auto& out) {
       each_source(app, [&](auto name, auto partition, auto& source) {
         out.sample({{"source", name}, {"partition", partition}}, source.records.load());
       });
     }},
    {{"cryptostream_source_failures_total", counter, "application, source, partition",
      "Polls and openings of an external source that failed."},
     [](auto& app, auto& out) {
       each_source(app, [&](auto name, auto partition, auto& source) {
         out.sample({{"source", name}, {"partition", partition}}, source.failures.load());
       });
     }},
    {{"cryptostream_source_queued_records", gauge, "application, source, partition",
      "Records of an external source that wait to be handled."},
     [](auto& app, auto& out) {
       each_source(app, [&](auto name, auto partition, auto& source) {
         out.sample({{"source", name}, {"partition", partition}}, source.queued.load());
       });
     }},
});

// What readers of markets count. Label "source" comes first in each.

template <std::atomic<std::int64_t> SourceCounts::*member>
void count_of(const SourceReport& source, MetricText& out) {
  out.sample({}, (*source.counts.*member).load());
}
template <std::atomic<std::int64_t> SourceCounts::*member>
void gauge_of(const SourceReport& source, MetricText& out) {
  if (auto value = (*source.counts.*member).load(); value >= 0) out.sample({}, value);
}

constexpr auto source_rows = std::to_array<Row<SourceReport>>({
    {{"cryptostream_source_data_timestamp_seconds", gauge, "source",
      "Time of the newest datum the source gave, in seconds since the epoch; its age is time() minus this."},
     [](auto& source, auto& out) {
       if (auto ms = source.counts->data_time.load(); ms > 0) out.sample({}, seconds(ms));
     }},
    {{"cryptostream_source_failed_polls_total", counter, "source", "Answers that could not be used, or did not come."},
     count_of<&SourceCounts::failed_polls>},
    {{"cryptostream_source_bad_rows_total", counter, "source", "Rows or messages that cannot be decoded."},
     count_of<&SourceCounts::bad_rows>},
    {{"cryptostream_source_rows_without_price_total", counter, "source", "Rows whose price is null."},
     count_of<&SourceCounts::without_price>},
    {{"cryptostream_source_duplicates_total", counter, "source", "Rows or trades seen before."},
     count_of<&SourceCounts::duplicates>},
    {{"cryptostream_ws_reconnects_total", counter, "source", "Connections of a live feed made anew."},
     count_of<&SourceCounts::reconnects>},
    {{"cryptostream_ws_sequence_gaps_total", counter, "source", "Holes in the numbering of trades."},
     count_of<&SourceCounts::gaps>},
    {{"cryptostream_source_backfilled_total", counter, "source", "Trades fetched to fill them."},
     count_of<&SourceCounts::backfilled>},
    {{"cryptostream_source_lost_total", counter, "source", "Trades that could not be fetched."},
     count_of<&SourceCounts::lost>},
    {{"cryptostream_source_credits_used_total", counter, "source", "Credits of the plan spent, as the answers say."},
     count_of<&SourceCounts::credits_used>},
    {{"cryptostream_source_credits_left", gauge, "source", "Credits left of the day's budget."},
     gauge_of<&SourceCounts::credits_left>},
    {{"cryptostream_source_rate_limit_remaining", gauge, "source",
      "Requests left until the vendor's limit, as its last answer says."},
     gauge_of<&SourceCounts::requests_left>},
});

}  // namespace

std::string prometheus_text(const ProcessReport& report) {
  MetricText out;
  const Process process{report.version};
  for (const auto& row : process_rows) {
    out.begin(row.family);
    row.write(process, out);
  }
  for (const auto& row : application_rows) {
    out.begin(row.family);
    for (const auto& application : report.applications) {
      out.common_labels({{"application", application.id}});
      row.write(application, out);
    }
  }
  for (const auto& row : source_rows) {
    out.begin(row.family);
    for (const auto& source : report.sources) {
      out.common_labels({{"source", source.name}});
      row.write(source, out);
    }
  }
  return out.take();
}

std::vector<MetricFamily> metric_families() {
  std::vector<MetricFamily> families;
  for (const auto& row : process_rows) families.push_back(row.family);
  for (const auto& row : application_rows) families.push_back(row.family);
  for (const auto& row : source_rows) families.push_back(row.family);
  return families;
}

}  // namespace cryptostream
