// The stores of windowed aggregates: how long they keep windows, and what of that users may choose.
#pragma once

#include <cryptostream/data/windows.h>
#include <cryptostream/dsl/options.h>
#include <cryptostream/graph/window_aggregate_nodes.h>

#include <chrono>
#include <string>

namespace cryptostream {

std::chrono::milliseconds window_size(const TimeWindows& windows);
std::chrono::milliseconds window_size(const UnlimitedWindows& windows);
std::chrono::milliseconds window_size(const SlidingWindows& windows);

/// How long behind its end (sessions: behind its last record) a window may still change.
std::chrono::milliseconds window_grace(const TimeWindows& windows);
std::chrono::milliseconds window_grace(const UnlimitedWindows& windows);
std::chrono::milliseconds window_grace(const SlidingWindows& windows);
std::chrono::milliseconds window_grace(const SessionWindows& windows);

/// Throws std::invalid_argument if the retention asked for is too short for these windows.
StoreSpec window_store(const Materialized& materialized, std::string name, const TimeWindows& windows,
                       Emission emission);
StoreSpec window_store(const Materialized& materialized, std::string name, const UnlimitedWindows& windows,
                       Emission emission);
StoreSpec window_store(const Materialized& materialized, std::string name, const SlidingWindows& windows,
                       Emission emission);
StoreSpec window_store(const Materialized& materialized, std::string name, const SessionWindows& windows,
                       Emission emission);

}  // namespace cryptostream
