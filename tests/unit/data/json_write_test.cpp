#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, sell)

struct Inner {
  std::optional<std::int32_t> first;
  std::optional<std::string> second;
};
CRYPTOSTREAM_SCHEMA(Inner, first, second)

struct Row {
  std::string text;
  double ratio = 0;
  Side side = Side::buy;
  Inner inner;
};
CRYPTOSTREAM_SCHEMA(Row, text, ratio, side, inner)

template <class T>
std::string json(const T& value) {
  std::string out;
  cs::encode_json(cs::type_of<T>(), &value, out);
  return out;
}

template <class T>
std::string refusal(const T& value) {
  try {
    return json(value);
  } catch (const std::domain_error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("absent members are left out, absent elements are null") {
  CHECK(json(Inner{}) == "{}");
  CHECK(json(Inner{.second = ""}) == R"({"second":""})");
  CHECK(json(std::vector<std::optional<bool>>{true, {}}) == "[true,null]");
  CHECK(json(std::map<std::string, std::optional<bool>>{{"a", {}}}) == R"({"a":null})");
  CHECK(json(std::optional<bool>()) == "null");
}

TEST_CASE("decimals are written with their scale, times as integers") {
  CHECK(json(cs::Decimal::of("-0.00100")) == "\"-0.00100\"");
  CHECK(json(cs::Timestamp{-5}) == "-5");
}

TEST_CASE("text is escaped where JSON asks for it and nowhere else") {
  CHECK(json(std::string("a\"\\/\b\f\n\r\t\x01 é €")) == "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001 é €\"");
  CHECK(json(std::string("\0", 1)) == "\"\\u0000\"");
  CHECK(json(std::map<std::string, bool>{{"a\"b", true}}) == "{\"a\\\"b\":true}");
}

TEST_CASE("doubles are written so that they read back") {
  CHECK(json(0.1) == "0.1");
  CHECK(json(-0.0) == "-0");
  CHECK(json(5e-324) == "5e-324");
  CHECK(json(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
}

TEST_CASE("writing appends") {
  std::string out = "x";
  cs::encode_json(cs::type_of<Inner>(), std::make_unique<Inner>().get(), out);
  CHECK(out == "x{}");
}

TEST_CASE("what JSON cannot say is refused with the field's name, and the next value is written well") {
  CHECK(refusal(Row{.ratio = std::nan("")}) == "JSON cannot say field ratio: NaN or infinity");
  CHECK(refusal(Row{.text = "\xFF"}) == "JSON cannot say field text: text that is not UTF-8");
  CHECK(refusal(Row{.side = static_cast<Side>(2)}) == "JSON cannot say field side: a value of Side without a text");
  CHECK(refusal(Row{.inner = {.second = "\x80"}}) == "JSON cannot say field second: text that is not UTF-8");
  CHECK(refusal(std::string("\xFF")) == "JSON cannot say field (the value itself): text that is not UTF-8");
  CHECK(json(Row{}) == R"({"text":"","ratio":0,"side":"buy","inner":{}})");
}
