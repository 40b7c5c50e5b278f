#include <cryptostream/core/wait.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/simulator/coins.h>
#include <cryptostream/sources/simulator/pace.h>
#include <cryptostream/sources/simulator/random_path.h>
#include <cryptostream/sources/simulator/source.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

namespace cryptostream {
namespace {

using namespace std::chrono_literals;
using simulator::Coin;
using simulator::mix;
using simulator::Pace;
using simulator::RandomPath;

constexpr std::size_t most_records = 1000;  // a poll
constexpr double rate_if_unlimited = 1000;
constexpr auto longest_wait = 100ms;
constexpr auto shortest_wait = 1ms;  // fast sources give several records a poll rather than spin
constexpr double seconds_per_year = 365.25 * 86'400;

/// Where a reader is in the sequence of its partition. Written "seed=7 count=1000".
struct Position {
  std::uint64_t seed = 0;
  std::uint64_t count = 0;

  std::string to_string() const { return fmt::format("seed={} count={}", seed, count); }

  static std::optional<Position> parse(std::string_view text) {
    Position position;
    auto take = [&](std::string_view label, std::uint64_t& into) {
      if (!text.starts_with(label)) return false;
      text.remove_prefix(label.size());
      auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
      if (error != std::errc()) return false;
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      return true;
    };
    if (!take("seed=", position.seed) || !take(" count=", position.count) || !text.empty()) return std::nullopt;
    return position;
  }
};

/// One coin's trades.
class Market {
 public:
  Market(Coin coin, const std::string& currency, std::uint64_t seed)
      : coin_(std::move(coin)),
        asset_id_(coin_.symbol + "-" + currency),
        currency_(currency),
        seed_(mix(seed, hash(coin_.symbol))),
        own_(seed_),
        ticks_per_unit_(std::pow(10.0, coin_.price_decimals)),
        lots_per_unit_(std::pow(10.0, coin_.size_decimals)),
        tick_(Decimal::of(fmt::format("1e-{}", coin_.price_decimals))),
        lot_(Decimal::of(fmt::format("1e-{}", coin_.size_decimals))),
        deviation_(coin_.volatility / std::sqrt(seconds_per_year)),
        own_share_(std::sqrt(1 - coin_.market * coin_.market)),
        first_trade_id_(static_cast<std::int64_t>(seed_ % 100'000'000)) {}

  const std::string& symbol() const { return coin_.symbol; }

  /// Fills `quote` with the coin's trade `number`, made at `time` of the path when the market as a whole stands at
  /// `market`.
  void trade(std::uint64_t number, std::uint64_t time, double market, Quote& quote) {
    const auto bits = mix(seed_, ~number);
    const bool buy = (bits & 1) != 0;
    const double middle = coin_.price * std::exp(deviation_ * (coin_.market * market + own_share_ * own_.at(time)));
    const double price = middle * (1 + (buy ? half_spread : -half_spread));
    // Most trades are small, some large: a logarithm that is about normal.
    const double value = coin_.typical_value * std::exp(1.3 * simulator::about_normal(mix(bits, 1)) - 0.8);

    quote.source = "simulator";
    quote.asset_id = asset_id_;
    quote.symbol = coin_.symbol;
    quote.currency = currency_;
    quote.price = Decimal(std::max<std::int64_t>(1, std::llround(price * ticks_per_unit_))) * tick_;
    quote.trade_id = first_trade_id_ + static_cast<std::int64_t>(number);
    quote.side = buy ? Side::buy : Side::sell;
    quote.size = Decimal(std::max<std::int64_t>(1, std::llround(value / middle * lots_per_unit_))) * lot_;
  }

 private:
  static constexpr double half_spread = 0.00005;

  static std::uint64_t hash(std::string_view text) {
    std::uint64_t bits = 0;
    for (char c : text) bits = mix(bits, static_cast<unsigned char>(c));
    return bits;
  }

  Coin coin_;
  std::string asset_id_;
  std::string currency_;
  std::uint64_t seed_;
  RandomPath own_;
  double ticks_per_unit_;
  double lots_per_unit_;
  Decimal tick_;
  Decimal lot_;
  double deviation_;
  double own_share_;
  std::int64_t first_trade_id_;
};

/// The sequence of one partition: record `n` from nothing but seed and n. Coins trade in rounds, each once, in a new
/// order each time.
class Sequence {
 public:
  Sequence(const std::vector<std::string>& coins, const std::string& currency, std::uint64_t seed, double rate)
      : seed_(seed),
        whole_market_(mix(seed, 0)),
        ticks_per_record_(RandomPath::ticks_per_second / rate),
        order_(coins.size()) {
    for (const auto& coin : coins) markets_.emplace_back(simulator::coin_of(coin), currency, seed);
  }

  void record(std::uint64_t n, Quote& quote) {
    const auto round = n / markets_.size();
    if (round != round_) shuffle(round);
    const auto time = static_cast<std::uint64_t>(static_cast<double>(n) * ticks_per_record_);
    markets_[order_[n % markets_.size()]].trade(round, time, whole_market_.at(time), quote);
  }

 private:
  void shuffle(std::uint64_t round) {
    round_ = round;
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    auto bits = mix(seed_, round);
    for (auto i = order_.size(); i > 1; --i) {
      bits = mix(bits, i);
      std::swap(order_[i - 1], order_[bits % i]);
    }
  }

