#include <cryptostream/core/wait.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/coinbase/backfill.h>
#include <cryptostream/sources/coinbase/feed.h>
#include <cryptostream/sources/coinbase/sequence.h>
#include <cryptostream/sources/coinbase/source.h>
#include <cryptostream/sources/outage.h>
#include <cryptostream/sources/position.h>

#include <algorithm>
#include <cctype>

namespace cryptostream {
namespace {

using Batch = SourceBatch<std::string, Quote>;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int frames_a_round = 1000;          // read before holes are looked after
constexpr std::size_t most_held = 20'000;     // trades of one product waiting behind a hole
constexpr std::int64_t plainly_ahead = 1000;  // of the exchange's last trade: more than a heartbeat can lag

class Reader final : public SourceReader<std::string, Quote> {
 public:
  Reader(CoinbaseOptions options, std::set<std::string> products, SourcePosition position)
      : options_(with_counts(std::move(options))),
        products_(std::move(products)),
        position_(std::move(position)),
        backfill_(options_),
        backoff_(options_.retry) {}

  Result<void> connect(std::stop_token stop) {
    std::map<std::string, std::string> refused;
    CRYPTOSTREAM_TRY_ASSIGN(feed_, CoinbaseFeed::connect(options_, products_, refused, stop));
    for (const auto& [product, reason] : refused)
      log(LogLevel::warning, "coinbase", "{}: {}; going on without it", product, reason);
    for (const auto& product : products_) {
      auto known = position_.find(product);
      markets_.try_emplace(product, known == position_.end() ? std::nullopt : std::optional(known->second),
                           options_.retry);
    }
    heard_ = SteadyClock::now();
    return {};
  }

  Result<Batch> poll(std::stop_token stop) override {
    while (!stop.stop_requested()) {
      if (!feed_ && !connect_again(stop)) continue;
      read(stop);
      for (auto& [product, market] : markets_) {
        market.sequence.take(ready_);
        if (auto due = market.due(options_.reorder_wait); due && *due <= SteadyClock::now())
          fill(product, market, stop);
      }
      if (!ready_.empty()) return give();
    }
    return Batch();
  }

 private:
  /// One product.
  struct Market {
    Market(std::optional<std::int64_t> last, Backoff::Options retry) : sequence(last), backoff(retry) {}

    TradeSequence sequence;
    // Of the hole under way:
    int tries = 0;
    std::int64_t fetched = 0;
    SteadyClock::time_point not_before{};
    Backoff backoff;

    std::optional<SteadyClock::time_point> due(milliseconds patience) {
      auto when = sequence.due(SteadyClock::now(), patience);
      if (when) when = std::max(*when, not_before);
      return when;
    }
  };

  static CoinbaseOptions with_counts(CoinbaseOptions options) {
    if (!options.counts) options.counts = std::make_shared<SourceCounts>();
    return options;
  }

  bool connect_again(std::stop_token stop) {
    if (wait(stop, retry_at_ - SteadyClock::now())) return false;
    auto connected = connect(stop);
    if (stop.stop_requested()) return false;
    if (!connected) {
      lost(connected.error());
      return false;
    }
    ++options_.counts->reconnects;
    down_.end("coinbase feed: connected again");
    return true;
  }

  void lost(const Error& error) {
    feed_.reset();
    down_.begin(error.message() + "; connecting anew");
    retry_at_ = SteadyClock::now() + std::max(backoff_.next(), error.retry_after().value_or(milliseconds(0)));
  }

  /// Waits for a frame and takes what else is there.
  void read(std::stop_token stop) {
    auto until = heard_ + options_.stall_timeout;
    for (auto& [product, market] : markets_)
      if (auto due = market.due(options_.reorder_wait)) until = std::min(until, *due);
    for (int i = 0; i < frames_a_round; ++i) {
      auto left =
          i > 0 || !ready_.empty() ? milliseconds(0) : std::chrono::ceil<milliseconds>(until - SteadyClock::now());
      auto frame = feed_->receive(std::max(left, milliseconds(0)), stop);
      if (!frame) return lost(frame.error());
      if (!*frame) break;
      heard_ = SteadyClock::now();
      backoff_.reset();
      handle(**frame);
    }
    if (SteadyClock::now() - heard_ >= options_.stall_timeout && !stop.stop_requested())
      lost(Error(ErrorKind::unavailable, fmt::format("coinbase feed: not a word for {} ms, not even a heartbeat",
                                                     options_.stall_timeout.count())));
  }

  void handle(std::string_view frame) {
    auto event = decode_coinbase(frame);
    if (!event) {
      ++options_.counts->bad_rows;
      return bad_.begin(event.error().message() + "; this message is left out");
    }
    if (auto* trade = std::get_if<CoinbaseTrade>(&*event)) return handle(std::move(*trade));
    if (auto* heartbeat = std::get_if<CoinbaseHeartbeat>(&*event)) return handle(*heartbeat);
    if (auto* refusal = std::get_if<CoinbaseRefusal>(&*event))
      refused_.begin(fmt::format("coinbase feed: {}: {}", refusal->message, refusal->reason));
  }

  void handle(CoinbaseTrade trade) {
    auto market = markets_.find(trade.product);
    if (market == markets_.end()) return;
    auto& sequence = market->second.sequence;
    if (!sequence.add(std::move(trade))) {
      ++options_.counts->duplicates;
    } else if (options_.channel == CoinbaseChannel::ticker) {
      sequence.skip();
    }
  }

