// A topology at work under the tool's settings: how it ends, and what is seen of it meanwhile.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/cli/live_table.h>
#include <cryptostream/cli/settings.h>
#include <cryptostream/dsl/topology.h>
#include <cryptostream/runtime/application.h>
#include <cryptostream/runtime/direct_feed.h>
#include <cryptostream/sources/counts.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace cryptostream::tool {

struct Job {
  std::string application_id;
  std::shared_ptr<Broker> broker;
  Topology topology;
  std::function<bool(const Metrics&)> finished{};  ///< asked a few times a second: true ends the job cleanly
  cli::LiveTable* prices = nullptr;                ///< shown as a live table on a terminal, else as a line now and then
  std::string unit = "records written";            ///< of the progress line where there are no prices
  bool counts_output = true;                       ///< of that line: what sinks wrote, else what went into the log
  std::function<std::string()> aside{};            ///< said with each progress line, unless it is empty
  std::vector<std::pair<std::string, std::shared_ptr<SourceCounts>>> sources{};  ///< for --metrics, by name
  std::vector<DirectFeed> feeds{};  ///< what goes beside the topology, without the log
};

/// The local log that the settings name, with its file in the log.
Result<std::shared_ptr<Broker>> open_log(const cli::Settings& settings);

/// Whether the topic holds invented prices (true) or real ones (false), by its last record; nothing if it has none. All
/// records of a topic are of one sort, because each ingestion asks here first.
Result<std::optional<bool>> holds_simulated(Broker& broker, const std::string& topic);

/// Stops at the first signal and after --duration.
std::stop_token stop_of(const cli::Settings& settings);

/// Runs every job until `stop`, its Job::finished, or an error; the first error ends them all and is returned.
Result<void> run_jobs(const std::vector<Job>& jobs, const cli::Settings& settings, std::stop_token stop);

}  // namespace cryptostream::tool