  std::uint64_t seed_;
  RandomPath whole_market_;
  double ticks_per_record_;
  std::vector<Market> markets_;
  std::vector<std::size_t> order_;
  std::uint64_t round_ = ~std::uint64_t{0};
};

/// What one partition does.
struct Share {
  std::vector<std::string> coins;
  double rate = 0;
  std::optional<std::uint64_t> count;
};

class Reader final : public SourceReader<std::string, Quote> {
 public:
  Reader(const SimulatorOptions& options, const Share& share, Position position, const Clock& clock)
      : start_(options.start),
        nominal_rate_(share.rate > 0 ? share.rate : rate_if_unlimited),
        end_(share.count),
        clock_(clock),
        counts_(options.counts),
        position_(position),
        sequence_(share.coins, options.currency, position.seed, nominal_rate_),
        pace_(share.rate, clock.monotonic()) {
    headers_.add(simulated_header, "1");
  }

  Result<SourceBatch<std::string, Quote>> poll(std::stop_token stop) override {
    SourceBatch<std::string, Quote> batch;
    std::uint64_t most = most_records;
    if (end_) most = std::min(most, *end_ - std::min(*end_, position_.count));
    if (most == 0) {
      wait(stop, longest_wait);
      return batch;
    }
    auto due = pace_.due(clock_.monotonic(), most);
    if (due == 0) {
      wait(stop, std::clamp<std::chrono::nanoseconds>(pace_.next() - clock_.monotonic(), shortest_wait, longest_wait));
      if (stop.stop_requested()) return batch;
      due = pace_.due(clock_.monotonic(), most);
      if (due == 0) return batch;
    }

    const auto now = clock_.now();
    batch.records.resize(due);
    for (auto& record : batch.records) {
      sequence_.record(position_.count, record.value);
      record.value.time = start_ ? *start_ + since_start(position_.count) : now;
      record.key = record.value.symbol;
      record.timestamp = record.value.time;
      record.headers = headers_;
      ++position_.count;
    }
    if (counts_) counts_->data_time = batch.records.back().timestamp.ms;
    pace_.give(due);
    batch.position = position_.to_string();
    return batch;
  }

 private:
  std::chrono::milliseconds since_start(std::uint64_t n) const {
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(n) * 1000 / nominal_rate_));
  }

  std::optional<Timestamp> start_;
  double nominal_rate_;
  std::optional<std::uint64_t> end_;
  const Clock& clock_;
  std::shared_ptr<SourceCounts> counts_;
  Position position_;
  Sequence sequence_;
  Pace pace_;
  Headers headers_;
};

tl::unexpected<Error> refuse(std::string_view why) {
  return fail(ErrorKind::configuration, std::string(why));  // the runtime says whose error it is
}

/// The coins' symbols in capitals.
Result<std::vector<std::string>> coins_of(const SimulatorOptions& options) {
  std::vector<std::string> coins = options.coins;
  if (coins.empty())
    for (int i = 0; i < options.coin_count; ++i) coins.push_back(simulator::symbol_at(i));
  if (coins.empty()) return refuse("at least one coin is needed");
  std::set<std::string> seen;
  for (auto& coin : coins) {
    if (coin.empty()) return refuse("a coin has no name");
    for (auto& c : coin)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!seen.insert(coin).second) return refuse(fmt::format("coin {} is named twice", coin));
  }
  return coins;
}

/// Deals coins, rate and count out to the partitions, so that each coin trades equally often.
Share share_of(const SimulatorOptions& options, const std::vector<std::string>& coins, int partition) {
  Share share;
  std::uint64_t before = 0;  // coins of lower partitions
  for (std::size_t i = 0; i < coins.size(); ++i) {
    auto owner = static_cast<int>(i % static_cast<std::size_t>(options.partitions));
    if (owner == partition) share.coins.push_back(coins[i]);
    if (owner < partition) ++before;
  }
  share.rate = options.rate * static_cast<double>(share.coins.size()) / static_cast<double>(coins.size());
  if (options.count != 0) {
    auto up_to = [&](std::uint64_t some) {
      return options.count / coins.size() * some + options.count % coins.size() * some / coins.size();
    };
    share.count = up_to(before + share.coins.size()) - up_to(before);
  }
  return share;
}

}  // namespace

SimulatorSource::SimulatorSource(SimulatorOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(&clock) {}

Result<std::unique_ptr<SourceReader<std::string, Quote>>> SimulatorSource::open(const SourceTask& task,
                                                                                std::stop_token) const {
  if (!std::isfinite(options_.rate) || options_.rate < 0)
    return refuse("the rate must be a number of records a second, or 0 for no limit");
  if (task.partition < 0 || task.partition >= options_.partitions)
    return refuse(fmt::format("there is no partition {} of {}", task.partition, options_.partitions));
  CRYPTOSTREAM_TRY_ASSIGN(auto coins, coins_of(options_));

  Position position;
  if (task.position) {
    auto parsed = Position::parse(*task.position);
    if (!parsed)
      return refuse(fmt::format("'{}' is no position of the simulator; was this another source's?", *task.position));
    if (options_.seed && *options_.seed != parsed->seed)
      return refuse(
          fmt::format("seed {} was asked for, but this run began with seed {}: leave the seed out, or begin a new log",
                      *options_.seed, parsed->seed));
    position = *parsed;
  } else {
    std::random_device random;
    position.seed = options_.seed ? *options_.seed : random();
  }
  auto share = share_of(options_, coins, task.partition);
  if (share.coins.empty()) {  // more partitions than coins
    share.coins = {coins.front()};
    share.count = 0;
  }
  return std::make_unique<Reader>(options_, share, position, *clock_);
}

}  // namespace cryptostream
