#include <cryptostream/core/clock.h>
#include <cryptostream/core/log.h>
#include <cryptostream/sources/coinmarketcap/client.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include <fmt/format.h>

namespace cryptostream {
namespace {

constexpr std::size_t coins_a_request = 100;  // what one credit buys
constexpr std::int64_t day_ms = 86'400'000;
constexpr std::string_view fields = "cmc_rank,max_supply,circulating_supply,total_supply";

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool is_number(std::string_view coin) { return coin.find_first_not_of("0123456789") == coin.npos; }

/// Best ranked first; of coins without a rank the one with the larger market cap.
bool goes_before(const Coin& a, const Coin& b) {
  constexpr std::int64_t unranked = 1'000'000'000;
  auto rank_a = a.cmc_rank.value_or(unranked), rank_b = b.cmc_rank.value_or(unranked);
  if (rank_a != rank_b) return rank_a < rank_b;
  return a.market_cap.value_or(Decimal()) > b.market_cap.value_or(Decimal());
}

std::string joined(const std::vector<std::string>& names, std::size_t from, std::size_t to) {
  std::string list;
  for (auto i = from; i < std::min(to, names.size()); ++i) list += (i > from ? "," : "") + escape_query(names[i]);
  return list;
}

}  // namespace

CoinMarketCapClient::CoinMarketCapClient(CoinMarketCapOptions options)
    : options_(std::move(options)),
      client_(options_.url, options_.requests_per_minute, std::max(5.0, options_.requests_per_minute / 4),
              options_.http, options_.counts) {
  if (options_.credits_per_day > 0) options_.counts->credits_left = options_.credits_per_day;
}

std::string CoinMarketCapClient::endpoint() const {
  if (!options_.coins.empty()) return fmt::format("/v{}/cryptocurrency/quotes/latest", options_.version);
  return fmt::format("/v{}/cryptocurrency/listings/latest", options_.version == 3 ? 3 : 1);
}

std::string CoinMarketCapClient::list_query(int limit) const {
  return fmt::format("start=1&limit={}&sort={}&sort_dir=desc", limit,
                     options_.sort == CoinSort::market_cap ? "market_cap" : "volume_24h");
}

Result<void> CoinMarketCapClient::open(std::stop_token stop) {
  if (options_.coins.empty()) {
    CRYPTOSTREAM_TRY(get(list_query(1), stop));
  } else {
    CRYPTOSTREAM_TRY(resolve(stop));
  }
  poll_costs_ = options_.coins.empty()
                    ? (options_.top + 199) / 200
                    : static_cast<std::int64_t>((ids_.size() + coins_a_request - 1) / coins_a_request);
  auto polls = day_ms / std::max<std::int64_t>(1, options_.interval.count());
  if (auto budget = options_.credits_per_day; budget > 0 && polls * poll_costs_ > budget)
    log(LogLevel::warning, "coinmarketcap",
        "a poll each {} s costs {} credits a day, and {} may be spent: they will not last; an interval of {} s would "
        "do",
        options_.interval.count() / 1000, polls * poll_costs_, budget, (day_ms * poll_costs_ / budget + 999) / 1000);
  return {};
}

Result<std::vector<Coin>> CoinMarketCapClient::coins_by(std::string_view parameter,
                                                        const std::vector<std::string>& names,
                                                        std::vector<Error>& bad_rows, std::stop_token stop) {
  std::vector<Coin> coins;
  for (std::size_t at = 0; at < names.size(); at += coins_a_request) {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto answer,
        get(fmt::format("{}={}&skip_invalid=true", parameter, joined(names, at, at + coins_a_request)), stop));
    std::move(answer.coins.begin(), answer.coins.end(), std::back_inserter(coins));
    std::move(answer.bad_rows.begin(), answer.bad_rows.end(), std::back_inserter(bad_rows));
  }
  std::stable_sort(coins.begin(), coins.end(), goes_before);
  return coins;
}

Result<void> CoinMarketCapClient::resolve(std::stop_token stop) {
  std::vector<std::string> numbers, symbols, unknown;
  for (const auto& coin : options_.coins) (is_number(coin) ? numbers : symbols).push_back(coin);
  std::vector<Error> bad_rows;
  CRYPTOSTREAM_TRY_ASSIGN(auto by_number, coins_by("id", numbers, bad_rows, stop));
  CRYPTOSTREAM_TRY_ASSIGN(auto by_symbol, coins_by("symbol", symbols, bad_rows, stop));
  for (const auto& name : options_.coins) {
    std::vector<std::string> found;
    for (const auto& coin : is_number(name) ? by_number : by_symbol)
      if (is_number(name) ? coin.asset_id == name : same_letters(coin.symbol, name)) found.push_back(coin.asset_id);
    if (found.empty()) {
      unknown.push_back(name);
      continue;
    }
    if (found.size() > 1)
      log(LogLevel::warning, "coinmarketcap",
          "{} is the symbol of {} coins: taking {}, the best ranked, not {}; give the number to choose", name,
          found.size(), found[0], fmt::join(found.begin() + 1, found.end(), ", "));
    if (std::find(ids_.begin(), ids_.end(), found[0]) == ids_.end()) ids_.push_back(found[0]);
  }
  if (unknown.empty()) return {};
  if (!bad_rows.empty()) return fail(bad_rows[0]);  // one of those may be what was asked for
  return fail(ErrorKind::configuration,
              fmt::format("{}: no such coin: {}; give symbols (BTC) or CoinMarketCap's numbers (1)", what(),
                          fmt::join(unknown, ", ")));
}

