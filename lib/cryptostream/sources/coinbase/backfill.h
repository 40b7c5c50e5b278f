// Trades that the feed did not bring, from the exchange's REST endpoint. Private to this folder.
#pragma once

#include <cryptostream/sources/api_client.h>
#include <cryptostream/sources/coinbase/sequence.h>
#include <cryptostream/sources/coinbase/source.h>

namespace cryptostream {

/// One thread only.
class CoinbaseBackfill {
 public:
  explicit CoinbaseBackfill(const CoinbaseOptions& options);

  /// The trades of the hole, oldest first; fewer where the exchange has fewer. Pages go from new to old.
  Result<std::vector<CoinbaseTrade>> fetch(const std::string& product, TradeSequence::Hole hole, std::stop_token stop);

 private:
  const CoinbaseOptions& options_;
  ApiClient client_;
};

}  // namespace cryptostream
