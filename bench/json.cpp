// JSON of a 150-byte trade: ours into a struct, against RapidJSON's bare SAX reader and writer, and simdjson's
// on-demand reader.
#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>

#include <fmt/core.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <simdjson.h>
#include <cstdio>

#include "measure.h"

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

const std::string text =
    R"({"symbol":"BTC","currency":"EUR","price":"67123.45","volume":"0.0123","side":"buy","trade_id":123456,"ts":1700000000000})";

// Reads every event and keeps none.
struct Silent : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Silent> {};

void rapidjson_sax(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    rapidjson::StringStream stream(text.c_str());
    rapidjson::Reader reader;
    Silent silent;
    cs::bench::keep(reader.Parse(stream, silent));
  }
}

void ours_decode(std::size_t times) {
  static Trade trade;
  for (std::size_t i = 0; i < times; ++i) {
    if (!cs::decode_json(cs::type_of<Trade>(), text, &trade)) std::abort();
    cs::bench::keep(trade);
  }
}

// All fields, decimals as text.
void simdjson_ondemand(std::size_t times) {
  static simdjson::ondemand::parser parser;
  static const simdjson::padded_string padded(text);
  struct {
    std::string_view symbol, currency, price, volume, side;
    std::int64_t trade_id, ts;
  } trade;
  for (std::size_t i = 0; i < times; ++i) {
    auto document = parser.iterate(padded);
    auto object = document.get_object();
    bool failed = object["symbol"].get(trade.symbol) || object["currency"].get(trade.currency) ||
                  object["price"].get(trade.price) || object["volume"].get(trade.volume) ||
                  object["side"].get(trade.side) || object["trade_id"].get(trade.trade_id) ||
                  object["ts"].get(trade.ts);
    if (failed) std::abort();
    cs::bench::keep(trade);
  }
}

void ours_encode(std::size_t times) {
  static Trade trade = [] {
    Trade read;
    if (!cs::decode_json(cs::type_of<Trade>(), text, &read)) std::abort();
    return read;
  }();
  static std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out.clear();
    cs::encode_json(cs::type_of<Trade>(), &trade, out);
    cs::bench::keep(out);
  }
}

// The same text from numbers that are text already.
void rapidjson_writer(std::size_t times) {
  static const std::string symbol = "BTC", currency = "EUR", price = "67123.45", volume = "0.0123", side = "buy";
  static rapidjson::StringBuffer buffer;
  for (std::size_t i = 0; i < times; ++i) {
    buffer.Clear();
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    auto string = [&](const char* key, const std::string& value) {
      writer.Key(key);
      writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    };
    writer.StartObject();
    string("symbol", symbol);
    string("currency", currency);
    string("price", price);
    string("volume", volume);
    string("side", side);
    writer.Key("trade_id");
    writer.Int64(123456);
    writer.Key("ts");
    writer.Int64(1700000000000);
    writer.EndObject();
    cs::bench::keep(buffer);
  }
}

}  // namespace

int main() {
  const auto ns = cs::bench::median_ns({{"decode", ours_decode},
                                        {"rapidjson_sax", rapidjson_sax},
                                        {"simdjson_ondemand", simdjson_ondemand},
                                        {"encode", ours_encode},
                                        {"rapidjson_writer", rapidjson_writer}},
                                       31, 100'000);
  fmt::print(
      "{{\"benchmark\":\"json\",\"bytes\":{},\"decode_ns\":{:.0f},\"rapidjson_sax_ns\":{:.0f},\"simdjson_ondemand_ns\":"
      "{:.0f},"
      "\"decode_to_rapidjson\":{:.2f},\"decode_to_simdjson\":{:.2f},\"encode_ns\":{:.0f},\"rapidjson_writer_ns\":{:.0f}"
      ","
      "\"encode_to_rapidjson\":{:.2f}}}\n",
      text.size(), ns[0], ns[1], ns[2], ns[0] / ns[1], ns[0] / ns[2], ns[3], ns[4], ns[3] / ns[4]);
}
