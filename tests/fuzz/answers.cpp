// Any bytes as an API's answer: decoded or refused with a message that can be shown; what was decoded is whole.
#include <cryptostream/sources/coincap/messages.h>
#include <cryptostream/sources/coingecko/messages.h>
#include <cryptostream/sources/coinmarketcap/messages.h>
#include <cryptostream/sources/ecb/eurofxref.h>
#include <cryptostream/sources/fastforex/messages.h>
#include <cryptostream/sources/frankfurter/messages.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace cryptostream;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void expect_showable(const Error& error) {
  expect(!error.message().empty());
  expect(std::none_of(error.message().begin(), error.message().end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
}
void expect_showable(const std::vector<Error>& errors) {
  for (const auto& error : errors) expect_showable(error);
}

void expect_whole(const std::vector<Coin>& coins) {
  for (const auto& coin : coins) {
    expect(!coin.asset_id.empty() && !coin.symbol.empty() && coin.id >= 0 && coin.time.ms > 0);
    expect(to_quote(coin).price == coin.price);
  }
}

void expect_whole(const Result<FxAnswer>& answer) {
  if (!answer) return expect_showable(answer.error());
  for (const auto& currencies : {std::vector<std::string>{}, std::vector<std::string>{"SEK", "EUR", "USD"}}) {
    auto rates = rates_in("USD", currencies, *answer, "x");
    expect_showable(rates.bad_rows);
    for (const auto& rate : rates.rows) expect(rate.rate > Decimal(0) && rate.time.ms > 0);
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(CRYPTOSTREAM_SAMPLES)) {
    if (!entry.is_regular_file() || entry.file_size() > 4'000) continue;
    std::ifstream file(entry.path());
    all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::sort(all.begin(), all.end());  // the same seed, the same run
  all.emplace_back(
      R"({"status":{"error_code":"0"},"data":[{"id":1,"symbol":"B","name":"N","quote":[{"symbol":"USD","price":1,"last_updated":"2025-02-09T23:49:04Z"}]}]})");
  all.emplace_back(R"({"a\u001b[2J":1,"a\u001b[2J":2})");
  all.emplace_back(
      R"({"data":[],"base":"USD","date":"2026-03-17","updated":1,"rates":{"\u001b":-1},"results":{"\u0007":0}})");
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body(reinterpret_cast<const char*>(data), size);
  if (auto answer = decode_coincap_assets("/assets", body)) {
    expect_showable(answer->bad_rows);
  } else {
    expect_showable(answer.error());
  }
  if (auto answer = decode_coinmarketcap("/v2/cryptocurrency/quotes/latest", body, "USD")) {
    expect_showable(answer->bad_rows);
    expect_whole(answer->coins);
    expect(answer->rows ==
           answer->coins.size() + answer->duplicates + answer->without_price.size() + answer->bad_rows.size());
  } else {
    expect_showable(answer.error());
  }
  if (auto status = coinmarketcap_status(body)) expect_showable(coinmarketcap_refusal("/x", *status, {}, "k"));
  if (auto answer = decode_coingecko_markets(body, "USD")) {
    expect_showable(answer->found.bad_rows);
    expect_whole(answer->found.rows);
  } else {
    expect_showable(answer.error());
  }
  if (auto answer = decode_coingecko_prices(body, "USD")) {
    expect_showable(answer->bad_rows);
  } else {
    expect_showable(answer.error());
  }
  if (auto answer = decode_coincap_history("/assets/x/history", body)) {
    expect_showable(answer->bad_rows);
  } else {
    expect_showable(answer.error());
  }
  expect_whole(decode_coincap_rates(body));
  expect_whole(decode_fastforex("/fetch-multi", body));
  expect_whole(decode_frankfurter("/v1/latest", body));
  expect_whole(decode_ecb("eurofxref-daily.xml", body));
  return 0;
}
