// Prices in dollars and kronor: each price meets the exchange rate of its own time, even if the rate comes later.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <string>

namespace cs = cryptostream;
using namespace std::chrono_literals;

struct Price {
  std::string coin;
  cs::Decimal usd;
  cs::Decimal sek;
};
CRYPTOSTREAM_SCHEMA(Price, coin, usd, sek)

int main() {
  const cs::KafkaTopic<std::string, Price> prices{"prices"}, converted{"converted"};
  const cs::KafkaTopic<std::string, cs::Decimal> rates{"rates"};

  cs::StreamsBuilder b;
  auto rate = b.table(rates, cs::Materialized("rates").versioned(1h));  // remembers what held when
  b.stream(prices)
      .select_key([](const Price&) { return "SEK"; })
      .repartition(cs::Repartitioned("by-currency"))
      .join(
          rate,
          [](const Price& price, const cs::Decimal& sek) {
            return Price{price.coin, price.usd, price.usd * sek};
          },
          cs::Joined("convert").grace(5s))  // waits so long for rates that are on their way
      .select_key(&Price::coin)
      .to(converted);

  cs::TestDriver driver(b.build());
  auto decimal = [](const char* text) { return cs::Decimal::parse(text).value(); };
  auto pipe = [&](std::int64_t second, const char* usd) {
    driver.pipe(prices, "BTC", {"BTC", decimal(usd), {}}, {second * 1000});
  };
  driver.pipe(rates, "SEK", decimal("9.50"), {0});
  pipe(2, "67000.5");
  driver.pipe(rates, "SEK", decimal("9.60"), {3'000});
  pipe(4, "67010.25");
  driver.pipe(rates, "SEK", decimal("9.40"), {1'000});  // was on its way: holds for the first price
  pipe(20, "66990");                                    // lets both go: five seconds are over
  for (const auto& price : driver.read(converted))
    fmt::print("{} {} USD = {} SEK\n", price.key, price.value.usd.to_string(), price.value.sek.to_string());
}
