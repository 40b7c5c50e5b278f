#include <cryptostream/cli/live_table.h>
#include <cryptostream/cli/messages.h>

#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <chrono>

using namespace cryptostream;
using namespace cryptostream::cli;
using namespace std::chrono_literals;

namespace {

constexpr auto title = "cryptostream  simulator -> quotes";

void fill(LiveTable& table) {
  for (auto symbol : {"BNB", "BTC", "ETH", "SOL", "XRP"}) table.update(symbol, "USD", Decimal::of("100.00"), {});
  table.update("BTC", "USD", Decimal::of("101.00"), Timestamp{3'723'000});
  table.update("ETH", "USD", Decimal::of("99.50"), Timestamp{3'723'000});
}

}  // namespace

TEST_CASE("prices show their digits in groups of three, and their scale as written") {
  CHECK(grouped(Decimal::of("0.54")) == "0.54");
  CHECK(grouped(Decimal::of("999.00000")) == "999.00000");
  CHECK(grouped(Decimal::of("1000")) == "1,000");
  CHECK(grouped(Decimal::of("1234567.8900")) == "1,234,567.8900");
  CHECK(grouped(Decimal::of("-123456")) == "-123,456");
}

TEST_CASE("the live table shows last price, change since the beginning, time and count of each coin") {
  LiveTable table(title);
  fill(table);
  auto lines = table.lines(100, 24, 2s, false);
  REQUIRE(lines.size() == 8);  // title, heading, five coins, sum
  CHECK(lines[0] == "cryptostream  simulator -> quotes");
  CHECK(lines[3].find("101.00 USD") != std::string::npos);
  CHECK(lines[3].find("+1.00 %") != std::string::npos);
  CHECK(lines[3].find("01:02:03") != std::string::npos);
  CHECK(lines[4].find("-0.50 %") != std::string::npos);
  CHECK(lines[7].find("7 quotes, 3.5 a second, 2s") != std::string::npos);
  CHECK(table.count() == 7);
}

TEST_CASE("no line reaches the terminal's edge, and all lines together leave room for the cursor") {
  LiveTable table(title);
  fill(table);
  for (int width = 1; width <= 120; ++width)
    for (int height = 2; height <= 12; ++height) {
      CAPTURE(width);
      CAPTURE(height);
      auto lines = table.lines(width, height, 2s, false);
      CHECK(lines.size() < static_cast<std::size_t>(height));
      for (const auto& line : lines) CHECK(line.size() < static_cast<std::size_t>(width));
    }
}

TEST_CASE("colours are there only where they are allowed") {
  LiveTable table(title);
  fill(table);
  auto escapes = [&](bool coloured) {
    std::size_t count = 0;
    for (const auto& line : table.lines(100, 24, 2s, coloured)) count += line.find('\x1b') != std::string::npos;
    return count;
  };
  CHECK(escapes(false) == 0);
  CHECK(escapes(true) >= 4);  // title, heading, BTC up, ETH down
}

TEST_CASE("a drawn table is drawn over, and other lines go above it") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  {
    Overlay overlay(ends[1]);
    overlay.draw({"a", "b"});
    overlay.print_above("said\n");
    overlay.draw({"c"});
  }
  ::close(ends[1]);
  std::string bytes(4096, '\0');
  bytes.resize(static_cast<std::size_t>(::read(ends[0], bytes.data(), bytes.size())));
  ::close(ends[0]);
  CHECK(bytes == "a\nb\n\x1b[2A\r\x1b[Jsaid\na\nb\n\x1b[2A\r\x1b[Jc\n");
}

TEST_CASE("any bytes become a JSON text") {
  CHECK(json_text("plain") == "\"plain\"");
  CHECK(json_text("a\"b\\c\nd\x01") == "\"a\\\"b\\\\c\\nd\\u0001\"");
  CHECK(json_text("\xe2\x82\xac") == "\"\xe2\x82\xac\"");
  CHECK(json_text("\xff!") == "\"\xef\xbf\xbd!\"");
  CHECK(json_text("\xe2\x82") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}
