#include <cryptostream/core/wait.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/coincap/client.h>
#include <cryptostream/sources/coincap/source.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace cryptostream {
namespace {

using Batch = SourceBatch<std::string, Quote>;
using SteadyClock = std::chrono::steady_clock;

class Reader final : public SourceReader<std::string, Quote> {
 public:
  Reader(CoinCapOptions options, std::int64_t newest)
      : options_(std::move(options)), client_(options_), newest_{newest}, backoff_(options_.retry) {
    if (!options_.counts) options_.counts = std::make_shared<SourceCounts>();
  }

  Result<void> resolve(std::stop_token stop) {
    CRYPTOSTREAM_TRY_ASSIGN(ids_, client_.resolve(options_.coins, stop));
    // Nothing to resolve: see at least that the key is good and somebody there.
    if (options_.coins.empty()) CRYPTOSTREAM_TRY(client_.assets("limit=1", stop));
    next_ = SteadyClock::now();
    return {};
  }

  Result<Batch> poll(std::stop_token stop) override {
    while (!wait(stop, std::max(next_, retry_) - SteadyClock::now())) {
      auto batch = fetch(stop);
      if (stop.stop_requested()) break;
      if (batch) {
        backoff_.reset();
        retry_ = {};
        down_.end("coincap /assets: answers again");
        keep_schedule();
        if (!batch->records.empty()) return batch;
      } else {
        ++options_.counts->failed_polls;
        down_.begin(batch.error().message());
        retry_ = SteadyClock::now() +
                 std::max(backoff_.next(), batch.error().retry_after().value_or(std::chrono::milliseconds(0)));
      }
    }
    return Batch();
  }

 private:
  /// The next point of the schedule that is still to come.
  void keep_schedule() {
    auto now = SteadyClock::now();
    auto interval = std::max(options_.interval, std::chrono::milliseconds(1));
    if (next_ <= now) next_ += ((now - next_) / interval + 1) * interval;
  }

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
  Result<Batch> fetch(std::stop_token stop) {
    Batch batch;
    std::unordered_set<std::string> seen;
    std::unordered_set<std::string> given;
    auto newest = newest_;
    std::string first_bad;
    std::size_t bad = 0;
    for (const auto& query : queries()) {
      CRYPTOSTREAM_TRY_ASSIGN(auto answer, client_.assets(query, stop));
      if (!answer.bad_rows.empty() && first_bad.empty()) first_bad = answer.bad_rows[0].message();
      bad += answer.bad_rows.size();
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
    say_missing(given, bad > 0);
    newest_ = newest;
    batch.position = std::to_string(newest_.ms);
    options_.counts->bad_rows += static_cast<std::int64_t>(bad);
    if (bad > 0) {
      rows_.begin(
          fmt::format("{}; this row is left out{}", first_bad, bad > 1 ? fmt::format(", and {} more", bad - 1) : ""));
    } else {
      rows_.end("coincap /assets: all rows are well again");
    }
    return batch;
  }

  void say_missing(const std::unordered_set<std::string>& given, bool some_bad) {
    std::string names;
    for (const auto& id : ids_)
      if (!given.contains(id)) names += (names.empty() ? "" : ", ") + id;
    if (!names.empty() && !some_bad)
      missing_.begin(fmt::format("coincap /assets: no row for {}; it may have been renamed or dropped there", names));
    if (names.empty()) missing_.end("coincap /assets: all coins are there again");
  }

  CoinCapOptions options_;
  CoinCapClient client_;  // refers to options_
  std::vector<std::string> ids_;
  Timestamp newest_;
  Headers headers_ = Headers().add(type_header, domain_type<Quote>());

  SteadyClock::time_point next_;   // by the schedule
  SteadyClock::time_point retry_;  // not before, after a failure
  Backoff backoff_;
  Outage down_{"coincap"};
  Outage rows_{"coincap"};
  Outage missing_{"coincap"};
};

Result<void> check(const CoinCapOptions& options) {
  auto wrong = [](std::string_view why) { return fail(ErrorKind::configuration, std::string(why)); };
  if (options.quote != "USD")
    return wrong("CoinCap gives prices in USD only; leave out --quote, or use another source");
  if (options.page_size < 1 || options.page_size > 2000) return wrong("page_size is not between 1 and 2000");
  if (options.interval.count() <= 0) return wrong("the interval is not positive");
  if (options.coins.empty() && options.top < 1) return wrong("no coins are asked for");
  for (unsigned char c : options.key)
    if (c <= 0x20 || c >= 0x7f) return wrong("the key has a space or control character in it; check the key file");
  if (options.key.empty() && options.url.find("rest.coincap.io") != std::string::npos)
    return fail(
        ErrorKind::permission,
        "version 3 of CoinCap's API needs a key; get one at https://pro.coincap.io and set CRYPTOSTREAM_COINCAP_KEY or "
        "--coincap-key-file, or use a source without keys (--source coinbase)");
  return {};
}

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinCapSource::open(const SourceTask& task,
                                                                              std::stop_token stop) const {
  CRYPTOSTREAM_TRY(check(options_));
  std::int64_t newest = 0;
  if (task.position) {
    const auto& text = *task.position;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), newest);
    if (error != std::errc() || end != text.data() + text.size())
      return fail(ErrorKind::configuration,
                  fmt::format("the stored position '{}' is none of this source's; was another source used under this "
                              "application.id?",
                              text));
  }
  auto reader = std::make_unique<Reader>(options_, newest);
  CRYPTOSTREAM_TRY(reader->resolve(stop));
  return reader;
}

}  // namespace cryptostream
