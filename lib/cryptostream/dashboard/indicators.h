// Indicators over the candles of a chart. Private to the module.
#pragma once

#include <cryptostream/dashboard/reads.h>

#include <string>
#include <string_view>
#include <vector>

namespace cryptostream::dashboard {

/// The object `indicators` of the API for a list as "sma:20,macd:12-26-9". Errors (usage): an unknown name, periods
/// that are not 1 to 1000 (volatility: from 2), more than 16 of them.
Result<std::string> indicators_json(std::string_view list, const std::vector<Bar>& bars);

}  // namespace cryptostream::dashboard
