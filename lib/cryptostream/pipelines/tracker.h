// tracker: prices of chosen coins -> each with the first price of its day -> two CSV files for Power BI.
#pragma once

#include <cryptostream/market/quote.h>
#include <cryptostream/market/tracked_coin.h>
#include <cryptostream/pipelines/pipeline.h>

#include <string>
#include <utility>

namespace cryptostream {

/// Topics: tracker (quote/1), tracker-values (tracked/1: every price), tracker-last (tracked/1: a price that is newer
/// than all before it). Tables: crypto_data, last_values.
struct TrackerOptions {
  Renames renames{};
};

/// tracker.
template <Source S>
void ingest_tracker(StreamsBuilder& builder, S source, const TrackerOptions& options) {
  builder.stream(std::move(source)).to(KafkaTopic<std::string, Quote>(renamed(options.renames, "tracker")));
}

/// tracker -> tracker-values and tracker-last. A day is one of UTC. A price that comes late but is the first of its day
/// is so for those that come behind it. One that is more than seven days behind the newest is a bad record.
void process_tracker(StreamsBuilder& builder, const TrackerOptions& options);

/// tracker-values -> crypto_data, every row; tracker-last -> last_values, one row a coin. Errors: those of any_table.
Result<void> sink_tracker(StreamsBuilder& builder, const std::string& uri, const TrackerOptions& options);

}  // namespace cryptostream
