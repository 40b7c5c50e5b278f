// Requests to CoinGecko. Private to this folder.
#pragma once

#include <cryptostream/sources/api_client.h>
#include <cryptostream/sources/coingecko/messages.h>
#include <cryptostream/sources/coingecko/source.h>

#include <map>

namespace cryptostream {

/// One thread only.
class CoinGeckoClient final : public PolledApi<Coin> {
 public:
  explicit CoinGeckoClient(CoinGeckoOptions options);

  /// Turns coins into ids; without coins, sees that somebody is there. Errors: configuration, naming coins that do not
  /// exist; those of an answer.
  Result<void> open(std::stop_token stop);

  /// All coins that were asked for; half of them is none.
  Result<PollAnswer<Coin>> ask(std::stop_token stop) override;
  const std::vector<std::string>& expected() const override { return ids_; }
  /// "coingecko /coins/markets"
  std::string what() const;

 private:
  Result<std::string> get(std::string_view endpoint, const std::string& query, std::stop_token stop);
  Result<CoinGeckoMarkets> markets(const std::string& query, std::stop_token stop);
  Result<void> find_ids(std::vector<std::string>& names, std::stop_token stop);
  Result<void> find_symbols(std::vector<std::string>& names, std::stop_token stop);
  Result<PollAnswer<Coin>> ask_markets(std::stop_token stop);
  Result<PollAnswer<Coin>> ask_prices(std::stop_token stop);
  std::string ids_from(std::size_t at) const;

  const CoinGeckoOptions options_;
  ApiClient client_;
  std::vector<std::string> ids_;                // none: the first coins by market cap
  std::map<std::string, std::string> by_name_;  // of the options, to id
  std::map<std::string, Coin> coins_;           // by id, as they were when the source was opened: names and symbols
  std::vector<Error> bad_rows_;                 // of the opening
};

}  // namespace cryptostream
