#include "pipelines.h"

#include "coin_sources.h"
#include "commands.h"
#include "dashboard.h"
#include "job.h"
#include "quote_source.h"
#include "reached_end.h"
#include "targets.h"

#include <cryptostream/core/clock.h>
#include <cryptostream/pipelines/coins.h>
#include <cryptostream/pipelines/quotes.h>
#include <cryptostream/pipelines/tracker.h>

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace cryptostream::tool {
namespace {

using namespace std::chrono_literals;

/// What a pipeline is put together in.
struct Work {
  Stages stages;
  const cli::Settings& settings;
  Renames renames;
  std::string application_id;
  std::vector<std::string> targets;
  StreamsBuilder builder{};
  std::vector<DirectFeed> feeds{};
  std::vector<std::pair<std::string, std::shared_ptr<SourceWatch>>> sources{};
  std::function<std::string()> aside{};   ///< what else there is to say
  std::chrono::milliseconds settles{1s};  ///< how long records may stay within the pipeline

  std::shared_ptr<SourceWatch> watch(const std::string& name) {
    return sources.emplace_back(name, std::make_shared<SourceWatch>()).second;
  }
  /// Coins by --coins, else the pipeline's own.
  std::vector<std::string> coins_or(std::vector<std::string> own) const {
    return settings.given("coins") ? settings.list("coins") : std::move(own);
  }
};

Result<void> coins(Work& work) {
  CoinsOptions options{.renames = work.renames};
  auto& conversion = options.conversion;
  conversion.currencies = work.settings.list("currencies");
  conversion.counts = std::make_shared<FxConversionCounts>();
  if (work.stages.ingest || work.stages.process) {
    CRYPTOSTREAM_TRY_ASSIGN(auto rates, choose_rate_source(work.settings));
    // The central bank's rates are of working days.
    if (rates != "fastforex") conversion.oldest = 5 * 24h;
    if (work.stages.ingest) {
      CRYPTOSTREAM_TRY_ASSIGN(auto source, choose_coin_source(work.settings));
      CRYPTOSTREAM_TRY_ASSIGN(auto coin_source,
                              make_coin_source(source, work.settings, work.settings.list("coins"), work.watch(source)));
      CRYPTOSTREAM_TRY_ASSIGN(auto rate_source, make_rate_source(rates, work.settings, work.watch(rates)));
      for (auto& source_watch : work.sources) source_watch.second->patient = true;
      ingest_coins(work.builder, coin_source, rate_source, options);
    }
  }
  if (work.stages.process) {
    process_coins(work.builder, options);
    work.settles = conversion.patience + 1s;
    work.aside = [counts = conversion.counts] {
      if (counts->missing == 0 && counts->stale == 0) return std::string();
      return fmt::format("prices without a rate: {}, with one that is too old: {}", counts->missing.load(),
                         counts->stale.load());
    };
  }
  if (work.stages.sink)
    for (const auto& target : work.targets) CRYPTOSTREAM_TRY(sink_coins(work.builder, target, options));
  return {};
}

Result<void> tracker(Work& work) {
  TrackerOptions options{.renames = work.renames};
  if (work.stages.ingest) {
    auto name = work.settings.given("source") ? work.settings.text("source") : std::string("coincap");
    CRYPTOSTREAM_TRY_ASSIGN(auto source, make_source(name, work.settings, work.watch(name)));
    ingest_tracker(work.builder, source, options);
  }
  if (work.stages.process) process_tracker(work.builder, options);
  if (work.stages.sink)
    for (const auto& target : work.targets) CRYPTOSTREAM_TRY(sink_tracker(work.builder, target, options));
  return {};
}

Result<void> quotes(Work& work) {
  QuotesOptions options{.renames = work.renames};
  if (work.stages.ingest || work.stages.sink) {
    CRYPTOSTREAM_TRY_ASSIGN(auto source, choose_coin_source(work.settings));
    if (work.stages.ingest) {
      CRYPTOSTREAM_TRY_ASSIGN(
          auto coin_source, make_coin_source(source, work.settings, work.coins_or({"BTC", "SOL"}), work.watch(source)));
      ingest_quotes(work.builder, coin_source, options);
    }
    if (work.stages.sink)
      for (const auto& target : work.targets) {
        CRYPTOSTREAM_TRY(sink_quotes(work.builder, target, options));
        for (bool by_volume : {false, true}) {
          const char* table = by_volume ? "vol_top_10" : "cap_top_10";
          CRYPTOSTREAM_TRY_ASSIGN(auto list, make_top_source(source, work.settings, by_volume,
                                                             work.watch(fmt::format("{} for {}", source, table))));
          CRYPTOSTREAM_TRY_ASSIGN(auto feed, feed_top_coins(list, target, table, work.application_id, options));
          work.feeds.push_back(std::move(feed));
        }
      }
  }
  return {};
}

struct Ready {
  const char* name;
  Result<void> (*build)(Work&);
  const char* target;  ///< where rows go if nothing else is said
  bool processes;      ///< has a stage between ingest and sink
  std::vector<TopicSpec> topics;
};

const std::vector<Ready>& ready() {
  constexpr std::int16_t copies = 3;
  auto topic = [](const char* name, std::int32_t partitions = 1) {
    return TopicSpec{.name = name, .partitions = partitions, .replication = copies};
  };
  static const std::vector<Ready> all{
      {"coins", coins, "sqlite:coins.db", true, {topic("coins-raw"), topic("fx"), topic("coins")}},
      {"tracker", tracker, "csv:.", true, {topic("tracker", 3), topic("tracker-values"), topic("tracker-last")}},
      {"quotes", quotes, "sqlite:quotes.db", false, {topic("crypto")}},
  };
  return all;
}

Result<Renames> read_renames(const cli::Settings& settings) {
  Renames renames;
  for (const auto& text : settings.list("rename")) {
    auto equals = text.find('=');
    if (equals == 0 || equals == text.npos || equals + 1 == text.size())
      return fail(ErrorKind::usage, fmt::format("--rename {}: write OLD=NEW, as --rename price=prices", text));
    renames[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return renames;
}

Result<void> expect_no_table_options(const cli::Settings& settings) {
  for (const char* option : {"table", "mode", "key", "columns", "topic"})
    if (settings.given(option))
      return fail(ErrorKind::usage,
                  fmt::format("a pipeline knows its topics and tables, so --{} has no place here; --rename OLD=NEW "
                              "gives them other names",
                              option));
  return {};
}

/// With as many copies as clusters of three brokers can keep, else as the cluster wants it.
Result<void> make_topics(Broker& broker, const std::vector<TopicSpec>& topics, const Renames& renames) {
  for (auto spec : topics) {
    spec.name = renamed(renames, spec.name);
    CRYPTOSTREAM_TRY_ASSIGN(auto there, broker.topic(spec.name));
    if (there) continue;
    if (broker.create_topic(spec)) continue;
    spec.replication = -1;
    CRYPTOSTREAM_TRY(broker.create_topic(spec));
  }
  return {};
}

/// For --once and sources that end: the sources have ended, nothing has moved for a while, and all topics are read to
/// their ends.
std::function<bool(const Metrics&)> when_done(const Work& work, std::shared_ptr<Broker> broker,
                                              std::vector<std::string> topics) {
  struct State {
    std::uint64_t moved = 0;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };
  return [state = std::make_shared<State>(), sources = work.sources, broker, topics = std::move(topics),
          settles = work.settles, group = work.application_id](const Metrics& metrics) {
    auto now = std::chrono::steady_clock::now();
    auto moved = metrics.records_consumed + metrics.records_produced + metrics.sink_records;
    if (moved != state->moved) *state = {moved, now};
    bool ended =
        std::all_of(sources.begin(), sources.end(), [](const auto& source) { return source.second->ended.load(); });
    if (!ended || now - state->since < settles) return false;
    auto reached = ReachedEnd::of(*broker, topics, group);
    return reached && (*reached)(*broker);
  };
}

}  // namespace

Result<void> work_on_pipeline(const std::string& name, Stages stages, const cli::Settings& settings) {
  const auto& all = ready();
  auto found = std::find_if(all.begin(), all.end(), [&](const Ready& each) { return each.name == name; });
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const auto& each : all) names.emplace_back(each.name);
    return fail(ErrorKind::usage, fmt::format("there is no pipeline `{}`: there are {}", name, fmt::join(names, ", ")));
  }
  if (stages.process && !stages.whole() && !found->processes)
    return fail(ErrorKind::usage, fmt::format("pipeline {} has nothing between ingest and sink to process", name));
  CRYPTOSTREAM_TRY(expect_no_table_options(settings));
  CRYPTOSTREAM_TRY(expect_kinds_to_differ(settings.list("to")));
  warn_of_passwords(settings);

  const char* stage = stages.whole() ? "" : stages.ingest ? "-ingest" : stages.process ? "-process" : "-sink";
  Work work{.stages = stages, .settings = settings};
  CRYPTOSTREAM_TRY_ASSIGN(work.renames, read_renames(settings));
  work.application_id = settings.given("application-id") ? settings.text("application-id")
                                                         : fmt::format("cryptostream-{}{}", name, stage);
  for (const auto& uri : settings.list("to")) work.targets.push_back(target_uri(settings, uri));
  if (work.targets.empty()) work.targets.emplace_back(found->target);

  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  CRYPTOSTREAM_TRY(found->build(work));
  CRYPTOSTREAM_TRY(make_topics(*broker, found->topics, work.renames));
  for (const auto& [source, watch] : work.sources) {
    if (name != "tracker") break;  // the only one that may be fed with invented prices
    CRYPTOSTREAM_TRY_ASSIGN(watch->simulated, holds_simulated(*broker, renamed(work.renames, "tracker")));
  }

  Job job{work.application_id, broker, work.builder.build()};
  job.feeds = work.feeds;
  for (const auto& [source, watch] : work.sources) job.sources.emplace_back(source, watch->counts);
  job.counts_output = stages.sink;
  job.unit = stages.sink ? "rows written" : "records written to the log";
  job.aside = [sources = work.sources, aside = work.aside] {
    std::vector<std::string> parts;
    for (const auto& [source, watch] : sources)
      if (auto text = report(*watch->counts, system_clock().now()); !text.empty())
        parts.push_back(source + ": " + text);
    if (auto text = aside ? aside() : std::string(); !text.empty()) parts.push_back(text);
    return fmt::format("{}", fmt::join(parts, "; "));
  };
  if (stages.ingest || settings.toggle("once")) {
    std::vector<std::string> topics;
    for (const auto& part : job.topology.sub_topologies())
      for (const auto& topic : part.topics)
        topics.push_back(job.topology.internal(topic) ? work.application_id + "-" + topic : topic);
    job.finished = when_done(work, broker, std::move(topics));
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto shown, show_job(settings, work.targets, broker));
  return run_jobs({job}, settings, stop_of(settings));
}

Result<void> process(const cli::Settings& settings, const Words& words) {
  if (words.empty())
    return fail(ErrorKind::usage, "which pipeline? `cryptostream process coins` or `cryptostream process tracker`");
  return work_on_pipeline(words[0], {.process = true}, settings);
}

}  // namespace cryptostream::tool