Result<PollAnswer<Coin>> CoinMarketCapClient::ask(std::stop_token stop) {
  CRYPTOSTREAM_TRY(within_budget());
  PollAnswer<Coin> all;
  std::int64_t costs = 0;
  auto take = [&](CoinMarketCapAnswer answer) {
    costs += answer.status.credits;
    for (auto& coin : answer.coins)
      if (!options_.coins.empty()) coin.place.reset();
    std::move(answer.coins.begin(), answer.coins.end(), std::back_inserter(all.rows));
    std::move(answer.bad_rows.begin(), answer.bad_rows.end(), std::back_inserter(all.bad_rows));
    std::move(answer.without_price.begin(), answer.without_price.end(), std::back_inserter(all.without_price));
    all.duplicates += answer.duplicates;
  };
  if (options_.coins.empty()) {
    CRYPTOSTREAM_TRY_ASSIGN(auto answer, get(list_query(options_.top), stop));
    take(std::move(answer));
  }
  for (std::size_t at = 0; at < ids_.size(); at += coins_a_request) {
    CRYPTOSTREAM_TRY_ASSIGN(auto answer,
                            get(fmt::format("id={}&skip_invalid=true", joined(ids_, at, at + coins_a_request)), stop));
    take(std::move(answer));
  }
  poll_costs_ = costs;
  return all;
}

Result<CoinMarketCapAnswer> CoinMarketCapClient::get(const std::string& query, std::stop_token stop) {
  HttpRequest request{
      .what = what(),
      .url = fmt::format("{}{}?{}&convert={}&aux={}", options_.url, endpoint(), query, escape_query(options_.quote),
                         fields),
      .secret = options_.key,
      .key_hint = "CRYPTOSTREAM_COINMARKETCAP_KEY or --coinmarketcap-key-file, from https://pro.coinmarketcap.com"};
  if (!options_.key.empty()) request.headers.emplace_back("X-CMC_PRO_API_KEY", options_.key);
  CRYPTOSTREAM_TRY_ASSIGN(auto response, client_.get(request, stop));
  auto status = coinmarketcap_status(response.body);
  if (status) spend(status->credits);
  if (status && status->error_code != 0) {  // it says more than the HTTP status, which may be 200
    auto now = system_clock().now();
    auto refusal = coinmarketcap_refusal(endpoint(), *status, now, options_.key);
    auto wait = wait_asked_for(response, now);
    if (wait && *wait > refusal.retry_after().value_or(std::chrono::milliseconds(0)))
      return fail(std::move(refusal).with_retry_after(*wait));
    return fail(std::move(refusal));
  }
  if (auto checked = check_answer(request, response); !checked) {
    if (response.status != 404 && response.status != 410) return fail(std::move(checked).error());
    return fail(checked.error().kind(),
                fmt::format("{}; or this version of the API is gone: try another (--coinmarketcap-version)",
                            checked.error().message()));
  }
  return decode_coinmarketcap(endpoint(), response.body, options_.quote);
}

void CoinMarketCapClient::spend(std::int64_t credits) {
  if (auto today = system_clock().now().ms / day_ms; today != day_) {
    day_ = today;
    spent_today_ = 0;
  }
  spent_today_ += credits;
  options_.counts->credits_used += credits;
  if (options_.credits_per_day > 0)
    options_.counts->credits_left = std::max<std::int64_t>(0, options_.credits_per_day - spent_today_);
}

Result<void> CoinMarketCapClient::within_budget() {
  spend(0);
  if (options_.credits_per_day <= 0 ||
      spent_today_ + std::max<std::int64_t>(1, poll_costs_) <= options_.credits_per_day)
    return {};
  auto tomorrow = (day_ + 1) * day_ms - system_clock().now().ms;
  return fail(Error(ErrorKind::temporary,
                    fmt::format("{}: the {} credits that may be spent a day are used up; going on at midnight UTC. Ask "
                                "less often (--interval), or allow more",
                                what(), options_.credits_per_day))
                  .with_retry_after(std::chrono::milliseconds(tomorrow)));
}

}  // namespace cryptostream
