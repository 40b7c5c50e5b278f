#include <cryptostream/core/log.h>
#include <cryptostream/sources/coingecko/client.h>

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace cryptostream {
namespace {

constexpr int symbol_pages = 4;
constexpr int symbol_page_size = 250;
constexpr std::string_view changes = "price_change_percentage=1h,24h,7d,30d&precision=full";

bool has_capital(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
}

}  // namespace

CoinGeckoClient::CoinGeckoClient(CoinGeckoOptions options)
    : options_(std::move(options)),
      client_(options_.url, options_.requests_per_minute, std::max(5.0, options_.requests_per_minute / 4),
              options_.http, options_.counts) {}

std::string CoinGeckoClient::what() const {
  return options_.endpoint == CoinGeckoEndpoint::markets ? "coingecko /coins/markets" : "coingecko /simple/price";
}

Result<std::string> CoinGeckoClient::get(std::string_view endpoint, const std::string& query, std::stop_token stop) {
  HttpRequest request{.what = fmt::format("coingecko {}", endpoint),
                      .url = fmt::format("{}{}?{}", options_.url, endpoint, query),
                      .secret = options_.key,
                      .key_hint =
                          "CRYPTOSTREAM_COINGECKO_KEY or --coingecko-key-file; none is needed, and one of a paid "
                          "plan is good at https://pro-api.coingecko.com/api/v3 only"};
  if (!options_.key.empty()) {
    bool paid = options_.url.find("pro-api.") != std::string::npos;
    request.headers.emplace_back(paid ? "x-cg-pro-api-key" : "x-cg-demo-api-key", options_.key);
  }
  CRYPTOSTREAM_TRY_ASSIGN(auto response, client_.get_good(request, stop));
  return std::move(response.body);
}

Result<CoinGeckoMarkets> CoinGeckoClient::markets(const std::string& query, std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(
      auto body, get("/coins/markets",
                     fmt::format("vs_currency={}&{}", escape_query(small_letters(options_.quote)), query), stop));
  return decode_coingecko_markets(body, options_.quote);
}

Result<void> CoinGeckoClient::open(std::stop_token stop) {
  if (options_.coins.empty()) {
    CRYPTOSTREAM_TRY(markets("per_page=1&page=1", stop));
    return {};
  }
  auto names = options_.coins;
  CRYPTOSTREAM_TRY(find_ids(names, stop));
  CRYPTOSTREAM_TRY(find_symbols(names, stop));
  if (!names.empty() && !bad_rows_.empty()) return fail(bad_rows_[0]);  // one of those may be what was asked for
  if (!names.empty())
    return fail(ErrorKind::configuration,
                fmt::format("coingecko /coins/markets: no such coin: {}; give symbols of the first {} coins (BTC), or "
                            "CoinGecko's ids in small letters (bitcoin)",
                            fmt::join(names, ", "), symbol_pages * symbol_page_size));
  for (const auto& name : options_.coins)
    if (const auto& id = by_name_[name]; std::find(ids_.begin(), ids_.end(), id) == ids_.end()) ids_.push_back(id);
  return {};
}

/// Of names in small letters those that are ids; takes them out of `names`.
Result<void> CoinGeckoClient::find_ids(std::vector<std::string>& names, std::stop_token stop) {
  std::vector<std::string> maybe;
  std::copy_if(names.begin(), names.end(), std::back_inserter(maybe),
               [](const auto& name) { return !has_capital(name); });
  auto size = static_cast<std::size_t>(options_.page_size);
  for (std::size_t at = 0; at < maybe.size(); at += size) {
    std::string list;
    for (auto i = at; i < std::min(at + size, maybe.size()); ++i) list += (i > at ? "," : "") + escape_query(maybe[i]);
    CRYPTOSTREAM_TRY_ASSIGN(auto page, markets(fmt::format("ids={}&per_page={}&page=1", list, size), stop));
    append(bad_rows_, page.found.bad_rows);
    for (auto& coin : page.found.rows) {
      by_name_[coin.asset_id] = coin.asset_id;
      std::erase(names, coin.asset_id);
      coins_[coin.asset_id] = std::move(coin);
    }
    for (const auto& id : page.found.without_price) {
      by_name_[id] = id;
      std::erase(names, id);
    }
  }
  return {};
}

/// Of the rest those that are symbols of the first coins by market cap, page by page until all are found.
Result<void> CoinGeckoClient::find_symbols(std::vector<std::string>& names, std::stop_token stop) {
  std::map<std::string, std::vector<std::string>> wanted;  // symbol in small letters to ids, best ranked first
  for (const auto& name : names) wanted[small_letters(name)];
  bool all_found = names.empty();
  for (int number = 1; number <= symbol_pages && !all_found; ++number) {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto page, markets(fmt::format("order=market_cap_desc&per_page={}&page={}", symbol_page_size, number), stop));
    append(bad_rows_, page.found.bad_rows);
    for (auto& coin : page.found.rows) {
      auto symbol = wanted.find(small_letters(coin.symbol));
      if (symbol == wanted.end()) continue;
      symbol->second.push_back(coin.asset_id);
      coins_.try_emplace(coin.asset_id, std::move(coin));
    }
    all_found = std::none_of(wanted.begin(), wanted.end(), [](const auto& entry) { return entry.second.empty(); });
    if (page.rows < symbol_page_size) break;  // the last page
  }
  std::vector<std::string> unknown;
  for (const auto& name : names) {
    const auto& found = wanted[small_letters(name)];
    if (found.empty()) {
      unknown.push_back(name);
      continue;
    }
    if (found.size() > 1)
      log(LogLevel::warning, "coingecko",
          "{} is the symbol of {} coins: taking {}, the best ranked, not {}; give the id to choose", name, found.size(),
          found[0], fmt::join(found.begin() + 1, found.end(), ", "));
    by_name_[name] = found[0];
  }
  names = std::move(unknown);
  return {};
}

