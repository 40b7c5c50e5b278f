// A program of somebody else's on the plain library.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

namespace cs = cryptostream;

struct Trade {
  std::string symbol;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price)

int main() {
  const cs::KafkaTopic<std::string, Trade> trades{"trades"}, dear{"dear"};
  cs::StreamsBuilder b;
  b.stream(trades).filter([](const Trade& trade) { return trade.price > 100; }).to(dear);
  cs::TestDriver driver{b.build()};
  driver.pipe(trades, "BTC", {"BTC", cs::Decimal::of("98123.450")});
  driver.pipe(trades, "XRP", {"XRP", cs::Decimal::of("0.54")});
  auto found = driver.read(dear);
  fmt::print("{} of 2 trades is dear\n", found.size());
  return found.size() == 1 && found[0].value.price.to_string() == "98123.450" ? 0 : 1;
}
