// Requests to CoinCap. Private to this folder.
#pragma once

#include <cryptostream/sources/api_client.h>
#include <cryptostream/sources/coincap/messages.h>
#include <cryptostream/sources/coincap/source.h>

namespace cryptostream {

/// A request for `endpoint`, with the key.
HttpRequest coincap_request(std::string_view endpoint, std::string url, const std::string& key);

/// Errors: configuration (a key that cannot be sent), permission (none where one is needed).
Result<void> check_coincap_key(const std::string& key, const std::string& url);

/// One thread only.
class CoinCapClient {
 public:
  explicit CoinCapClient(const CoinCapOptions& options);

  /// GET /assets with this query; the timestamp is always there (the envelope's, else the answer's `Date`, else now,
  /// said once).
  Result<CoinCapAnswer> assets(const std::string& query, std::stop_token stop);

  /// Prices of the coin between these times, both included, one a minute, oldest first. Bad rows are counted.
  Result<std::vector<CoinCapPoint>> history(const std::string& id, Timestamp from, Timestamp to, std::stop_token stop);

  /// The ids of these coins, in their order, each once. Errors: configuration, naming coins that do not exist; those of
  /// assets().
  Result<std::vector<std::string>> resolve(const std::vector<std::string>& coins, std::stop_token stop);

 private:
  Result<std::string> resolve_one(const std::string& coin, std::stop_token stop);

  const CoinCapOptions& options_;
  ApiClient client_;
  bool said_no_timestamp_ = false;
};

}  // namespace cryptostream