Result<PollAnswer<Coin>> CoinGeckoClient::ask(std::stop_token stop) {
  return options_.endpoint == CoinGeckoEndpoint::markets ? ask_markets(stop) : ask_prices(stop);
}

std::string CoinGeckoClient::ids_from(std::size_t at) const {
  std::string list;
  auto end = std::min(at + static_cast<std::size_t>(options_.page_size), ids_.size());
  for (auto i = at; i < end; ++i) list += (i > at ? "," : "") + escape_query(ids_[i]);
  return list;
}

Result<PollAnswer<Coin>> CoinGeckoClient::ask_markets(std::stop_token stop) {
  PollAnswer<Coin> all;
  auto size = static_cast<std::size_t>(options_.page_size);
  auto take = [&](CoinGeckoMarkets& page) {
    append(all.rows, page.found.rows);
    append(all.bad_rows, page.found.bad_rows);
    append(all.without_price, page.found.without_price);
    all.duplicates += page.found.duplicates;
  };
  for (std::size_t at = 0; at < ids_.size(); at += size) {
    CRYPTOSTREAM_TRY_ASSIGN(auto page,
                            markets(fmt::format("ids={}&per_page={}&page=1&{}", ids_from(at), size, changes), stop));
    for (auto& coin : page.found.rows) coin.place.reset();
    take(page);
  }
  if (!ids_.empty()) return all;
  auto top = static_cast<std::size_t>(options_.top);
  size = std::min(size, top);
  std::unordered_set<std::string> seen;
  for (std::size_t at = 0; at < top; at += size) {
    CRYPTOSTREAM_TRY_ASSIGN(
        auto page, markets(fmt::format("order={}&per_page={}&page={}&{}",
                                       options_.sort == CoinSort::market_cap ? "market_cap_desc" : "volume_desc", size,
                                       at / size + 1, changes),
                           stop));
    // Rows may move between pages while we read them.
    all.duplicates +=
        std::erase_if(page.found.rows, [&](const Coin& coin) { return !seen.insert(coin.asset_id).second; });
    for (auto& coin : page.found.rows) *coin.place += static_cast<std::int64_t>(at);
    std::erase_if(page.found.rows, [&](const Coin& coin) { return *coin.place > options_.top; });
    take(page);
    if (page.rows < size) break;  // there are fewer coins than asked for
  }
  return all;
}

Result<PollAnswer<Coin>> CoinGeckoClient::ask_prices(std::stop_token stop) {
  PollAnswer<Coin> all;
  for (std::size_t at = 0; at < ids_.size(); at += static_cast<std::size_t>(options_.page_size)) {
    CRYPTOSTREAM_TRY_ASSIGN(auto body,
                            get("/simple/price",
                                fmt::format("ids={}&vs_currencies={}&include_market_cap=true&include_24hr_vol=true&"
                                            "include_24hr_change=true&include_last_updated_at=true&precision=full",
                                            ids_from(at), escape_query(small_letters(options_.quote))),
                                stop));
    CRYPTOSTREAM_TRY_ASSIGN(auto answer, decode_coingecko_prices(body, options_.quote));
    append(all.bad_rows, answer.bad_rows);
    append(all.without_price, answer.without_price);
    for (const auto& price : answer.prices) {
      auto known = coins_.find(price.id);
      if (known == coins_.end()) continue;  // not asked for
      all.rows.push_back({.source = "coingecko",
                          .asset_id = price.id,
                          .id = coin_number(price.id),
                          .symbol = known->second.symbol,
                          .name = known->second.name,
                          .currency = options_.quote,
                          .price = price.price,
                          .time = price.time,
                          .market_cap = price.market_cap,
                          .volume_24h = price.volume_24h,
                          .percent_change_24h = price.percent_change_24h});
    }
  }
  return all;
}

}  // namespace cryptostream
