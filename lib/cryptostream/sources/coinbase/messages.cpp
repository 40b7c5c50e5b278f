#include <cryptostream/data/json.h>
#include <cryptostream/sources/coinbase/messages.h>
#include <cryptostream/sources/json_rows.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace cryptostream {

// As the wire has them. They are in this namespace, not an unnamed one, because schemas are found by argument-dependent
// lookup.
struct CoinbaseWireHead {
  std::string type;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireHead, type)

struct CoinbaseWireMatch {
  std::string product_id;
  std::int64_t trade_id = 0;
  Side side = Side::buy;  // the maker's
  Decimal price;
  Decimal size;
  std::string time;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireMatch, product_id, trade_id, side, price, size, time)

struct CoinbaseWireTicker {
  std::string product_id;
  std::optional<std::int64_t> trade_id;
  std::optional<Side> side;  // the taker's
  std::optional<Decimal> price;
  std::optional<Decimal> last_size;
  std::optional<std::string> time;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireTicker, product_id, trade_id, side, price, last_size, time)

struct CoinbaseWireHeartbeat {
  std::string product_id;
  std::int64_t last_trade_id = 0;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireHeartbeat, product_id, last_trade_id)

struct CoinbaseWireChannel {
  std::string name;
  std::optional<std::vector<std::string>> product_ids;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireChannel, name, product_ids)

struct CoinbaseWireSubscriptions {
  std::vector<CoinbaseWireChannel> channels;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireSubscriptions, channels)

struct CoinbaseWireError {
  std::optional<std::string> message;
  std::optional<std::string> reason;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireError, message, reason)

struct CoinbaseWireTrade {
  std::int64_t trade_id = 0;
  Side side = Side::buy;  // the maker's
  Decimal price;
  Decimal size;
  std::string time;
};
CRYPTOSTREAM_SCHEMA(CoinbaseWireTrade, trade_id, side, price, size, time)

namespace {

Side opposite(Side side) { return side == Side::buy ? Side::sell : Side::buy; }

template <class T>
Result<T> decode(std::string_view text) {
  T value;
  CRYPTOSTREAM_TRY(decode_json(type_of<T>(), text, &value));
  return value;
}

Result<Timestamp> parse_time(const std::string& text) {
  auto time = Timestamp::parse(text);
  if (!time) return fail(std::move(time).error().with_context("field time"));
  return time;
}

Result<CoinbaseEvent> decode_match(std::string_view frame) {
  CRYPTOSTREAM_TRY_ASSIGN(auto wire, decode<CoinbaseWireMatch>(frame));
  CRYPTOSTREAM_TRY_ASSIGN(auto time, parse_time(wire.time));
  return CoinbaseTrade{std::move(wire.product_id), wire.trade_id, opposite(wire.side), wire.price, wire.size, time};
}

Result<CoinbaseEvent> decode_ticker(std::string_view frame) {
  CRYPTOSTREAM_TRY_ASSIGN(auto wire, decode<CoinbaseWireTicker>(frame));
  if (!wire.trade_id || !wire.price || !wire.side || !wire.last_size || !wire.time) return CoinbaseOther{"ticker"};
  CRYPTOSTREAM_TRY_ASSIGN(auto time, parse_time(*wire.time));
  return CoinbaseTrade{std::move(wire.product_id), *wire.trade_id, *wire.side, *wire.price, *wire.last_size, time};
}

Result<CoinbaseEvent> decode_of_type(const std::string& type, std::string_view frame) {
  if (type == "match" || type == "last_match") return decode_match(frame);
  if (type == "ticker") return decode_ticker(frame);
  if (type == "heartbeat") {
    CRYPTOSTREAM_TRY_ASSIGN(auto wire, decode<CoinbaseWireHeartbeat>(frame));
    return CoinbaseHeartbeat{std::move(wire.product_id), wire.last_trade_id};
  }
  if (type == "subscriptions") {
    CRYPTOSTREAM_TRY_ASSIGN(auto wire, decode<CoinbaseWireSubscriptions>(frame));
    CoinbaseSubscriptions subscriptions;
    for (auto& channel : wire.channels)
      subscriptions.channels.push_back(
          {std::move(channel.name), std::move(channel.product_ids).value_or(std::vector<std::string>())});
    return subscriptions;
  }
  if (type == "error") {
    CRYPTOSTREAM_TRY_ASSIGN(auto wire, decode<CoinbaseWireError>(frame));
    return CoinbaseRefusal{std::move(wire.message).value_or(""), std::move(wire.reason).value_or("")};
  }
  return CoinbaseOther{type};
}

}  // namespace

bool CoinbaseSubscriptions::has(std::string_view channel, std::string_view product) const {
  return std::any_of(channels.begin(), channels.end(), [&](const Channel& c) {
    return c.name == channel && std::find(c.products.begin(), c.products.end(), product) != c.products.end();
  });
}

Result<CoinbaseEvent> decode_coinbase(std::string_view frame) {
  auto head = decode<CoinbaseWireHead>(frame);
  if (!head) return fail(std::move(head).error().with_context("coinbase feed"));
  auto event = decode_of_type(head->type, frame);
  if (!event) return fail(std::move(event).error().with_context(fmt::format("coinbase feed, message {}", head->type)));
  return event;
}

Result<CoinbaseTrades> decode_coinbase_trades(const std::string& product, std::string_view body) {
  auto where = fmt::format("coinbase /products/{}/trades", product);
  auto split = split_json_rows(body, "");
  if (!split) return fail(std::move(split).error().with_context(where));
  CoinbaseTrades trades;
  for (std::size_t i = 0; i < split->rows.size(); ++i) {
    auto wire = decode<CoinbaseWireTrade>(split->rows[i]);
    auto time = wire ? parse_time(wire->time) : Result<Timestamp>(Timestamp());
    if (wire && time) {
      trades.trades.push_back({product, wire->trade_id, opposite(wire->side), wire->price, wire->size, *time});
    } else {
      auto& error = wire ? time.error() : wire.error();
      trades.bad_rows.push_back(error.with_context(fmt::format("{}, row {}", where, i + 1)));
    }
  }
  return trades;
}

Quote to_quote(const CoinbaseTrade& trade) {
  auto dash = trade.product.rfind('-');
  return {
      .source = "coinbase",
      .asset_id = trade.product,
      .symbol = trade.product.substr(0, dash),
      .currency = dash == std::string::npos ? std::string() : trade.product.substr(dash + 1),
      .price = trade.price,
      .time = trade.time,
      .trade_id = trade.trade_id,
      .side = trade.side,
      .size = trade.size,
  };
}

}  // namespace cryptostream
