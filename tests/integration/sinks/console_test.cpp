// What a console sink prints.
#include "suite_rows.h"

#include <cryptostream/stores/any_sink.h>
#include <cryptostream/stores/console/sink.h>

#include <unistd.h>

#include <array>

namespace {

struct Trade {
  std::string symbol;
  cs::Decimal price;
  std::optional<std::string> note{};
};
CRYPTOSTREAM_SCHEMA(Trade, symbol, price, note)

/// A pipe, and what has been written into it.
struct Pipe {
  std::array<int, 2> ends{};
  Pipe() { REQUIRE(::pipe(ends.data()) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  std::string read() {
    std::array<char, 4096> bytes{};
    auto length = ::read(ends[0], bytes.data(), bytes.size());
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(0, length))};
  }
};

void add(cs::TableWriter& writer, const Trade& trade) { REQUIRE(writer.write(nullptr, &trade, 0)); }

}  // namespace

TEST_CASE("rows are JSON objects, a line each, once they are committed") {
  Pipe pipe;
  auto writer = open(*cs::console_table({.file = pipe.ends[1]}, cs::type_of<Trade>()));
  CHECK_FALSE(writer->position());
  add(*writer, {"BTC", cs::Decimal::of("67000.10"), "a\nb"});
  REQUIRE(writer->write(nullptr, nullptr, 1));
  add(*writer, {"ETH", cs::Decimal::of("1")});
  commit(*writer, 2);
  CHECK(pipe.read() ==
        "{\"symbol\":\"BTC\",\"price\":\"67000.10\",\"note\":\"a\\nb\"}\n"
        "{\"symbol\":\"ETH\",\"price\":\"1\"}\n");
}

TEST_CASE("a table has one heading, and columns as wide as the first rows") {
  Pipe pipe;
  auto writer = open(*cs::console_table({cs::ConsoleFormat::table, pipe.ends[1]}, cs::type_of<Trade>()));
  add(*writer, {"BTC", cs::Decimal::of("67000.10"), "süß"});
  add(*writer, {"ETH", cs::Decimal::of("1")});
  commit(*writer, 1);
  add(*writer, {"a-long-one", cs::Decimal::of("2"), "x"});
  commit(*writer, 2);
  CHECK(pipe.read() ==
        "symbol     price  note\n"
        "BTC     67000.10  süß\n"
        "ETH            1\n"
        "a-long-one         2  x\n");
}

TEST_CASE("a URI names it, with its format") {
  auto make = [](std::string_view uri) { return cs::any_table(uri, {}, cs::type_of<Trade>(), nullptr); };
  CHECK(make("stdout").has_value());
  CHECK(make("stdout:?format=table").has_value());
  CHECK(make("stdout:?format=xml").error().message().find("ndjson and table") != std::string::npos);
  CHECK(make("stdout:file").error().kind() == cs::ErrorKind::usage);
}
