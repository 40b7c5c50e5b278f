#include <cryptostream/core/excerpt.h>
#include <cryptostream/data/json.h>
#include <cryptostream/sources/coingecko/messages.h>
#include <cryptostream/sources/json_rows.h>

#include <limits>

namespace cryptostream {
namespace {

constexpr std::string_view what_to_do =
    "the answer is not what CoinGecko's API documents; check the address (--coingecko-url), or wait until it is well";

struct Row {
  std::string id;
  std::string symbol;
  std::string name;
  std::optional<Decimal> current_price;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> market_cap_rank;
  std::optional<Decimal> total_volume;
  std::optional<Decimal> circulating_supply;
  std::optional<Decimal> total_supply;
  std::optional<Decimal> max_supply;
  std::optional<Decimal> change_24h;  // in US dollars
  std::optional<Decimal> change_1h_in_currency;
  std::optional<Decimal> change_24h_in_currency;
  std::optional<Decimal> change_7d_in_currency;
  std::optional<Decimal> change_30d_in_currency;
  std::optional<std::string> last_updated;
};
CRYPTOSTREAM_SCHEMA(Row, id, symbol, name, current_price, market_cap, market_cap_rank, total_volume, circulating_supply,
                    total_supply, max_supply, (change_24h, "price_change_percentage_24h"),
                    (change_1h_in_currency, "price_change_percentage_1h_in_currency"),
                    (change_24h_in_currency, "price_change_percentage_24h_in_currency"),
                    (change_7d_in_currency, "price_change_percentage_7d_in_currency"),
                    (change_30d_in_currency, "price_change_percentage_30d_in_currency"), last_updated)

tl::unexpected<Error> bad(std::string message) { return fail(ErrorKind::bad_record, std::move(message)); }

tl::unexpected<Error> refusal(std::string_view where, const Error& error) {
  return fail(error.kind(), fmt::format("{}: {}; {}", where, error.message(), what_to_do));
}

std::string capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

std::optional<std::int64_t> whole(const std::optional<Decimal>& number) {
  if (!number || number->scale() != 0 || number->negative() ||
      number->coefficient() > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return static_cast<std::int64_t>(number->coefficient());
}

/// Nothing when the price is null.
Result<std::optional<Coin>> decode_row(std::string_view text, Row& row, const std::string& currency) {
  CRYPTOSTREAM_TRY(decode_json(type_of<Row>(), text, &row));
  if (row.id.empty() || row.symbol.empty())
    return bad(fmt::format("field {} is empty", row.id.empty() ? "id" : "symbol"));
  if (!row.current_price) return std::optional<Coin>();
  if (!row.last_updated) return bad("field last_updated is missing");
  auto time = Timestamp::parse(*row.last_updated);
  if (!time || time->ms <= 0)
    return bad(fmt::format("field last_updated is no time: {}", excerpt(*row.last_updated, 40)));
  return std::optional(Coin{
      .source = "coingecko",
      .asset_id = row.id,
      .id = coin_number(row.id),
      .symbol = capitals(row.symbol),
      .name = row.name,
      .currency = currency,
      .price = *row.current_price,
      .time = *time,
      .max_supply = row.max_supply,
      .circulating_supply = row.circulating_supply,
      .total_supply = row.total_supply,
      .cmc_rank = whole(row.market_cap_rank),
      .market_cap = row.market_cap,
      .volume_24h = row.total_volume,
      .percent_change_1h = row.change_1h_in_currency,
      .percent_change_24h = row.change_24h_in_currency ? row.change_24h_in_currency : row.change_24h,
      .percent_change_7d = row.change_7d_in_currency,
      .percent_change_30d = row.change_30d_in_currency,
  });
}

/// The member as a number; nothing if it is missing or null.
Result<std::optional<Decimal>> number_in(const std::vector<JsonMember>& members, const std::string& name) {
  auto text = find_member(members, name);
  if (!text) return std::optional<Decimal>();
  auto number = Decimal::parse(*text);
  if (!number) return bad(fmt::format("field {} is no number: {}", name, excerpt(*text, 40)));
  return std::optional(*number);
}

/// Nothing when the price is null.
Result<std::optional<CoinGeckoPrice>> decode_price(const JsonMember& coin, const std::string& currency) {
  CRYPTOSTREAM_TRY_ASSIGN(auto members, json_members(coin.value));
  CRYPTOSTREAM_TRY_ASSIGN(auto price, number_in(members, currency));
  bool there = false;
  for (const auto& member : members) there = there || member.name == currency;
  if (!there) return bad(fmt::format("field {} is missing: {}", currency, excerpt(coin.value, 120)));
  if (!price) return std::optional<CoinGeckoPrice>();
  CRYPTOSTREAM_TRY_ASSIGN(auto seconds, number_in(members, "last_updated_at"));
  auto time = whole(seconds);
  if (!time || *time <= 0 || *time > 253'402'300'799)
    return bad("field last_updated_at is missing, or no time in seconds");
  CoinGeckoPrice found{.id = coin.name, .price = *price, .time = Timestamp{*time * 1000}};
  CRYPTOSTREAM_TRY_ASSIGN(found.market_cap, number_in(members, currency + "_market_cap"));
  CRYPTOSTREAM_TRY_ASSIGN(found.volume_24h, number_in(members, currency + "_24h_vol"));
  CRYPTOSTREAM_TRY_ASSIGN(found.percent_change_24h, number_in(members, currency + "_24h_change"));
  return std::optional(std::move(found));
}

}  // namespace

std::string small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Result<CoinGeckoMarkets> decode_coingecko_markets(std::string_view body, const std::string& currency) {
  constexpr std::string_view where = "coingecko /coins/markets";
  auto split = split_json_rows(body, "");
  if (!split) return refusal(where, split.error());
  CoinGeckoMarkets answer{.rows = split->rows.size()};
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < split->rows.size(); ++i) {
    Row row;
    auto coin = decode_row(split->rows[i], row, currency);
    if (!coin) {
      auto name =
          row.id.empty() ? fmt::format("row {}", i + 1) : fmt::format("row {} ({})", i + 1, excerpt(row.id, 40));
      answer.found.bad_rows.push_back(std::move(coin).error().with_context(fmt::format("{}, {}", where, name)));
    } else if (!seen.insert(row.id).second) {
      ++answer.found.duplicates;
    } else if (!*coin) {
      answer.found.without_price.push_back(row.id);
    } else {
      (*coin)->place = static_cast<std::int64_t>(i) + 1;
      answer.found.rows.push_back(std::move(**coin));
    }
  }
  return answer;
}

Result<CoinGeckoPrices> decode_coingecko_prices(std::string_view body, const std::string& currency) {
  constexpr std::string_view where = "coingecko /simple/price";
  auto members = json_members(body);
  if (!members) return refusal(where, members.error());
  CoinGeckoPrices answer;
  for (const auto& coin : *members) {
    auto price = decode_price(coin, small_letters(currency));
    if (!price) {
      answer.bad_rows.push_back(
          std::move(price).error().with_context(fmt::format("{}, {}", where, excerpt(coin.name, 40))));
    } else if (!*price) {
      answer.without_price.push_back(coin.name);
    } else {
      answer.prices.push_back(std::move(**price));
    }
  }
  return answer;
}

}  // namespace cryptostream
