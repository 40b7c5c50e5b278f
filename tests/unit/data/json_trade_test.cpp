#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

struct Trade {
  std::string symbol;
  std::string currency;
  cs::Decimal price;
  cs::Decimal volume;
  Side side = Side::buy;
  std::int64_t trade_id = 0;
  cs::Timestamp ts;
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, currency, price, volume, side, trade_id, ts)

}  // namespace

TEST_CASE("a trade read and written again is the same text") {
  const std::string text =
      R"({"symbol":"BTC","currency":"EUR","price":"67123.4500","volume":"0.0123","side":"sell","trade_id":123456,"ts":1700000000000})";
  Trade trade;
  auto read = cs::decode_json(cs::type_of<Trade>(), text, &trade);
  REQUIRE_MESSAGE(read, (read ? "" : read.error().message()));
  CHECK(trade.price.to_string() == "67123.4500");
  CHECK(trade.side == Side::sell);
  std::string out;
  cs::encode_json(cs::type_of<Trade>(), &trade, out);
  CHECK(out == text);
}
