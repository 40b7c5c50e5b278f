// Frankfurter: the European Central Bank's reference rates as JSON, without a key.
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

struct FrankfurterOptions {
  std::string base = "USD";
  std::vector<std::string> currencies{"SEK", "NOK", "DKK", "EUR", "ISK"};  ///< none: all there are
  std::string url = "https://api.frankfurter.dev";
  std::chrono::milliseconds interval{3'600'000};  ///< there are new rates once a working day
  double requests_per_minute = 10;                ///< shared by all readers of this url in the process
  Backoff::Options retry{.first = std::chrono::milliseconds(1'000), .most = std::chrono::milliseconds(600'000)};
  HttpOptions http{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count and report, if anybody wants to know
};

/// One fx_rate/1 a currency and working day, keyed by currency. Asked for is the bank's own base, EUR; rates of another
/// one are quotients of two reference rates, to 18 decimals at least. Time: 15:00 UTC of the rates' date, which is
/// never before they were published (about 16:00 in Frankfurt). As for the rest: see FastForexSource.
class FrankfurterSource {
 public:
  using Key = std::string;
  using Value = FxRate;

  explicit FrankfurterSource(FrankfurterOptions options) : options_(std::move(options)) {}

  std::string name() const { return "frankfurter"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  FrankfurterOptions options_;
};

}  // namespace cryptostream
