#include <cryptostream/market/fx_conversion.h>

#include <cryptostream/dsl/grouped_stream.h>
#include <cryptostream/dsl/process.h>

#include <fmt/format.h>

namespace cryptostream {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds look_again{100};

/// A price that waits for rates, until when, and the time of its record.
struct WaitingCoin {
  Coin coin;
  Timestamp until;
  Timestamp timestamp;
};
CRYPTOSTREAM_SCHEMA(WaitingCoin, coin, until, timestamp)

using Rates = StoreBuilder<TypedVersionedStore<std::string, Decimal>>;
using Waiting = StoreBuilder<TypedKeyValueStore<std::string, WaitingCoin>>;

std::string pair_of(const std::string& base, const std::string& currency) { return base + "/" + currency; }

class KeepRates : public Processor<std::string, FxRate> {
 public:
  KeepRates(Context& context, const Rates& rates) : Processor(context), rates_(context.store(rates)) {}
  void process(const Record<std::string, FxRate>& record) override {
    const auto& rate = record.value;
    rates_.put(pair_of(rate.base, rate.currency), rate.rate, rate.time);
  }

 private:
  Rates::Store rates_;
};

class Convert : public Processor<std::string, Coin, std::string, Coin> {
 public:
  Convert(Context& context, const Rates& rates, const Waiting& waiting, FxConversionOptions options)
      : Processor(context),
        rates_(context.store(rates)),
        waiting_(context.store(waiting)),
        options_(std::move(options)) {
    for (auto& entry : waiting_.all()) {  // in the order of their numbers
      auto arrival = std::stoull(entry.key);
      if (arrivals_ == 0) first_ = arrival;
      arrivals_ = arrival + 1;
    }
    context.schedule(look_again, PunctuationType::wall_clock, [this](Timestamp now) { release(now); });
  }

  void process(const Record<std::string, Coin>& record) override {
    const auto& coin = record.value;
    if (first_ == arrivals_ && settled(coin)) return convert(coin, record.timestamp);
    waiting_.put(key_of(arrivals_++), {coin, context().wall_clock() + options_.patience, record.timestamp});
  }

 private:
  // In the order of arrival, which the store's keys keep.
  static std::string key_of(std::uint64_t arrival) { return fmt::format("{:020}", arrival); }

  /// Hands on what need not wait any more; what came behind one that must waits with it.
  void release(Timestamp now) {
    while (first_ < arrivals_) {
      auto key = key_of(first_);
      auto waiting = waiting_.get(key);
      if (waiting) {
        if (waiting->until > now && !settled(waiting->coin)) return;
        convert(waiting->coin, waiting->timestamp);
        waiting_.erase(key);
      }
      ++first_;
    }
  }

  /// True if of each currency a rate is known that is younger than the price: an older one will hardly come any more.
  bool settled(const Coin& coin) const {
    for (const auto& currency : options_.currencies) {
      if (currency == coin.currency) continue;
      auto newest = rates_.get(pair_of(coin.currency, currency));
      if (!newest || newest->timestamp <= coin.time) return false;
    }
    return true;
  }

  std::optional<Decimal> rate_of(const Coin& coin, const std::string& currency) {
    if (currency == coin.currency) return Decimal::of("1");
    auto rate = rates_.get(pair_of(coin.currency, currency), coin.time);
    auto count = [this](std::atomic<std::int64_t> FxConversionCounts::*what) {
      if (options_.counts) ++((*options_.counts).*what);
    };
    if (!rate) {
      count(&FxConversionCounts::missing);
      return std::nullopt;
    }
    if (coin.time - rate->timestamp > options_.oldest) {
      count(&FxConversionCounts::stale);
      return std::nullopt;
    }
    return rate->value;
  }

  void convert(const Coin& coin, Timestamp timestamp) {
    auto converted = coin;
    auto& rates = converted.rates.emplace();
    auto& prices = converted.prices.emplace();
    for (const auto& currency : options_.currencies)
      if (auto rate = rate_of(coin, currency)) {
        rates.emplace(currency, *rate);
        prices.emplace(currency, coin.price * *rate);
      }
    context().forward(coin.symbol, converted, timestamp);
  }

  Rates::Store rates_;
  Waiting::Store waiting_;
  FxConversionOptions options_;
  std::uint64_t first_ = 0;     // the waiting one that came first
  std::uint64_t arrivals_ = 0;  // how many have had to wait
};

}  // namespace

Stream<std::string, Coin> convert_prices(const Stream<std::string, Coin>& coins,
                                         const Stream<std::string, FxRate>& rates, const std::string& name,
                                         const FxConversionOptions& options) {
  auto known = versioned_store<std::string, Decimal>(name + "-rates", options.history);
  auto waiting = key_value_store<std::string, WaitingCoin>(name + "-waiting");
  auto together = [&](const char* what) { return Repartitioned(name + "-" + what + "-by-base").partitions(1); };
  rates.select_key(&FxRate::base, Named(name + "-rate-base"))
      .repartition(together("rates"))
      .process<KeepRates>([known](KeepRates::Context& context) { return KeepRates(context, known); },
                          Named(name + "-keep-rates"), Stores(known));
  return coins.select_key(&Coin::currency, Named(name + "-coin-base"))
      .repartition(together("coins"))
      .process<Convert>([=](Convert::Context& context) { return Convert(context, known, waiting, options); },
                        Named(name + "-convert"), Stores(known, waiting));
}

}  // namespace cryptostream
