#include <cryptostream/data/serde.h>
#include <cryptostream/sources/coinbase/messages.h>
#include <cryptostream/sources/replay/decoder.h>

namespace cryptostream::replay {
namespace {

/// The host in "wss://host:port/path".
std::string_view host_of(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return url.substr(0, url.find_first_of(":/?"));
}

}  // namespace

Result<void> Decoder::decode(std::string_view line, std::vector<Recorded>& out) {
  if (auto frame = parse_frame(line)) return decode_frame(*frame, out);
  auto& recorded = out.emplace_back();
  CRYPTOSTREAM_TRY(default_serde<Quote>().decode(line, recorded.quote));
  recorded.at = recorded.quote.time;
  return {};
}

Result<void> Decoder::decode_frame(const Frame& frame, std::vector<Recorded>& out) {
  if (frame.type == Frame::Type::sent) return {};
  if (frame.type == Frame::Type::connected) {
    auto host = host_of(frame.url);
    connected_ = host.find("coinbase.com") != host.npos;
    if (!connected_)
      return fail(ErrorKind::configuration,
                  fmt::format("this is a recording of {}; only Coinbase's are understood", host));
    return {};
  }
  if (!connected_)
    return fail(ErrorKind::configuration, "a message comes before any line that says whose connection was recorded");

  CRYPTOSTREAM_TRY_ASSIGN(auto event, decode_coinbase(frame.text));
  const auto* trade = std::get_if<CoinbaseTrade>(&event);
  if (!trade) return {};
  // A trade is told twice, by channels matches and ticker, and the last one again after each connect.
  auto [last, first] = last_trades_.try_emplace(trade->product, trade->trade_id);
  if (!first && trade->trade_id <= last->second) return {};
  last->second = trade->trade_id;
  out.push_back({to_quote(*trade), frame.time});
  return {};
}

}  // namespace cryptostream::replay
