// Requests to CoinMarketCap, within its credits. Private to this folder.
#pragma once

#include <cryptostream/sources/api_client.h>
#include <cryptostream/sources/coinmarketcap/messages.h>
#include <cryptostream/sources/coinmarketcap/source.h>
#include <cryptostream/sources/row_reader.h>

namespace cryptostream {

/// One thread only.
class CoinMarketCapClient final : public PolledApi<Coin> {
 public:
  /// `options.counts` must not be null.
  explicit CoinMarketCapClient(CoinMarketCapOptions options);

  /// Turns coins into ids; without coins, sees that the key is good. Errors: configuration, naming coins that do not
  /// exist; those of an answer.
  Result<void> open(std::stop_token stop);

  /// All coins that were asked for, or the whole list; half of them is none.
  Result<PollAnswer<Coin>> ask(std::stop_token stop) override;
  const std::vector<std::string>& expected() const override { return ids_; }
  /// "coinmarketcap /v2/cryptocurrency/quotes/latest"
  std::string what() const { return "coinmarketcap " + endpoint(); }

 private:
  std::string endpoint() const;
  std::string list_query(int limit) const;
  Result<CoinMarketCapAnswer> get(const std::string& query, std::stop_token stop);
  Result<std::vector<Coin>> coins_by(std::string_view parameter, const std::vector<std::string>& names,
                                     std::vector<Error>& bad_rows, std::stop_token stop);
  Result<void> resolve(std::stop_token stop);
  Result<void> within_budget();
  void spend(std::int64_t credits);

  const CoinMarketCapOptions options_;
  ApiClient client_;
  std::vector<std::string> ids_;  // in the order of the options; none: a list
  std::int64_t day_ = 0;          // since 1970, that spent_today_ is about
  std::int64_t spent_today_ = 0;
  std::int64_t poll_costs_ = 1;  // as the last one did
};

}  // namespace cryptostream
