// ingest: source -> topic. run: source -> topic -> targets, in one process.
#include "commands.h"
#include "dashboard.h"
#include "job.h"
#include "pipelines.h"
#include "quote_source.h"
#include "targets.h"

#include <cryptostream/connect/connect.h>
#include <cryptostream/core/clock.h>
#include <cryptostream/core/log.h>
#include <cryptostream/dsl/streams_builder.h>

namespace cryptostream::tool {
namespace {

/// Files of the main job where no target is named.
const std::vector<std::string> default_targets{"sqlite:prices.db", "csv:prices.csv"};

struct Ingestion {
  std::string source;
  std::string application_id;
  std::shared_ptr<Broker> broker;
  std::vector<std::string> targets{};
  AnySinkOptions sinks{};
};

Result<void> work(const Ingestion& ingestion, const cli::Settings& settings, std::shared_ptr<SourceWatch> watch) {
  const auto& topic = settings.text("topic");
  CRYPTOSTREAM_TRY_ASSIGN(watch->simulated, holds_simulated(*ingestion.broker, topic));
  auto title = fmt::format("cryptostream  {} -> {}", ingestion.source, topic);
  for (const auto& target : ingestion.targets)
    title += (&target == &ingestion.targets[0] ? " -> " : ", ") + masked_sink_uri(target);
  cli::LiveTable prices(title);
  auto seen = [&prices](const OwnedRecord<std::string, Quote>& record) {
    prices.update(record.value.symbol, record.value.currency, record.value.price, record.value.time);
  };
  CRYPTOSTREAM_TRY_ASSIGN(auto source, make_source(ingestion.source, settings, watch, seen));

  StreamsBuilder builder;
  const KafkaTopic<std::string, Quote> quotes{topic};
  builder.stream(source).to(quotes);
  for (const auto& target : ingestion.targets)
    CRYPTOSTREAM_TRY(to_target(builder.stream(quotes), settings, target, ingestion.sinks, type_of<Quote>()));

  Job job{ingestion.application_id, ingestion.broker, builder.build()};
  job.prices = &prices;
  job.sources.emplace_back(ingestion.source, watch->counts);
  job.aside = [counts = watch->counts] { return report(*counts, system_clock().now()); };
  // Only when what was given has been sent on: a source that ended may still have a batch on its way.
  job.finished = [watch](const Metrics& metrics) {
    return watch->ended && metrics.records_produced + metrics.dead_letters >= watch->given;
  };
  CRYPTOSTREAM_TRY_ASSIGN(auto shown, show_job(settings, ingestion.targets, ingestion.broker));
  return run_jobs({job}, settings, stop_of(settings));
}

/// The same job with invented prices: its log and its targets are others, so that nothing real is ever mixed with them.
Result<Ingestion> simulated(Ingestion ingestion, const cli::Settings& settings) {
  CRYPTOSTREAM_TRY_ASSIGN(auto file, settings.log_file());
  ingestion.source = "simulator";
  ingestion.broker = connect("local:" + simulated_twin(file.string()));
  for (auto& target : ingestion.targets) {
    bool is_file = target.starts_with("sqlite:") || target.starts_with("csv:");
    if (is_file) target = simulated_twin(target);
    if (!is_file && !ingestion.sinks.table.ends_with("_simulated")) ingestion.sinks.table += "_simulated";
  }
  return ingestion;
}

}  // namespace

Result<void> ingest(const cli::Settings& settings, const Words& words) {
  if (!words.empty()) return work_on_pipeline(words[0], {.ingest = true}, settings);
  CRYPTOSTREAM_TRY_ASSIGN(auto source, choose_source(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  Ingestion ingestion{source, "cryptostream-ingest-" + source, broker};
  if (settings.given("application-id")) ingestion.application_id = settings.text("application-id");
  return work(ingestion, settings, std::make_shared<SourceWatch>());
}

Result<void> run(const cli::Settings& settings, const Words& words) {
  if (!words.empty()) return work_on_pipeline(words[0], {.ingest = true, .process = true, .sink = true}, settings);
  CRYPTOSTREAM_TRY(expect_kinds_to_differ(settings.list("to")));
  warn_of_passwords(settings);
  CRYPTOSTREAM_TRY_ASSIGN(auto source, choose_source(settings));
  CRYPTOSTREAM_TRY_ASSIGN(auto broker, open_log(settings));
  Ingestion ingestion{source, "cryptostream-run", broker, settings.list("to")};
  if (ingestion.targets.empty()) ingestion.targets = default_targets;
  CRYPTOSTREAM_TRY_ASSIGN(ingestion.sinks, sink_options(settings));
  if (settings.given("application-id")) ingestion.application_id = settings.text("application-id");
  if (settings.toggle("simulate-offline") && ingestion.source != "simulator") {
    // Asked before anything is opened, so that no empty files of the real job are left behind.
    CRYPTOSTREAM_TRY_ASSIGN(auto probe, make_source(ingestion.source, settings, std::make_shared<SourceWatch>()));
    if (auto reader = probe.open({}, stop_of(settings)); !reader && reader.error().retriable()) {
      CRYPTOSTREAM_TRY_ASSIGN(ingestion, simulated(std::move(ingestion), settings));
      log(LogLevel::warning, "source", "{}", reader.error().message());
      log(LogLevel::warning, "source",
          "going on with INVENTED prices of the simulator, in a log and files of their own");
    }
  }
  return work(ingestion, settings, std::make_shared<SourceWatch>());
}

}  // namespace cryptostream::tool
