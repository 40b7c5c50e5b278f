#include <cryptostream/core/log.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/coincap/client.h>
#include <cryptostream/sources/coincap/source.h>
#include <cryptostream/sources/polling.h>
#include <cryptostream/sources/position.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_set>

namespace cryptostream {
namespace {

constexpr std::chrono::minutes shortest_gap(2);  // CoinCap has a price a minute of the past
constexpr int gap_tries = 5;

class Reader final : public PollingReader<Quote> {
 public:
  Reader(const CoinCapOptions& options, std::int64_t newest)
      : PollingReader<Quote>({.source = "coincap",
                              .what = "coincap /assets",
                              .interval = options.interval,
                              .retry = options.retry,
                              .counts = options.counts}),
        options_(options),
        client_(options_),
        newest_{newest} {}

  Result<void> resolve(std::stop_token stop) {
    CRYPTOSTREAM_TRY_ASSIGN(ids_, client_.resolve(options_.coins, stop));
    // Nothing to resolve: see at least that the key is good and somebody there.
    if (options_.coins.empty()) CRYPTOSTREAM_TRY(client_.assets("limit=1", stop));
    return {};
  }

 private:
  std::vector<std::string> queries() const {
    std::vector<std::string> all;
    auto size = static_cast<std::size_t>(options_.page_size);
    for (std::size_t at = 0; at < ids_.size(); at += size) {
      std::string list;
      for (std::size_t i = at; i < std::min(at + size, ids_.size()); ++i)
        list += (i > at ? "," : "") + escape_query(ids_[i]);
      all.push_back(fmt::format("ids={}&limit={}", list, size));
    }
    if (ids_.empty())
      for (int at = 0; at < options_.top; at += options_.page_size)
        all.push_back(fmt::format("limit={}&offset={}", std::min(options_.page_size, options_.top - at), at));
    return all;
  }

  /// All pages of one poll, or the error of one: half a poll is none.
  Result<Batch> ask(std::stop_token stop) override {
    Batch batch;
    std::unordered_set<std::string> seen;
    std::unordered_set<std::string> given;
    auto newest = newest_;
    std::vector<Error> bad_rows;
    for (const auto& query : queries()) {
      CRYPTOSTREAM_TRY_ASSIGN(auto answer, client_.assets(query, stop));
      std::move(answer.bad_rows.begin(), answer.bad_rows.end(), std::back_inserter(bad_rows));
      options_.counts->duplicates += static_cast<std::int64_t>(answer.duplicates);
      bool stale = *answer.timestamp <= newest_;
      for (const auto& asset : answer.assets) {
        if (!asset.price_usd) {
          ++options_.counts->without_price;
          continue;
        }
        // Rows may move between pages while we read them.
        if (stale || !seen.insert(asset.id).second) {
          ++options_.counts->duplicates;
          continue;
        }
        batch.records.push_back({asset.symbol, to_quote(asset, *answer.timestamp), *answer.timestamp, headers_});
      }
      newest = std::max(newest, *answer.timestamp);
      for (const auto& asset : answer.assets) given.insert(asset.id);
      if (answer.rows == 0 && ids_.empty()) break;  // there are fewer coins than asked for
    }
    CRYPTOSTREAM_TRY(fill_gap(newest, batch, stop));
    troubles_.bad(bad_rows);
    if (bad_rows.empty()) troubles_.missing(all_but(given));  // else it may be one of those
    newest_ = newest;
    options_.counts->data_time = newest_.ms;
    batch.position = std::to_string(newest_.ms);
    return batch;
  }

  /// Prices of the time since the last answer, before those of `batch`, if that is so long ago that polls are missing.
  Result<void> fill_gap(Timestamp now, Batch& batch, std::stop_token stop) {
    if (options_.max_backfill.count() <= 0 || ids_.empty() || newest_.ms == 0) return {};
    if (now - newest_ <= std::max<std::chrono::milliseconds>(2 * options_.interval, shortest_gap)) return {};
    auto from = std::max(newest_ + std::chrono::milliseconds(1), now - options_.max_backfill);
    std::vector<OwnedRecord<std::string, Quote>> records;
    for (const auto& current : batch.records) {
      auto points = client_.history(current.value.asset_id, from, now - std::chrono::milliseconds(1), stop);
      if (!points) {
        // The poll counts as failed and is made again, so that what follows the gap waits for what fills it.
        if (points.error().retriable() && ++tries_ < gap_tries) return fail(std::move(points).error());
        log(LogLevel::warning, "coincap", "{}; the gap from {} to {} stays", points.error().message(), newest_, now);
        records.clear();
        break;
      }
      for (const auto& point : *points) {
        Quote quote{.source = "coincap",
                    .asset_id = current.value.asset_id,
                    .symbol = current.value.symbol,
                    .name = current.value.name,
                    .currency = "USD",
                    .price = point.price,
                    .time = point.time};
        records.push_back({current.key, std::move(quote), point.time, headers_});
      }
    }
    tries_ = 0;
    ++options_.counts->gaps;
    options_.counts->backfilled += static_cast<std::int64_t>(records.size());
    log(LogLevel::info, "coincap", "there was no answer between {} and {}: {} prices of that time fetched{}", newest_,
        now, records.size(),
        from > newest_ + std::chrono::milliseconds(1) ? fmt::format(", none from before {}", from) : "");
    std::stable_sort(records.begin(), records.end(),
                     [](const auto& a, const auto& b) { return a.timestamp < b.timestamp; });
    batch.records.insert(batch.records.begin(), std::make_move_iterator(records.begin()),
                         std::make_move_iterator(records.end()));
    return {};
  }

  std::vector<std::string> all_but(const std::unordered_set<std::string>& given) const {
    std::vector<std::string> missing;
    std::copy_if(ids_.begin(), ids_.end(), std::back_inserter(missing),
                 [&](const auto& id) { return !given.contains(id); });
    return missing;
  }

  CoinCapOptions options_;
  CoinCapClient client_;  // refers to options_
  std::vector<std::string> ids_;
  Timestamp newest_;
  int tries_ = 0;  // at the gap
  Headers headers_ = Headers().add(type_header, domain_type<Quote>());
};

Result<void> check(const CoinCapOptions& options) {
  auto wrong = [](std::string_view why) { return fail(ErrorKind::configuration, std::string(why)); };
  if (options.quote != "USD")
    return wrong("CoinCap gives prices in USD only; leave out --quote, or use another source");
  if (options.page_size < 1 || options.page_size > 2000) return wrong("page_size is not between 1 and 2000");
  if (options.interval.count() <= 0) return wrong("the interval is not positive");
  if (options.coins.empty() && options.top < 1) return wrong("no coins are asked for");
  return check_coincap_key(options.key, options.url);
}

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinCapSource::open(const SourceTask& task,
                                                                              std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check(options_));
  std::int64_t newest = 0;
  if (task.position) {
    const auto& text = *task.position;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), newest);
    if (error != std::errc() || end != text.data() + text.size()) return foreign_position(text);
  }
  auto options = options_;
  if (!options.counts) options.counts = std::make_shared<SourceCounts>();
  auto reader = std::make_unique<Reader>(options, newest);
  CRYPTOSTREAM_TRY(reader->resolve(stop));
  return reader;
}

}  // namespace cryptostream
