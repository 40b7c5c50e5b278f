#include <cryptostream/core/excerpt.h>
#include <cryptostream/data/json.h>
#include <cryptostream/sources/coincap/messages.h>
#include <cryptostream/sources/json_rows.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace cryptostream {
namespace {

constexpr std::string_view what_to_do =
    "the answer is not what CoinCap's API documents; check the address (--coincap-url), or wait until it is well";

/// Integer milliseconds, bare or in quotes.
std::optional<Timestamp> parse_ms(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  std::int64_t ms = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size() || ms <= 0) return std::nullopt;
  return Timestamp{ms};
}

struct HistoryRow {
  Decimal price_usd;
  std::int64_t time = 0;
};
CRYPTOSTREAM_SCHEMA(HistoryRow, (price_usd, "priceUsd"), time)

struct RateRow {
  std::string symbol;
  std::optional<std::string> type;
  Decimal rate_usd;
};
CRYPTOSTREAM_SCHEMA(RateRow, symbol, type, (rate_usd, "rateUsd"))

tl::unexpected<Error> refusal(std::string_view where, std::string_view why) {
  return fail(ErrorKind::bad_record, fmt::format("{}: {}; {}", where, why, what_to_do));
}

}  // namespace

Result<CoinCapAnswer> decode_coincap_assets(std::string_view endpoint, std::string_view body) {
  auto where = fmt::format("coincap {}", endpoint);
  bool single = endpoint.size() > std::string_view("/assets/").size();
  auto split = split_json_rows(body, "data", single);
  if (!split) return refusal(where, split.error().message());
  CoinCapAnswer answer;
  answer.rows = split->rows.size();
  if (split->timestamp) {
    answer.timestamp = parse_ms(*split->timestamp);
    if (!answer.timestamp) return refusal(where, "field timestamp is no time in milliseconds");
  }
  std::unordered_set<std::string_view> seen;
  answer.assets.reserve(split->rows.size());  // ids must stay where they are: `seen` looks at them
  for (std::size_t i = 0; i < split->rows.size(); ++i) {
    CoinCapAsset asset;
    auto decoded = decode_json(type_of<CoinCapAsset>(), split->rows[i], &asset);
    if (decoded && (asset.id.empty() || asset.symbol.empty()))
      decoded = fail(ErrorKind::bad_record, fmt::format("field {} is empty", asset.id.empty() ? "id" : "symbol"));
    if (!decoded) {
      auto row = asset.id.empty() ? fmt::format("row {}", i + 1) : fmt::format("row {} ({})", i + 1, asset.id);
      answer.bad_rows.push_back(std::move(decoded).error().with_context(fmt::format("{}, {}", where, row)));
      continue;
    }
    if (seen.contains(asset.id)) {
      ++answer.duplicates;
      continue;
    }
    answer.assets.push_back(std::move(asset));
    seen.insert(answer.assets.back().id);
  }
  return answer;
}

Result<CoinCapHistory> decode_coincap_history(std::string_view endpoint, std::string_view body) {
  auto where = fmt::format("coincap {}", endpoint);
  auto split = split_json_rows(body, "data");
  if (!split) return refusal(where, split.error().message());
  CoinCapHistory history;
  for (std::size_t i = 0; i < split->rows.size(); ++i) {
    HistoryRow row;
    auto decoded = decode_json(type_of<HistoryRow>(), split->rows[i], &row);
    if (decoded && row.time <= 0) decoded = fail(ErrorKind::bad_record, "field time is no time in milliseconds");
    if (decoded) {
      history.points.push_back({row.price_usd, Timestamp{row.time}});
    } else {
      history.bad_rows.push_back(std::move(decoded).error().with_context(fmt::format("{}, row {}", where, i + 1)));
    }
  }
  std::stable_sort(history.points.begin(), history.points.end(),
                   [](const CoinCapPoint& a, const CoinCapPoint& b) { return a.time < b.time; });
  return history;
}

Result<FxAnswer> decode_coincap_rates(std::string_view body) {
  constexpr std::string_view where = "coincap /rates";
  auto split = split_json_rows(body, "data");
  if (!split) return refusal(where, split.error().message());
  auto time = split->timestamp ? parse_ms(*split->timestamp) : std::nullopt;
  if (!time) return refusal(where, "field timestamp is missing or no time in milliseconds");
  FxAnswer answer;
  FxTable table{.base = "USD", .time = *time};
  std::unordered_set<std::string> money;  // its symbols come before those of coins
  for (std::size_t i = 0; i < split->rows.size(); ++i) {
    RateRow row;
    auto decoded = decode_json(type_of<RateRow>(), split->rows[i], &row);
    if (decoded && (row.rate_usd.negative() || row.rate_usd.is_zero()))
      decoded = fail(ErrorKind::bad_record, "field rateUsd is not above zero");
    auto rate = decoded ? Decimal::divide(Decimal(1), row.rate_usd) : Decimal();
    if (decoded && (!rate || rate->is_zero())) decoded = fail(ErrorKind::bad_record, "field rateUsd is too large");
    if (!decoded) {
      auto name = row.symbol.empty() ? "" : fmt::format(" ({})", excerpt(row.symbol, 20));
      answer.bad_rows.push_back(
          std::move(decoded).error().with_context(fmt::format("{}, row {}{}", where, i + 1, name)));
    } else if (row.type == "fiat" ? money.insert(row.symbol).second : !table.rates.contains(row.symbol)) {
      table.rates[row.symbol] = *rate;
    }
  }
  answer.tables.push_back(std::move(table));
  return answer;
}

Quote to_quote(const CoinCapAsset& asset, Timestamp time) {
  Quote quote{
      .source = "coincap",
      .asset_id = asset.id,
      .symbol = asset.symbol,
      .name = asset.name,
      .currency = "USD",
      .price = *asset.price_usd,
      .time = time,
      .volume_24h = asset.volume_usd_24hr,
      .market_cap = asset.market_cap_usd,
      .vwap_24h = asset.vwap_24hr,
      .change_percent_24h = asset.change_percent_24hr,
      .circulating_supply = asset.supply,
      .max_supply = asset.max_supply,
  };
  if (asset.rank && asset.rank->scale() == 0 && asset.rank->coefficient() >= 0 &&
      asset.rank->coefficient() < 1'000'000'000)
    quote.rank = static_cast<std::int64_t>(asset.rank->coefficient());
  return quote;
}

}  // namespace cryptostream
