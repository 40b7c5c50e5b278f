#include <cryptostream/core/excerpt.h>
#include <cryptostream/data/json.h>
#include <cryptostream/sources/coinmarketcap/messages.h>
#include <cryptostream/sources/json_rows.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

namespace cryptostream {
namespace {

constexpr std::string_view what_to_do =
    "the answer is not what CoinMarketCap's API documents; check the address (--coinmarketcap-url) and the version "
    "(--coinmarketcap-version), or wait until it is well";

struct Status {
  std::optional<std::string> timestamp;
  std::optional<Decimal> error_code;  // a text in some answers
  std::optional<std::string> error_message;
  std::optional<Decimal> credit_count;
};
CRYPTOSTREAM_SCHEMA(Status, timestamp, error_code, error_message, credit_count)

struct Row {
  Decimal id;
  std::string name;
  std::string symbol;
  std::optional<Decimal> max_supply;
  std::optional<Decimal> circulating_supply;
  std::optional<Decimal> total_supply;
  std::optional<Decimal> cmc_rank;
  std::optional<std::string> last_updated;
};
CRYPTOSTREAM_SCHEMA(Row, id, name, symbol, max_supply, circulating_supply, total_supply, cmc_rank, last_updated)

struct QuoteRow {
  std::optional<std::string> symbol;  // version 3 only
  std::optional<Decimal> price;
  std::optional<Decimal> volume_24h;
  std::optional<Decimal> percent_change_1h;
  std::optional<Decimal> percent_change_24h;
  std::optional<Decimal> percent_change_7d;
  std::optional<Decimal> percent_change_30d;
  std::optional<Decimal> market_cap;
  std::optional<Decimal> market_cap_dominance;
  std::optional<std::string> last_updated;
};
CRYPTOSTREAM_SCHEMA(QuoteRow, symbol, price, volume_24h, percent_change_1h, percent_change_24h, percent_change_7d,
                    percent_change_30d, market_cap, market_cap_dominance, last_updated)

tl::unexpected<Error> bad(std::string message) { return fail(ErrorKind::bad_record, std::move(message)); }

std::optional<std::int64_t> whole(const std::optional<Decimal>& number) {
  if (!number || number->coefficient() > std::numeric_limits<std::int64_t>::max() || number->coefficient() < 0 ||
      number->scale() != 0)
    return std::nullopt;
  return static_cast<std::int64_t>(number->coefficient());
}

Result<std::optional<Timestamp>> parse_time(std::string_view field, const std::optional<std::string>& text) {
  if (!text) return std::optional<Timestamp>();
  auto time = Timestamp::parse(*text);
  if (!time || time->ms <= 0) return bad(fmt::format("field {} is no time: {}", field, excerpt(*text, 40)));
  return std::optional(*time);
}

Result<CoinMarketCapStatus> decode_status(std::string_view text) {
  Status status;
  if (auto decoded = decode_json(type_of<Status>(), text, &status); !decoded)
    return fail(std::move(decoded).error().with_context("field status"));
  CRYPTOSTREAM_TRY_ASSIGN(auto time, parse_time("status.timestamp", status.timestamp));
  auto code = status.error_code ? whole(status.error_code) : 0;
  if (!code) return bad("field status.error_code is no whole number");
  return CoinMarketCapStatus{
      .error_code = *code,
      .error_message = status.error_message.value_or(""),
      .credits = whole(status.credit_count).value_or(0),
      .timestamp = time,
  };
}

/// The quote in `currency`: a member of that name, or in version 3 the entry of a list with that symbol.
Result<QuoteRow> find_quote(std::string_view quotes, const std::string& currency) {
  auto decode = [](std::string_view where, std::string_view text) -> Result<QuoteRow> {
    QuoteRow quote;
    if (auto decoded = decode_json(type_of<QuoteRow>(), text, &quote); !decoded)
      return fail(std::move(decoded).error().with_context(where));
    return quote;
  };
  std::string others;
  if (quotes.starts_with('[')) {
    CRYPTOSTREAM_TRY_ASSIGN(auto entries, split_json_rows(quotes, ""));
    for (auto entry : entries.rows) {
      CRYPTOSTREAM_TRY_ASSIGN(auto quote, decode("field quote", entry));
      if (quote.symbol == currency) return quote;
      others += (others.empty() ? "" : ", ") + quote.symbol.value_or("one without symbol");
    }
  } else {
    auto members = json_members(quotes);
    if (!members) return fail(std::move(members).error().with_context("field quote"));
    for (const auto& member : *members) {
      if (member.name == currency) return decode("field quote." + currency, member.value);
      others += (others.empty() ? "" : ", ") + member.name;
    }
  }
  return bad(fmt::format("field quote.{} is missing{}", currency,
                         others.empty() ? "" : fmt::format("; there is {}", excerpt(others, 80))));
}

/// One coin; nothing when its price is null.
Result<std::optional<Coin>> decode_coin(std::string_view text, Row& row, const std::string& currency,
                                        std::optional<Timestamp> answered) {
  CRYPTOSTREAM_TRY(decode_json(type_of<Row>(), text, &row));
  auto id = whole(row.id);
  if (!id) return bad("field id is no whole number");
  if (row.symbol.empty()) return bad("field symbol is empty");
  CRYPTOSTREAM_TRY_ASSIGN(auto members, json_members(text));
  auto quotes = find_member(members, "quote");
  if (!quotes) return bad("field quote is missing: this is no list of quotes; check the address (--coinmarketcap-url)");
  CRYPTOSTREAM_TRY_ASSIGN(auto quote, find_quote(*quotes, currency));
  if (!quote.price) return std::optional<Coin>();
  CRYPTOSTREAM_TRY_ASSIGN(auto time, parse_time("last_updated", row.last_updated));
  if (!time) {
    CRYPTOSTREAM_TRY_ASSIGN(time, parse_time(fmt::format("quote.{}.last_updated", currency), quote.last_updated));
  }
  if (!time) time = answered;
  if (!time) return bad("field last_updated is missing");
  Coin coin{
      .source = "coinmarketcap",
      .asset_id = std::to_string(*id),
      .id = *id,
      .symbol = row.symbol,
      .name = row.name,
      .currency = currency,
      .price = *quote.price,
      .time = *time,
      .max_supply = row.max_supply,
      .circulating_supply = row.circulating_supply,
      .total_supply = row.total_supply,
      .cmc_rank = whole(row.cmc_rank),
      .market_cap = quote.market_cap,
      .market_cap_dominance = quote.market_cap_dominance,
      .volume_24h = quote.volume_24h,
      .percent_change_1h = quote.percent_change_1h,
      .percent_change_24h = quote.percent_change_24h,
      .percent_change_7d = quote.percent_change_7d,
      .percent_change_30d = quote.percent_change_30d,
  };
  return std::optional(std::move(coin));
}

/// The coins of `data`, each as written.
Result<std::vector<std::string_view>> rows_of(std::string_view data) {
  if (data.starts_with('[')) {
    CRYPTOSTREAM_TRY_ASSIGN(auto list, split_json_rows(data, ""));
    return std::move(list.rows);
  }
  if (!data.starts_with('{'))
    return bad(fmt::format("field data is neither a list nor an object: {}", excerpt(data, 80)));
  CRYPTOSTREAM_TRY_ASSIGN(auto members, json_members(data));
  std::vector<std::string_view> rows;
  for (const auto& member : members) {
    if (member.value.starts_with('[')) {  // coins that share a symbol
      CRYPTOSTREAM_TRY_ASSIGN(auto list, split_json_rows(member.value, ""));
      rows.insert(rows.end(), list.rows.begin(), list.rows.end());
    } else {
      rows.push_back(member.value);
    }
  }
  return rows;
}

Result<CoinMarketCapAnswer> decode(const std::string& where, std::string_view body, const std::string& currency) {
  CoinMarketCapAnswer answer;
  CRYPTOSTREAM_TRY_ASSIGN(auto members, json_members(body));
  if (auto status = find_member(members, "status")) {
    CRYPTOSTREAM_TRY_ASSIGN(answer.status, decode_status(*status));
  }
  if (answer.status.error_code != 0) return answer;
  auto data = find_member(members, "data");
  if (!data) return bad(fmt::format("field data is missing: {}", excerpt(body, 120)));
  CRYPTOSTREAM_TRY_ASSIGN(auto rows, rows_of(*data));
  answer.rows = rows.size();
  std::unordered_set<std::string> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Row row;
    auto coin = decode_coin(rows[i], row, currency, answer.status.timestamp);
    if (!coin) {
      auto name = row.symbol.empty() ? fmt::format("row {}", i + 1)
                                     : fmt::format("row {} ({} {})", i + 1, row.id, excerpt(row.symbol, 20));
      answer.bad_rows.push_back(std::move(coin).error().with_context(fmt::format("{}, {}", where, name)));
    } else if (!seen.insert(row.id.to_string()).second) {
      ++answer.duplicates;
    } else if (!*coin) {
      answer.without_price.push_back(row.id.to_string());
    } else {
      (*coin)->place = static_cast<std::int64_t>(i) + 1;
      answer.coins.push_back(std::move(**coin));
    }
  }
  return answer;
}

std::chrono::milliseconds until_next_day(Timestamp now) {
  constexpr std::int64_t day = 86'400'000;
  return std::chrono::milliseconds(day - now.ms % day);
}

}  // namespace

