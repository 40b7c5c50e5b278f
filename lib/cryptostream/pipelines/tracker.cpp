#include <cryptostream/pipelines/tracker.h>

#include <cryptostream/dsl/process.h>

#include <chrono>
#include <stdexcept>

namespace cryptostream {
namespace {

using namespace std::chrono_literals;
constexpr auto day = 24h;
constexpr auto remembered = 7 * day;

/// The price that was first on a day, of all that are known.
struct FirstPrice {
  Timestamp time;
  Decimal price;
};
CRYPTOSTREAM_SCHEMA(FirstPrice, time, price)

const auto first_prices = window_store<std::string, FirstPrice>("first-prices", remembered + day, day);
const auto newest_times = key_value_store<std::string, std::int64_t>("newest-times");

/// Milliseconds as seconds with three decimals.
Decimal seconds(Timestamp time) { return Decimal::parse(std::to_string(time.ms)).value() * Decimal::of("0.001"); }

using QuoteToRow = FixedKeyProcessor<std::string, Quote, TrackedCoin>;

class FirstOfDay : public QuoteToRow {
 public:
  explicit FirstOfDay(Context& context) : QuoteToRow(context), first_(context.store(first_prices)) {}

  void process(const Record<std::string, Quote>& record) override {
    const auto& quote = record.value;
    auto since_midnight = quote.time.ms % std::chrono::milliseconds(day).count();
    Timestamp midnight{quote.time.ms - since_midnight};
    if (midnight + remembered < context().stream_time())
      throw std::domain_error("the price is more than seven days old: what it was first on its day is forgotten");
    auto first = first_.fetch(quote.asset_id, midnight);
    if (!first || quote.time < first->time) {
      first = FirstPrice{quote.time, quote.price};
      first_.put(quote.asset_id, *first, midnight);
    }
    context().forward({seconds(quote.time), quote.asset_id, quote.symbol, quote.name.value_or(quote.symbol),
                       quote.price, quote.change_percent_24h, first->price, quote.vwap_24h});
  }

 private:
  decltype(first_prices)::Store first_;
};

using RowToRow = FixedKeyProcessor<std::string, TrackedCoin, TrackedCoin>;

class OnlyNewest : public RowToRow {
 public:
  explicit OnlyNewest(Context& context) : RowToRow(context), newest_(context.store(newest_times)) {}

  void process(const Record<std::string, TrackedCoin>& record) override {
    const auto& id = record.value.id;
    if (auto newest = newest_.get(id); newest && record.timestamp.ms < *newest) return;
    newest_.put(id, record.timestamp.ms);
    context().forward(record.value);
  }

 private:
  decltype(newest_times)::Store newest_;
};

}  // namespace

void process_tracker(StreamsBuilder& builder, const TrackerOptions& options) {
  auto topic = [&](std::string_view name) { return renamed(options.renames, name); };
  auto rows = builder.stream(KafkaTopic<std::string, Quote>(topic("tracker")), Named("prices"))
                  .process_values<FirstOfDay>(Named("first-of-day"), Stores(first_prices));
  rows.to(KafkaTopic<std::string, TrackedCoin>(topic("tracker-values")), Named("values"));
  rows.process_values<OnlyNewest>(Named("only-newest"), Stores(newest_times))
      .to(KafkaTopic<std::string, TrackedCoin>(topic("tracker-last")), Named("last"));
}

Result<void> sink_tracker(StreamsBuilder& builder, const std::string& uri, const TrackerOptions& options) {
  CRYPTOSTREAM_TRY(expect_room_for_tables(uri));
  auto topic = [&](std::string_view name) {
    return KafkaTopic<std::string, TrackedCoin>(renamed(options.renames, name));
  };
  CRYPTOSTREAM_TRY(into_table(builder.stream(topic("tracker-values"), Named("values-for-table")), uri,
                              {.table = renamed(options.renames, "crypto_data")}));
  return into_table(builder.stream(topic("tracker-last"), Named("last-for-table")), uri,
                    {.table = renamed(options.renames, "last_values"), .mode = WriteMode::upsert});
}

}  // namespace cryptostream
