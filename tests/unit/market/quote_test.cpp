// quote/1 as others read it, and the registry that resolves its name.
#include <cryptostream/data/serde.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/market/registry.h>

#include <doctest/doctest.h>

using namespace cryptostream;

static_assert(domain_type<Quote>() == "quote/1");
static_assert(domain_type<int>().empty());
static_assert(HasDefaultSerde<Quote>);

namespace {

Quote trade() {
  Quote quote;
  quote.source = "coinbase";
  quote.asset_id = "BTC-USD";
  quote.symbol = "BTC";
  quote.currency = "USD";
  quote.price = Decimal::of("62013.10");
  quote.time = Timestamp{1'618'677'816'843};
  quote.trade_id = 157'213'871;
  quote.side = Side::sell;
  quote.size = Decimal::of("0.00100000");
  return quote;
}

}  // namespace

TEST_CASE("a quote is written as the data contract says, member for member") {
  std::string text;
  default_serde<Quote>().encode(trade(), text);
  CHECK(text == R"({"source":"coinbase","asset_id":"BTC-USD","symbol":"BTC","currency":"USD","price":"62013.10",)"
                R"("time":1618677816843,)"
                R"("trade_id":157213871,"side":"sell","size":"0.00100000"})");

  Quote full = trade();
  full.name = "Bitcoin";
  full.volume_24h = full.market_cap = full.vwap_24h = full.change_percent_24h = full.circulating_supply =
      full.max_supply = Decimal(1);
  full.rank = 1;
  text.clear();
  default_serde<Quote>().encode(full, text);
  CHECK(
      text ==
      R"({"source":"coinbase","asset_id":"BTC-USD","symbol":"BTC","name":"Bitcoin","currency":"USD","price":"62013.10",)"
      R"("time":1618677816843,)"
      R"("trade_id":157213871,"side":"sell","size":"0.00100000","volume_24h":"1","market_cap":"1","vwap_24h":"1",)"
      R"("change_percent_24h":"1",)"
      R"("circulating_supply":"1","max_supply":"1","rank":1})");
}

TEST_CASE("a quote reads back what it wrote, and numbers where others write them") {
  std::string text;
  default_serde<Quote>().encode(trade(), text);
  Quote read;
  REQUIRE(default_serde<Quote>().decode(text, read));
  CHECK(read.price.same_text(Decimal::of("62013.10")));
  CHECK(read.side == Side::sell);
  CHECK(read.trade_id == 157'213'871);
  CHECK(!read.name);
  REQUIRE(default_serde<Quote>().decode(
      R"({"source":"x","asset_id":"a","symbol":"A","currency":"USD","price":1.00000,"time":1,"side":null,"extra":[1]})",
      read));
  CHECK(read.price.to_string() == "1.00000");
  CHECK(!read.side);
  CHECK(!default_serde<Quote>().decode(
      R"({"source":"x","asset_id":"a","symbol":"A","currency":"USD","price":"1","time":1,"side":"BUY"})", read));
  CHECK(
      !default_serde<Quote>().decode(R"({"source":"x","asset_id":"a","symbol":"A","currency":"USD","time":1})", read));
}

TEST_CASE("a domain type's name leads to its C++ type") {
  auto fields = visit_domain_type("quote/1", []<class T>(TypeTag<T>) { return type_of<T>().fields.size(); });
  REQUIRE(fields);
  CHECK(*fields == 17);
  bool visited = false;
  Result<void> done = visit_domain_type("quote/1", [&]<class T>(TypeTag<T>) { visited = std::same_as<T, Quote>; });
  CHECK(done);
  CHECK(visited);
  Result<int> own =
      visit_domain_type("quote/1", []<class T>(TypeTag<T>) -> Result<int> { return fail(ErrorKind::usage, "no"); });
  CHECK(own.error().kind() == ErrorKind::usage);
}

TEST_CASE("an unknown domain type is a configuration error that lists the known ones") {
  for (const char* name : {"", "quote", "quote/2", "Quote", "quote/1 "}) {
    auto visited = visit_domain_type(name, []<class T>(TypeTag<T>) { return 1; });
    REQUIRE(!visited);
    CHECK(visited.error().kind() == ErrorKind::configuration);
    CHECK(visited.error().message() ==
          fmt::format("'{}' is not a type of record this version knows; known: quote/1, "
                      "coin/1, fx_rate/1, selected_coin/1, tracked/1, candle/1, indicator/1",
                      name));
  }
}
