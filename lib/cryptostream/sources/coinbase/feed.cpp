#include <cryptostream/sources/coinbase/feed.h>

#include <algorithm>
#include <cctype>

namespace cryptostream {
namespace {

std::string_view channel_name(const CoinbaseOptions& options) {
  return options.channel == CoinbaseChannel::ticker ? "ticker" : "matches";
}

std::string subscription(const CoinbaseOptions& options, const std::set<std::string>& products) {
  std::string list;
  for (const auto& product : products) list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", product);
  return fmt::format(R"({{"type":"subscribe","product_ids":[{}],"channels":["{}","heartbeat"]}})", list,
                     channel_name(options));
}

std::string listed(const std::map<std::string, std::string>& refused) {
  std::string all;
  for (const auto& [product, reason] : refused)
    all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", product, reason);
  return all;
}

bool in_product(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-'; }

}  // namespace

std::optional<std::string> product_in(std::string_view reason, const std::set<std::string>& products) {
  for (const auto& product : products) {
    auto at = reason.find(product);
    if (at == reason.npos) continue;
    auto end = at + product.size();
    if ((at > 0 && in_product(reason[at - 1])) || (end < reason.size() && in_product(reason[end]))) continue;
    return product;
  }
  return std::nullopt;
}

Result<CoinbaseFeed> CoinbaseFeed::connect(const CoinbaseOptions& options, std::set<std::string>& products,
                                           std::map<std::string, std::string>& refused, std::stop_token stop) {
  CRYPTOSTREAM_TRY_ASSIGN(auto socket, WebSocketClient::connect(options.url, options.websocket, stop));
  CoinbaseFeed feed(std::move(socket));
  CRYPTOSTREAM_TRY(feed.subscribe(options, products, refused, stop));
  return feed;
}

Result<void> CoinbaseFeed::subscribe(const CoinbaseOptions& options, std::set<std::string>& products,
                                     std::map<std::string, std::string>& refused, std::stop_token stop) {
  const auto& what = options.websocket.what;
  CRYPTOSTREAM_TRY(socket_.send(subscription(options, products), stop));
  CoinbaseSubscriptions subscribed;
  auto missing = [&] {
    std::set<std::string> all;
    for (const auto& product : products)
      if (!subscribed.has(channel_name(options), product)) all.insert(product);
    return all;
  };
  auto deadline = std::chrono::steady_clock::now() + options.subscribe_timeout;
  while (true) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    CRYPTOSTREAM_TRY_ASSIGN(auto frame, socket_.receive(std::max(left, std::chrono::milliseconds(0)), stop));
    if (stop.stop_requested()) return fail(ErrorKind::temporary, "stopped");
    if (!frame) break;
    auto event = decode_coinbase(*frame);
    if (event && std::holds_alternative<CoinbaseSubscriptions>(*event)) {
      subscribed = std::get<CoinbaseSubscriptions>(*event);
      if (missing().empty()) return {};
    } else if (event && std::holds_alternative<CoinbaseRefusal>(*event)) {
      const auto& refusal = std::get<CoinbaseRefusal>(*event);
      auto product = product_in(refusal.reason, products);
      if (!product) {
        bool ours = refusal.reason.find("authentication") != std::string::npos ||
                    refusal.reason.find("not a valid") != std::string::npos;
        return fail(ours ? ErrorKind::configuration : ErrorKind::unavailable,
                    fmt::format("{}: {}: {}", what, refusal.message, refusal.reason));
      }
      refused[*product] = refusal.reason;
      products.erase(*product);
      if (products.empty())
        return fail(ErrorKind::configuration,
                    fmt::format("{}: none of the products can be had: {}; check coins and quote currency", what,
                                listed(refused)));
      // The refusal may have taken the others with it: ask for them again, which does no harm where it has not.
      CRYPTOSTREAM_TRY(socket_.send(subscription(options, products), stop));
    } else {
      early_.push_back(std::move(*frame));
    }
  }
  auto unanswered = missing();
  if (unanswered.size() == products.size())
    return fail(ErrorKind::unavailable,
                fmt::format("{}: no reply to the subscription within {} ms", what, options.subscribe_timeout.count()));
  for (const auto& product : unanswered) {
    refused[product] = "the reply does not list it";
    products.erase(product);
  }
  return {};
}

Result<std::optional<std::string>> CoinbaseFeed::receive(std::chrono::milliseconds wait, std::stop_token stop) {
  if (early_.empty()) return socket_.receive(wait, stop);
  auto frame = std::move(early_.front());
  early_.pop_front();
  return frame;
}

}  // namespace cryptostream
