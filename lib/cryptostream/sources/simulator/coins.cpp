#include <cryptostream/sources/simulator/coins.h>
#include <cryptostream/sources/simulator/random_path.h>

#include <fmt/core.h>

#include <array>
#include <cmath>

namespace cryptostream::simulator {
namespace {

struct Row {
  std::string_view symbol;
  double price;
  int price_decimals;
  int size_decimals;
  double volatility;
  double market;
  double typical_value;
};

// clang-format off
constexpr std::array<Row, 20> table{{
    {"BTC", 67'250, 2, 8, 0.55, 0.95, 900},
    {"ETH", 3'480, 2, 8, 0.75, 0.90, 700},
    {"SOL", 148, 2, 6, 1.00, 0.80, 400},
    {"XRP", 0.5420, 4, 6, 0.85, 0.75, 300},
    {"BNB", 585, 2, 5, 0.60, 0.80, 350},
    {"DOGE", 0.13850, 5, 1, 1.05, 0.70, 200},
    {"ADA", 0.4630, 4, 2, 0.90, 0.80, 200},
    {"AVAX", 36.20, 2, 4, 1.00, 0.80, 220},
    {"LINK", 15.180, 3, 2, 0.90, 0.75, 220},
    {"DOT", 6.870, 3, 3, 0.90, 0.80, 180},
    {"LTC", 83.10, 2, 6, 0.75, 0.75, 250},
    {"BCH", 472.5, 2, 6, 0.85, 0.70, 250},
    {"UNI", 9.860, 3, 6, 1.00, 0.70, 180},
    {"NEAR", 6.420, 3, 3, 1.10, 0.75, 160},
    {"ATOM", 8.370, 3, 3, 0.90, 0.75, 150},
    {"XLM", 0.105300, 6, 2, 0.85, 0.70, 120},
    {"ETC", 27.40, 2, 5, 0.90, 0.75, 150},
    {"FIL", 5.630, 3, 3, 1.00, 0.75, 140},
    {"SHIB", 0.00002418, 8, 0, 1.20, 0.65, 150},
    {"USDT", 0.9998, 4, 2, 0.005, 0.10, 1'500},
}};
// clang-format on

}  // namespace

Coin coin_of(std::string_view symbol) {
  for (const auto& row : table)
    if (row.symbol == symbol)
      return {std::string(symbol), row.price,  row.price_decimals, row.size_decimals,
              row.volatility,      row.market, row.typical_value};

  std::uint64_t bits = symbol.size();
  for (char c : symbol) bits = mix(bits, static_cast<unsigned char>(c));
  const double magnitude = -3 + static_cast<double>(bits % 5'000) / 1'000;  // 0.001 to 100 dollars
  const int decimals = 4 - static_cast<int>(std::floor(magnitude));         // five digits at least
  return {std::string(symbol),
          std::pow(10.0, magnitude),
          decimals,
          2,
          0.8 + static_cast<double>(bits >> 32 & 0xff) / 512,
          0.7,
          150};
}

std::string symbol_at(int index) {
  return index < static_cast<int>(table.size()) ? std::string(table[static_cast<std::size_t>(index)].symbol)
                                                : fmt::format("SIM{:03}", index + 1);
}

}  // namespace cryptostream::simulator
