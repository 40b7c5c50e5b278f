// coin/1 and fx_rate/1 as others read them.
#include <cryptostream/data/serde.h>
#include <cryptostream/market/registry.h>

#include <doctest/doctest.h>

using namespace cryptostream;

static_assert(domain_type<Coin>() == "coin/1");
static_assert(domain_type<FxRate>() == "fx_rate/1");
static_assert(HasDefaultSerde<Coin>);

namespace {

Coin bitcoin() {
  Coin coin;
  coin.source = "coinmarketcap";
  coin.asset_id = "1";
  coin.id = 1;
  coin.symbol = "BTC";
  coin.name = "Bitcoin";
  coin.currency = "USD";
  coin.price = Decimal::of("3453.70296808");
  coin.time = Timestamp{1'549'628'906'000};
  return coin;
}

}  // namespace

TEST_CASE("a coin is written member for member, its rates by currency, and reads back") {
  std::string text;
  default_serde<Coin>().encode(bitcoin(), text);
  CHECK(text == R"({"source":"coinmarketcap","asset_id":"1","id":1,"symbol":"BTC","name":"Bitcoin","currency":"USD",)"
                R"("price":"3453.70296808","time":1549628906000})");
  Coin full = bitcoin();
  full.max_supply = full.circulating_supply = full.total_supply = full.market_cap = full.market_cap_dominance =
      full.volume_24h = Decimal(2);
  full.percent_change_1h = full.percent_change_24h = full.percent_change_7d = full.percent_change_30d =
      Decimal::of("-0.50");
  full.cmc_rank = full.place = 1;
  full.rates = {{"EUR", Decimal::of("0.9")}, {"SEK", Decimal::of("10.50")}};
  full.prices = {{"EUR", Decimal::of("3108.332671272")}};
  text.clear();
  default_serde<Coin>().encode(full, text);
  CHECK(text ==
        R"({"source":"coinmarketcap","asset_id":"1","id":1,"symbol":"BTC","name":"Bitcoin","currency":"USD",)"
        R"("price":"3453.70296808","time":1549628906000,"max_supply":"2","circulating_supply":"2","total_supply":"2",)"
        R"("cmc_rank":1,"place":1,"market_cap":"2","market_cap_dominance":"2","volume_24h":"2",)"
        R"("percent_change_1h":"-0.50","percent_change_24h":"-0.50","percent_change_7d":"-0.50",)"
        R"("percent_change_30d":"-0.50","rates":{"EUR":"0.9","SEK":"10.50"},"prices":{"EUR":"3108.332671272"}})");
  Coin read;
  REQUIRE(default_serde<Coin>().decode(text, read));
  CHECK(read.rates->at("SEK").to_string() == "10.50");
  CHECK(read.percent_change_30d->to_string() == "-0.50");
}

TEST_CASE("a coin's quote says what the coin says") {
  Coin coin = bitcoin();
  coin.cmc_rank = 7;
  coin.volume_24h = Decimal(1);
  coin.market_cap = Decimal(2);
  coin.percent_change_24h = Decimal(3);
  coin.circulating_supply = Decimal(4);
  coin.max_supply = Decimal(5);
  std::string text;
  default_serde<Quote>().encode(to_quote(coin), text);
  CHECK(text == R"({"source":"coinmarketcap","asset_id":"1","symbol":"BTC","name":"Bitcoin","currency":"USD",)"
                R"("price":"3453.70296808","time":1549628906000,"volume_24h":"1","market_cap":"2",)"
                R"("change_percent_24h":"3","circulating_supply":"4","max_supply":"5","rank":7})");
}

TEST_CASE("a coin's number depends on its name alone and fits into a double") {
  CHECK(coin_number("bitcoin") == coin_number(std::string("bit") + "coin"));
  CHECK(coin_number("bitcoin") != coin_number("bitcoin-cash"));
  for (const char* name : {"", "a", "bitcoin", "0chain", "\xff\xff"}) {
    CHECK(coin_number(name) > 0);
    CHECK(coin_number(name) <= std::int64_t{1} << 53);
  }
  CHECK(coin_number("bitcoin") == 217'133'717'355'883);  // tables keep it: it must not change
}

TEST_CASE("a rate is written as the data contract says") {
  std::string text;
  default_serde<FxRate>().encode({"USD", "SEK", Decimal::of("10.4500"), Timestamp{1'700'000'000'000}}, text);
  CHECK(text == R"({"base":"USD","currency":"SEK","rate":"10.4500","time":1700000000000})");
}
