// The last price of each coin, drawn over itself on a terminal.
#pragma once

#include <cryptostream/core/decimal.h>
#include <cryptostream/core/timestamp.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cryptostream::cli {

struct LivePrice {
  Decimal first;  ///< since the program began: what `change` is measured from
  Decimal last;
  std::string currency{};
  Timestamp time{};
  std::uint64_t count = 0;
};

/// "98,123.45": digits before the point in groups of three.
std::string grouped(const Decimal& price);

/// Collects prices; thread-safe. Draws only when asked.
class LiveTable {
 public:
  explicit LiveTable(std::string title) : title_(std::move(title)) {}

  void update(const std::string& symbol, const std::string& currency, const Decimal& price, Timestamp time);
  std::uint64_t count() const;

  /// The table as lines without line ends, at most `height` of them and none wider than `width` columns (colours not
  /// counted).
  std::vector<std::string> lines(int width, int height, std::chrono::milliseconds elapsed, bool coloured) const;

  /// "BTC 98,123.45 USD, ETH 3,456.70 USD" with the first `most` coins: for programs that are not watched.
  std::string summary(std::size_t most) const;

 private:
  std::string title_;
  mutable std::mutex mutex_;
  std::map<std::string, LivePrice> prices_;
  std::uint64_t count_ = 0;
};

/// Draws lines at the bottom of a terminal, over those drawn before; other lines go above them. Thread-safe.
class Overlay {
 public:
  explicit Overlay(int descriptor) : descriptor_(descriptor) {}
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  void draw(const std::vector<std::string>& lines);
  /// Prints `line` (with its end) above what is drawn.
  void print_above(std::string_view line);
  /// Columns and rows of the terminal; 80 by 24 if it does not say.
  std::pair<int, int> size() const;

 private:
  void write(std::string_view bytes) const;
  std::string erased() const;

  int descriptor_;
  std::mutex mutex_;
  std::vector<std::string> drawn_;
};

}  // namespace cryptostream::cli
