// Messages of the Coinbase Exchange feed and answers of its trades endpoint.
#pragma once

#include <cryptostream/market/quote.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cryptostream {

/// One trade, from `match`, `last_match`, `ticker` or REST. `side` is the taker's, whichever side the message tells.
struct CoinbaseTrade {
  std::string product;  ///< "BTC-USD"
  std::int64_t trade_id = 0;
  Side side = Side::buy;
  Decimal price;
  Decimal size;
  Timestamp time;
};

/// Once a second and product: which trade was the last.
struct CoinbaseHeartbeat {
  std::string product;
  std::int64_t last_trade_id = 0;
};

/// Everything that is subscribed by now, as `subscriptions` tells it.
struct CoinbaseSubscriptions {
  struct Channel {
    std::string name;
    std::vector<std::string> products;
  };
  std::vector<Channel> channels;

  bool has(std::string_view channel, std::string_view product) const;
};

/// Message of type `error`.
struct CoinbaseRefusal {
  std::string message;  ///< "Failed to subscribe"
  std::string reason;   ///< "NOPE-USD is not a valid product"
};

/// A message that quotes do not need: order book, status, a ticker before any trade, types yet to be invented.
struct CoinbaseOther {
  std::string type;
};

using CoinbaseEvent =
    std::variant<CoinbaseTrade, CoinbaseHeartbeat, CoinbaseSubscriptions, CoinbaseRefusal, CoinbaseOther>;

/// Decodes one text frame. `ticker` and `match` of one trade give equal CoinbaseTrades.
/// Errors (bad_record): the message names source, type and field.
Result<CoinbaseEvent> decode_coinbase(std::string_view frame);

/// An answer of /products/{product}/trades, newest first as it comes, and what is wrong with its other rows.
struct CoinbaseTrades {
  std::vector<CoinbaseTrade> trades{};
  std::vector<Error> bad_rows{};
};
Result<CoinbaseTrades> decode_coinbase_trades(const std::string& product, std::string_view body);

/// The trade as quote/1; symbol and currency are the two sides of the product.
Quote to_quote(const CoinbaseTrade& trade);

}  // namespace cryptostream
