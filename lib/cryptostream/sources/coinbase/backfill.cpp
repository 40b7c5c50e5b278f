#include <cryptostream/core/log.h>
#include <cryptostream/sources/coinbase/backfill.h>

#include <algorithm>

namespace cryptostream {

CoinbaseBackfill::CoinbaseBackfill(const CoinbaseOptions& options)
    : options_(options),
      client_(options.rest_url, options.requests_per_minute, std::max(1.0, options.requests_per_minute / 60),
              options.http, options.counts) {}

Result<std::vector<CoinbaseTrade>> CoinbaseBackfill::fetch(const std::string& product, TradeSequence::Hole hole,
                                                           std::stop_token stop) {
  std::vector<CoinbaseTrade> found;
  HttpRequest request{.what = fmt::format("coinbase /products/{}/trades", product), .url = {}};
  for (auto before = hole.last + 1; before > hole.first;) {
    request.url = fmt::format("{}/products/{}/trades?limit={}&after={}", options_.rest_url, escape_query(product),
                              options_.page_size, before);
    CRYPTOSTREAM_TRY_ASSIGN(auto response, client_.get_good(request, stop));
    CRYPTOSTREAM_TRY_ASSIGN(auto page, decode_coinbase_trades(product, response.body));
    if (!page.bad_rows.empty()) {
      if (options_.counts) options_.counts->bad_rows += static_cast<std::int64_t>(page.bad_rows.size());
      log(LogLevel::warning, "coinbase", "{}; left out, with {} more of this answer", page.bad_rows[0].message(),
          page.bad_rows.size() - 1);
    }
    auto oldest = before;
    for (auto& trade : page.trades) {
      oldest = std::min(oldest, trade.trade_id);
      if (trade.trade_id >= hole.first && trade.trade_id <= hole.last) found.push_back(std::move(trade));
    }
    if (oldest >= before) break;  // nothing older to be had
    before = oldest;
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.trade_id < b.trade_id; });
  return found;
}

}  // namespace cryptostream