std::optional<CoinMarketCapStatus> coinmarketcap_status(std::string_view body) {
  auto members = json_members(body);
  if (!members) return std::nullopt;
  auto text = find_member(*members, "status");
  if (!text) return std::nullopt;
  auto status = decode_status(*text);
  if (!status) return std::nullopt;
  return *status;
}

Error coinmarketcap_refusal(std::string_view endpoint, const CoinMarketCapStatus& status, Timestamp now,
                            std::string_view secret) {
  auto error = [&](ErrorKind kind, std::string_view what, std::string_view to_do) {
    return Error(kind, fmt::format("coinmarketcap {}: {} (status.error_code {}): {}; {}", endpoint, what,
                                   status.error_code, excerpt(status.error_message, 160, secret), to_do));
  };
  constexpr std::string_view check_the_key =
      "check the key: CRYPTOSTREAM_COINMARKETCAP_KEY or --coinmarketcap-key-file, from https://pro.coinmarketcap.com";
  switch (status.error_code) {
    case 1001:
    case 1002:
    case 401:
      return error(ErrorKind::permission, "the key is missing or refused", check_the_key);
    case 1003:
    case 1004:
    case 402:
      return error(ErrorKind::permission, "the plan is not paid for", check_the_key);
    case 1005:
    case 1006:
    case 1007:
    case 403:
      return error(ErrorKind::permission, "access is refused", check_the_key);
    case 1008:
    case 1011:
    case 429:
      return error(ErrorKind::temporary, "too many requests", "ask less often (--interval) or with a larger plan")
          .with_retry_after(std::chrono::minutes(1));
    case 1009:
    case 1010:
      // The month's may come back earlier than the month ends, with another plan: asked once a day.
      return error(ErrorKind::temporary,
                   status.error_code == 1009 ? "the day's credits are used up" : "the month's credits are used up",
                   "ask less often (--interval) or with a larger plan")
          .with_retry_after(until_next_day(now));
    case 400:
      return error(ErrorKind::configuration, "the request is refused", "check coins and currency (--coins, --quote)");
    default:
      if (status.error_code >= 500 && status.error_code < 1000)
        return error(ErrorKind::unavailable, "the server is in trouble", "trying again");
      return error(ErrorKind::failure, "the request is refused",
                   "check the address (--coinmarketcap-url) and what CoinMarketCap says of this code");
  }
}

Result<CoinMarketCapAnswer> decode_coinmarketcap(std::string_view endpoint, std::string_view body,
                                                 const std::string& currency) {
  auto where = fmt::format("coinmarketcap {}", endpoint);
  auto answer = decode(where, body, currency);
  if (!answer)
    return fail(answer.error().kind(), fmt::format("{}: {}; {}", where, answer.error().message(), what_to_do));
  return answer;
}

}  // namespace cryptostream
