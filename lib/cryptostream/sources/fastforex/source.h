// FastForex: exchange rates of the minute, asked for at a fixed rate.
#pragma once

#include <cryptostream/core/backoff.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/fx_rate.h>
#include <cryptostream/net/http_client.h>
#include <cryptostream/sources/counts.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace cryptostream {

struct FastForexOptions {
  std::string base = "USD";
  std::vector<std::string> currencies{"SEK", "NOK", "DKK", "EUR", "ISK"};  ///< none: all there are
  std::string key{};  ///< https://www.fastforex.io; sent as a header, never shown
  std::string url = "https://api.fastforex.io";
  std::chrono::milliseconds interval{60'000};
  double requests_per_minute = 60;  ///< shared by all readers of this url in the process
  Backoff::Options retry{.first = std::chrono::milliseconds(1'000), .most = std::chrono::milliseconds(60'000)};
  HttpOptions http{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count and report, if anybody wants to know
};

/// One fx_rate/1 a currency and poll, keyed by currency, its time the answer's `updated`; a rate that is not newer than
/// the last is left out.
///
/// `open` asks once; errors, final or, if retriable, for the caller to try again: permission (no key, or a refused
/// one), configuration (currencies that do not exist, each named), unavailable, temporary. A reader that is open gives
/// no errors any more: it says once what is wrong, waits and goes on. Polls keep to a fixed schedule. Position: the
/// newest time of each currency.
class FastForexSource {
 public:
  using Key = std::string;
  using Value = FxRate;

  explicit FastForexSource(FastForexOptions options) : options_(std::move(options)) {}

  std::string name() const { return "fastforex"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  FastForexOptions options_;
};

}  // namespace cryptostream
