#include <cryptostream/core/log.h>
#include <cryptostream/sources/coincap/client.h>

#include <algorithm>
#include <cctype>

namespace cryptostream {
namespace {

constexpr int search_pages = 5;

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool has_capital(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isupper(c) != 0; });
}

/// The `Date` header, which has whole seconds.
std::optional<Timestamp> date_of(const HttpResponse& response) {
  auto date = response.header("date");
  if (!date) return std::nullopt;
  return parse_http_date(*date);
}

}  // namespace

HttpRequest coincap_request(std::string_view endpoint, std::string url, const std::string& key) {
  HttpRequest request{.what = fmt::format("coincap {}", endpoint), .url = std::move(url), .secret = key};
  request.key_hint = "CRYPTOSTREAM_COINCAP_KEY or --coincap-key-file, from https://pro.coincap.io";
  if (!key.empty()) request.headers.emplace_back("Authorization", "Bearer " + key);
  return request;
}

Result<void> check_coincap_key(const std::string& key, const std::string& url) {
  CRYPTOSTREAM_TRY(check_key(key));
  if (!key.empty() || url.find("rest.coincap.io") == std::string::npos) return {};
  return fail(
      ErrorKind::permission,
      "version 3 of CoinCap's API needs a key; get one at https://pro.coincap.io and set CRYPTOSTREAM_COINCAP_KEY or "
      "--coincap-key-file, or use a source without keys (--source coinbase)");
}

CoinCapClient::CoinCapClient(const CoinCapOptions& options)
    : options_(options),
      client_(options.url, options.requests_per_minute, std::max(10.0, options.requests_per_minute / 4), options.http,
              options.counts) {}

Result<CoinCapAnswer> CoinCapClient::assets(const std::string& query, std::stop_token stop) {
  auto request = coincap_request("/assets", fmt::format("{}/assets?{}", options_.url, query), options_.key);
  CRYPTOSTREAM_TRY_ASSIGN(auto response, client_.get_good(request, stop));
  CRYPTOSTREAM_TRY_ASSIGN(auto answer, decode_coincap_assets("/assets", response.body));
  if (!answer.timestamp) {
    answer.timestamp = date_of(response);
    if (!std::exchange(said_no_timestamp_, true))
      log(LogLevel::warning, "coincap", "coincap /assets: field timestamp is missing; using {} instead",
          answer.timestamp ? "the answer's Date" : "the time of receipt");
    if (!answer.timestamp) answer.timestamp = system_clock().now();
  }
  return answer;
}

Result<std::vector<CoinCapPoint>> CoinCapClient::history(const std::string& id, Timestamp from, Timestamp to,
                                                         std::stop_token stop) {
  constexpr std::chrono::hours longest(24);  // of one answer with a point each minute
  std::vector<CoinCapPoint> all;
  auto endpoint = fmt::format("/assets/{}/history", id);
  for (auto begin = from; begin <= to; begin = begin + longest) {
    auto end = std::min(to, begin + longest - std::chrono::milliseconds(1));
    auto request = coincap_request(endpoint,
                                   fmt::format("{}/assets/{}/history?interval=m1&start={}&end={}", options_.url,
                                               escape_query(id), begin.ms, end.ms),
                                   options_.key);
    CRYPTOSTREAM_TRY_ASSIGN(auto response, client_.get_good(request, stop));
    CRYPTOSTREAM_TRY_ASSIGN(auto answer, decode_coincap_history(endpoint, response.body));
    options_.counts->bad_rows += static_cast<std::int64_t>(answer.bad_rows.size());
    for (const auto& point : answer.points)
      if (point.time >= begin && point.time <= end) all.push_back(point);
  }
  return all;
}

Result<std::vector<std::string>> CoinCapClient::resolve(const std::vector<std::string>& coins, std::stop_token stop) {
  std::vector<std::string> ids;
  std::string unknown;
  for (const auto& coin : coins) {
    CRYPTOSTREAM_TRY_ASSIGN(auto id, resolve_one(coin, stop));
    if (id.empty()) {
      unknown += (unknown.empty() ? "" : ", ") + coin;
    } else if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
      ids.push_back(std::move(id));
    }
  }
  if (!unknown.empty())
    return fail(
        ErrorKind::configuration,
        fmt::format("coincap /assets: no such coin: {}; give symbols (BTC) or CoinCap's ids (bitcoin)", unknown));
  return ids;
}

/// Written in small letters it is an id first, else a symbol first. Empty: there is none.
Result<std::string> CoinCapClient::resolve_one(const std::string& coin, std::stop_token stop) {
  std::vector<CoinCapAsset> by_symbol;  // in rank order
  std::string by_id;
  for (int page = 0; page < search_pages; ++page) {
    CRYPTOSTREAM_TRY_ASSIGN(auto answer, assets(fmt::format("search={}&limit={}&offset={}", escape_query(coin),
                                                            options_.page_size, page * options_.page_size),
                                                stop));
    for (auto& asset : answer.assets) {
      if (same_letters(asset.id, coin)) by_id = asset.id;
      if (same_letters(asset.symbol, coin)) by_symbol.push_back(std::move(asset));
    }
    if (answer.rows < static_cast<std::size_t>(options_.page_size)) break;
  }
  if (!by_id.empty() && (by_symbol.empty() || !has_capital(coin))) return by_id;
  if (by_symbol.empty()) return std::string();
  auto unranked = Decimal(1'000'000'000);
  std::stable_sort(by_symbol.begin(), by_symbol.end(), [&](const CoinCapAsset& a, const CoinCapAsset& b) {
    return a.rank.value_or(unranked) < b.rank.value_or(unranked);
  });
  if (by_symbol.size() > 1) {
    std::string others;
    for (std::size_t i = 1; i < by_symbol.size(); ++i) others += (i > 1 ? ", " : "") + by_symbol[i].id;
    log(LogLevel::warning, "coincap",
        "{} is the symbol of {} coins: taking {}, the best ranked, not {}; give the id to choose", coin,
        by_symbol.size(), by_symbol[0].id, others);
  }
  return by_symbol[0].id;
}

}  // namespace cryptostream
