#include <cryptostream/pipelines/coins.h>

#include <cryptostream/data/dynamic_row.h>

#include <algorithm>
#include <cctype>

namespace cryptostream {
namespace {

struct CryptoRow {
  std::int64_t id = 0;
  std::string name;
  std::string symbol;
  std::optional<Decimal> max_supply;
  std::optional<Decimal> circul_supply;
  std::optional<std::int64_t> cmc_rank;
};
CRYPTOSTREAM_SCHEMA(CryptoRow, (id, FieldFlags::key), name, symbol, max_supply, circul_supply, cmc_rank)

CryptoRow crypto_row(const Coin& coin) {
  return {coin.id, coin.name, coin.symbol, coin.max_supply, coin.circulating_supply, coin.cmc_rank};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// Rows of the table of prices: a column for each currency.
class PriceRows {
 public:
  static Result<PriceRows> of(const std::vector<std::string>& currencies) {
    std::vector<DynamicColumn> columns{
        {"crypto_id", Kind::int64}, {"time", Kind::timestamp}, {"price_usd", Kind::decimal}};
    PriceRows rows;
    for (const auto& currency : currencies) {
      if (currency == "USD") continue;
      rows.currencies_.push_back(currency);
      columns.push_back({"price_" + lower(currency), Kind::decimal});
    }
    for (const char* name : {"volume_24h", "percent_change_1h", "percent_change_24h", "percent_change_7d"})
      columns.push_back({name, Kind::decimal});
    CRYPTOSTREAM_TRY_ASSIGN(rows.schema_, DynamicSchema::make(std::move(columns)));
    return rows;
  }

  const TypeInfo& type() const { return schema_->type(); }

  DynamicRow operator()(const Coin& coin) const {
    DynamicRow row(schema_);
    std::size_t column = 0;
    row.at<std::int64_t>(column++) = coin.id;
    row.at<Timestamp>(column++) = coin.time;
    row.at<Decimal>(column++) = coin.price;
    for (const auto& currency : currencies_) {
      auto& cell = row.at<Decimal>(column++);
      if (!coin.prices) continue;
      if (auto price = coin.prices->find(currency); price != coin.prices->end()) cell = price->second;
    }
    for (const auto& value : {coin.volume_24h, coin.percent_change_1h, coin.percent_change_24h, coin.percent_change_7d})
      row.at<Decimal>(column++) = value;
    return row;
  }

 private:
  std::vector<std::string> currencies_;
  std::shared_ptr<const DynamicSchema> schema_;
};

}  // namespace

void process_coins(StreamsBuilder& builder, const CoinsOptions& options) {
  auto topic = [&](std::string_view name) { return renamed(options.renames, name); };
  auto coins = builder.stream(KafkaTopic<std::string, Coin>(topic(coins_raw_topic)), Named("coins-raw"));
  auto rates = builder.stream(KafkaTopic<std::string, FxRate>(topic(fx_topic)), Named("fx"));
  convert_prices(coins, rates, "fx", options.conversion)
      .to(KafkaTopic<std::string, Coin>(topic(coins_topic)), Named("coins"));
}

Result<void> sink_coins(StreamsBuilder& builder, const std::string& uri, const CoinsOptions& options) {
  CRYPTOSTREAM_TRY(expect_room_for_tables(uri));
  const KafkaTopic<std::string, Coin> coins{renamed(options.renames, coins_topic)};
  CRYPTOSTREAM_TRY(
      into_table(builder.stream(coins, Named("coins-for-crypto")).map_values(crypto_row, Named("crypto-rows")), uri,
                 {.table = renamed(options.renames, "crypto"), .mode = WriteMode::upsert}));
  CRYPTOSTREAM_TRY_ASSIGN(auto rows, PriceRows::of(options.conversion.currencies));
  return into_table(builder.stream(coins, Named("coins-for-price")).map_values(rows, Named("price-rows")), uri,
                    {.table = renamed(options.renames, "price")}, rows.type());
}

}  // namespace cryptostream
