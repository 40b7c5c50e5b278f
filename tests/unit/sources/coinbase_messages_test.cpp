// Messages of Coinbase: every recorded one, and each way in which one can be wrong.
#include <cryptostream/sources/coinbase/messages.h>

#include <fstream>
#include <map>

#include <doctest/doctest.h>

using namespace cryptostream;

namespace {

std::vector<std::string> lines(const std::string& name) {
  std::ifstream file(std::string(CRYPTOSTREAM_SAMPLES) + "/ws/" + name);
  REQUIRE_MESSAGE(file, name);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string error_of(std::string_view frame) {
  auto event = decode_coinbase(frame);
  REQUIRE_FALSE(event);
  CHECK(event.error().kind() == ErrorKind::bad_record);
  return event.error().message();
}

const std::string match =
    R"({"type":"match","trade_id":10,"maker_order_id":"a","taker_order_id":"b","side":"sell","size":"5.23512","price":"400.2300",)"
    R"("product_id":"BTC-USD","sequence":50,"time":"2014-11-07T08:19:27.028459Z"})";

/// The match with one piece of it changed.
std::string with(const std::string& from, const std::string& to) {
  auto changed = match;
  auto at = changed.find(from);
  REQUIRE(at != std::string::npos);
  return changed.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("every recorded message of the feed decodes, and a trade is the same from ticker and match") {
  std::map<std::string, int> seen;
  std::map<std::pair<std::string, std::int64_t>, CoinbaseTrade> matches;
  int in_both = 0;
  for (const auto& line : lines("COINBASE.first3000")) {
    if (line.starts_with("wss://")) continue;  // what the client did
    auto frame = line.substr(line.find(": ") + 2);
    auto event = decode_coinbase(frame);
    REQUIRE_MESSAGE(event, event.error().message());
    auto type = frame.substr(9, frame.find('"', 9) - 9);  // {"type":"…"
    ++seen[type];
    if (auto* trade = std::get_if<CoinbaseTrade>(&*event)) {
      std::pair id(trade->product, trade->trade_id);
      if (type == "match" || type == "last_match") {
        matches[id] = *trade;
      } else if (matches.contains(id)) {
        ++in_both;
        const auto& other = matches[id];
        CHECK(trade->side == other.side);
        CHECK(trade->price.same_text(other.price));
        CHECK(trade->size == other.size);
      }
    } else if (type != "subscriptions") {
      CHECK(std::get<CoinbaseOther>(*event).type == type);
    }
  }
  CHECK(seen == std::map<std::string, int>{{"l2update", 2921},
                                           {"last_match", 10},
                                           {"match", 21},
                                           {"snapshot", 10},
                                           {"subscriptions", 3},
                                           {"ticker", 31}});
  CHECK(in_both >= 10);
}

TEST_CASE("the recorded refusals and the heartbeat decode") {
  auto all = lines("COINBASE.errors_and_heartbeat.ndjson");
  REQUIRE(all.size() == 5);
  for (int i = 0; i < 4; ++i)
    CHECK(std::get<CoinbaseRefusal>(*decode_coinbase(all[static_cast<std::size_t>(i)])).message ==
          "Failed to subscribe");
  CHECK(std::get<CoinbaseRefusal>(*decode_coinbase(all[1])).reason == "ETH-USD is not a valid product");
  auto heartbeat = std::get<CoinbaseHeartbeat>(*decode_coinbase(all[4]));
  CHECK(heartbeat.product == "BTC-USD");
  CHECK(heartbeat.last_trade_id == 20);
}

TEST_CASE("a match tells the maker's side, a quote the taker's") {
  auto quote = to_quote(std::get<CoinbaseTrade>(*decode_coinbase(match)));
  CHECK(quote.source == "coinbase");
  CHECK(quote.asset_id == "BTC-USD");
  CHECK(quote.symbol == "BTC");
  CHECK(quote.currency == "USD");
  CHECK(quote.price.to_string() == "400.2300");
  CHECK(quote.size->to_string() == "5.23512");
  CHECK(quote.side == Side::buy);
  CHECK(quote.trade_id == 10);
  CHECK(quote.time == Timestamp{1415348367028});
  CHECK_FALSE(quote.name);
  CHECK(std::get<CoinbaseTrade>(*decode_coinbase(with("sell", "buy"))).side == Side::sell);
}

TEST_CASE("a ticker before any trade is none") {
  auto event = decode_coinbase(R"({"type":"ticker","product_id":"NEW-USD","price":"0","best_bid":"1"})");
  REQUIRE(event);
  CHECK(std::get<CoinbaseOther>(*event).type == "ticker");
}

TEST_CASE("unknown types are passed over, whatever else they hold") {
  CHECK(
      std::get<CoinbaseOther>(*decode_coinbase(R"({"type":"status","currencies":[{"id":{}}],"trade_id":"x"})")).type ==
      "status");
}

TEST_CASE("a broken message is refused with source, type and field") {
  CHECK(has(error_of(with("\"400.2300\"", "\"abc\"")), "coinbase feed, message match"));
  CHECK(has(error_of(with("\"400.2300\"", "\"abc\"")), "price"));
  CHECK(has(error_of(with("\"400.2300\"", "null")), "price"));
  CHECK(has(error_of(with(":10,", ":\"10\",")), "trade_id"));
  CHECK(has(error_of(with("\"sell\"", "\"none\"")), "side"));
  CHECK(has(error_of(with("2014-11-07T", "yesterday ")), "time"));
  CHECK(has(error_of(with("\"product_id\":\"BTC-USD\",", "")), "product_id"));
  CHECK(has(error_of(with("\"type\"", "\"tipe\"")), "type"));
  CHECK(has(error_of(match.substr(0, 80)), "coinbase feed"));
  CHECK(has(error_of(with("BTC-USD", "BTC-\xff\xfe")), "coinbase feed"));
  CHECK(has(error_of("<html>"), "coinbase feed"));
  CHECK(has(error_of("[]"), "coinbase feed"));
  CHECK(has(error_of(R"({"type":"heartbeat","product_id":"A"})"), "last_trade_id"));
  CHECK(has(error_of(R"({"type":"subscriptions","channels":{}})"), "channels"));
}

TEST_CASE("an answer of the trades endpoint decodes row by row") {
  auto trades = decode_coinbase_trades(
      "BTC-USD",
      R"([{"time":"2024-01-02T03:04:05.678901Z","trade_id":74,"price":"10.00","size":"0.01000000","side":"buy"},)"
      R"({"time":"2024-01-02T03:04:05Z","trade_id":73,"price":[],"size":"1","side":"sell"},{"time":"x","trade_id":72,"price":"1","size":"1","side":"sell"}])");
  REQUIRE(trades);
  REQUIRE(trades->trades.size() == 1);
  CHECK(trades->trades[0].side == Side::sell);
  CHECK(trades->trades[0].product == "BTC-USD");
  REQUIRE(trades->bad_rows.size() == 2);
  CHECK(has(trades->bad_rows[0].message(), "coinbase /products/BTC-USD/trades, row 2"));
  CHECK(has(trades->bad_rows[0].message(), "price"));
  CHECK(has(trades->bad_rows[1].message(), "time"));
  auto refused = decode_coinbase_trades("BTC-USD", R"({"message":"NotFound"})");
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message(), "NotFound"));
}
