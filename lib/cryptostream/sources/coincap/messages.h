// CoinCap's answers, as versions 2 and 3 of its API give them.
#pragma once

#include <cryptostream/market/quote.h>
#include <cryptostream/sources/fx_table.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cryptostream {

/// One row of /assets. Numbers come as text of up to 36 decimals; nearly everything may be null.
struct CoinCapAsset {
  std::string id;
  std::optional<Decimal> rank;  // digits in quotes
  std::string symbol;
  std::optional<std::string> name;
  std::optional<Decimal> supply;
  std::optional<Decimal> max_supply;
  std::optional<Decimal> market_cap_usd;
  std::optional<Decimal> volume_usd_24hr;
  std::optional<Decimal> price_usd;
  std::optional<Decimal> change_percent_24hr;
  std::optional<Decimal> vwap_24hr;
};
CRYPTOSTREAM_SCHEMA(CoinCapAsset, id, rank, symbol, name, supply, (max_supply, "maxSupply"),
                    (market_cap_usd, "marketCapUsd"), (volume_usd_24hr, "volumeUsd24Hr"), (price_usd, "priceUsd"),
                    (change_percent_24hr, "changePercent24Hr"), (vwap_24hr, "vwap24Hr"))

/// What an answer holds that can be used, and what is wrong with the rest.
struct CoinCapAnswer {
  std::vector<CoinCapAsset> assets{};    ///< in the answer's order, each id once
  std::optional<Timestamp> timestamp{};  ///< of the envelope
  std::size_t rows = 0;                  ///< good and bad
  std::size_t duplicates = 0;            ///< rows left out: their id was there before
  std::vector<Error> bad_rows{};         ///< rows left out; each error names source, endpoint, row and field
};

/// Decodes the answer of `endpoint` ("/assets"), or of one asset ("/assets/bitcoin"), where `data` is an object.
/// Errors (bad_record): the envelope is broken; the message names source, endpoint, field and what to do.
Result<CoinCapAnswer> decode_coincap_assets(std::string_view endpoint, std::string_view body);

/// One point of /assets/{id}/history.
struct CoinCapPoint {
  Decimal price;
  Timestamp time;
};
struct CoinCapHistory {
  std::vector<CoinCapPoint> points{};  ///< oldest first
  std::vector<Error> bad_rows{};
};

/// Decodes the answer of `endpoint` ("/assets/bitcoin/history"). Errors (bad_record): as above.
Result<CoinCapHistory> decode_coincap_history(std::string_view endpoint, std::string_view body);

/// Decodes the answer of /rates: what one US dollar costs in each currency, the inverse of what it says. Errors
/// (bad_record): as above, or the timestamp is missing.
Result<FxAnswer> decode_coincap_rates(std::string_view body);

/// The asset as quote/1. `asset.price_usd` must be there.
Quote to_quote(const CoinCapAsset& asset, Timestamp time);

}  // namespace cryptostream