  void handle(const CoinbaseHeartbeat& heartbeat) {
    auto market = markets_.find(heartbeat.product);
    if (market == markets_.end() || options_.channel == CoinbaseChannel::ticker) return;
    auto last = market->second.sequence.last();
    if (last && *last > heartbeat.last_trade_id + plainly_ahead)
      return ahead_.begin(fmt::format(
          "coinbase feed: trade {} of {} was stored, but the exchange's last is {}: all up to it are taken for "
          "known; if the exchange began anew, use another application.id",
          *last, heartbeat.product, heartbeat.last_trade_id));
    market->second.sequence.expect(heartbeat.last_trade_id);
  }

  /// Fetches what is missing, or gives it up when it cannot be had.
  void fill(const std::string& product, Market& market, std::stop_token stop) {
    auto hole = *market.sequence.hole();
    auto wanted = hole;
    wanted.first = std::max(hole.first, hole.last - options_.max_backfill + 1);
    auto found = options_.max_backfill > 0 ? backfill_.fetch(product, wanted, stop) : std::vector<CoinbaseTrade>();
    heard_ = SteadyClock::now();  // we were not listening meanwhile
    if (stop.stop_requested()) return;
    ++market.tries;
    bool complete = false;
    if (found) {
      complete = static_cast<std::int64_t>(found->size()) == wanted.size();
      for (auto& trade : *found)
        if (market.sequence.add(std::move(trade))) ++market.fetched;
    } else {
      backfill_down_.begin(found.error().message() + "; trades that were missed wait for it");
    }
    bool hopeless = (!found && !found.error().retriable()) || market.tries >= options_.backfill_tries ||
                    market.sequence.held() > most_held || options_.max_backfill <= 0;
    market.sequence.take(ready_);
    if (!complete && !hopeless) {
      auto asked = found ? milliseconds(0) : found.error().retry_after().value_or(milliseconds(0));
      market.not_before = SteadyClock::now() + std::max(market.backoff.next(), asked);
      return;
    }
    if (complete) backfill_down_.end("coinbase: missed trades can be fetched again");
    close_hole(product, market, hole.last);
  }

  void close_hole(const std::string& product, Market& market, std::int64_t end) {
    std::int64_t lost_trades = 0;
    for (auto rest = market.sequence.hole(); rest && rest->first <= end; rest = market.sequence.hole()) {
      lost_trades += rest->size();
      market.sequence.skip();
      market.sequence.take(ready_);
    }
    log(lost_trades > 0 ? LogLevel::warning : LogLevel::info, "coinbase",
        "{}: {} trades up to {} did not come over the feed: {} fetched, {} lost", product, market.fetched + lost_trades,
        end, market.fetched, lost_trades);
    ++options_.counts->gaps;
    options_.counts->backfilled += market.fetched;
    options_.counts->lost += lost_trades;
    market.tries = 0;
    market.fetched = 0;
    market.not_before = {};
    market.backoff.reset();
  }

  Batch give() {
    Batch batch;
    batch.records.reserve(ready_.size());
    for (const auto& trade : ready_) {
      auto quote = to_quote(trade);
      auto& known = position_[trade.product];
      known = std::max(known, trade.trade_id);
      batch.records.push_back({quote.symbol, std::move(quote), trade.time, headers_});
      options_.counts->data_time = std::max(options_.counts->data_time.load(), trade.time.ms);
    }
    ready_.clear();
    batch.position = to_string(position_);
    return batch;
  }

  const CoinbaseOptions options_;
  std::set<std::string> products_;  // still wanted
  SourcePosition position_;         // also of products that are not asked for any more
  std::map<std::string, Market> markets_;
  std::vector<CoinbaseTrade> ready_;
  Headers headers_ = Headers().add(type_header, domain_type<Quote>());

  std::optional<CoinbaseFeed> feed_;
  CoinbaseBackfill backfill_;  // refers to options_
  Backoff backoff_;
  SteadyClock::time_point retry_at_{};
  SteadyClock::time_point heard_{};
  Outage down_{"coinbase"};
  Outage backfill_down_{"coinbase"};
  Outage bad_{"coinbase"};
  Outage refused_{"coinbase"};
  Outage ahead_{"coinbase"};
};

/// "BTC" and "btc-usd" to "BTC-USD".
Result<std::set<std::string>> products_of(const CoinbaseOptions& options) {
  std::set<std::string> products;
  for (const auto& coin : options.coins) {
    auto product = coin.find('-') == std::string::npos ? coin + "-" + options.quote : coin;
    for (char& c : product) {
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-')
        return fail(ErrorKind::configuration,
                    fmt::format("{} is no coin of Coinbase; give symbols (BTC) or products (BTC-EUR)", coin));
    }
    products.insert(std::move(product));
  }
  if (products.empty()) return fail(ErrorKind::configuration, "no coins are asked for; give some (--coins BTC,ETH)");
  return products;
}

}  // namespace

Result<std::unique_ptr<SourceReader<std::string, Quote>>> CoinbaseSource::open(const SourceTask& task,
                                                                               std::stop_token stop) const {
  CRYPTOSTREAM_TRY_ASSIGN(auto products, products_of(options_));
  if (options_.page_size < 1 || options_.page_size > 1000)
    return fail(ErrorKind::configuration, "page_size is not between 1 and 1000");
  CRYPTOSTREAM_TRY_ASSIGN(auto position, parse_position(task.position.value_or("")));
  auto reader = std::make_unique<Reader>(options_, std::move(products), std::move(position));
  CRYPTOSTREAM_TRY(reader->connect(stop));
  return reader;
}

}  // namespace cryptostream
