#include <cryptostream/data/scalar_text.h>
#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, (sell, "SELL"))

template <class T>
std::string text(const T& value, cs::TimeText times = cs::TimeText::iso8601) {
  std::string out;
  return cs::append_text(cs::type_of<T>(), &value, out, times) ? out : "(null)";
}

template <class T>
std::string read(std::string_view from) {
  T value{};
  auto done = cs::parse_text(cs::type_of<T>(), from, &value);
  return done ? text(value) : done.error().message();
}

}  // namespace

TEST_CASE("each kind has one text") {
  CHECK(text(true) == "true");
  CHECK(text(std::int32_t{-5}) == "-5");
  CHECK(text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(text(0.1) == "0.1");
  CHECK(text(1e300) == "1e+300");
  CHECK(text(std::nan("")) == "NaN");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "-Infinity");
  CHECK(text(std::string("a \"b\"")) == "a \"b\"");
  CHECK(text(cs::Decimal::of("1.00000")) == "1.00000");
  CHECK(text(cs::Timestamp{1}) == "1970-01-01T00:00:00.001Z");
  CHECK(text(cs::Timestamp{1}, cs::TimeText::milliseconds) == "1");
  CHECK(text(Side::sell) == "SELL");
  CHECK(text(std::optional<Side>(Side::buy)) == "buy");
  CHECK(text(std::optional<Side>()) == "(null)");
  CHECK(text(std::vector<std::int32_t>{1, 2}) == "[1,2]");
  CHECK(text(std::map<std::string, bool>{{"a", true}}) == "{\"a\":true}");
}

TEST_CASE("an enum without a text is refused") { CHECK_THROWS_AS(text(static_cast<Side>(7)), std::domain_error); }

TEST_CASE("texts read back") {
  CHECK(read<bool>("false") == "false");
  CHECK(read<std::int32_t>("-2147483648") == "-2147483648");
  CHECK(read<double>("NaN") == "NaN");
  CHECK(read<double>("-Infinity") == "-Infinity");
  CHECK(read<cs::Decimal>("1.500") == "1.500");
  CHECK(read<cs::Timestamp>("2023-11-14T22:13:20.123Z") == "2023-11-14T22:13:20.123Z");
  CHECK(read<cs::Timestamp>("-1") == "1969-12-31T23:59:59.999Z");
  CHECK(read<Side>("SELL") == "SELL");
  CHECK(read<std::optional<std::string>>("") == "");
}

TEST_CASE("other texts are refused with the text") {
  CHECK(read<bool>("TRUE") == "\"TRUE\" is not true or false");
  CHECK(read<std::int32_t>("2147483648") == "\"2147483648\" is not an integer of 32 bits");
  CHECK(read<std::int64_t>("1.0") == "\"1.0\" is not an integer of 64 bits");
  CHECK(read<double>("0x1") == "\"0x1\" is not a number");
  CHECK(read<Side>("sell") == "\"sell\" is not a text of Side");
  CHECK(read<cs::Timestamp>("yesterday") != "");
  CHECK(read<std::vector<std::int32_t>>("[1").starts_with("not JSON at byte 2"));
}
