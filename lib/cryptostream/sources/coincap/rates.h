// CoinCap: exchange rates, asked for at a fixed rate.
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

struct CoinCapRatesOptions {
  std::string base = "USD";
  std::vector<std::string> currencies{"SEK", "NOK", "DKK", "EUR", "ISK"};  ///< none: all there are, coins among them
  std::string key{};  ///< version 3 wants one (https://pro.coincap.io); sent as a header, never shown
  std::string url = "https://rest.coincap.io/v3";
  std::chrono::milliseconds interval{60'000};
  double requests_per_minute = 100;  ///< shared by all readers of this url in the process
  Backoff::Options retry{.first = std::chrono::milliseconds(1'000), .most = std::chrono::milliseconds(60'000)};
  HttpOptions http{};
  std::shared_ptr<SourceCounts> counts{};  ///< where to count and report, if anybody wants to know
};

/// One fx_rate/1 a currency and poll, keyed by currency, its time that of the answer. CoinCap says what one unit costs
/// in US dollars; the rate is the inverse of that, to 18 decimals at least. Where money and a coin share a symbol it is
/// the money's. As for the rest: see FastForexSource.
class CoinCapRates {
 public:
  using Key = std::string;
  using Value = FxRate;

  explicit CoinCapRates(CoinCapRatesOptions options) : options_(std::move(options)) {}

  std::string name() const { return "coincap-rates"; }
  int partitions() const { return 1; }
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  CoinCapRatesOptions options_;
};

}  // namespace cryptostream
