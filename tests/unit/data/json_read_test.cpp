#include <cryptostream/data/json.h>
#include <cryptostream/data/schema.h>
#include <doctest/doctest.h>

#include <limits>

namespace cs = cryptostream;

namespace {

enum class Side { buy, sell };
CRYPTOSTREAM_ENUM(Side, buy, (sell, "SELL"))

struct Level {
  cs::Decimal price;
  std::optional<cs::Decimal> size;
};
CRYPTOSTREAM_SCHEMA(Level, price, size)

struct Row {
  bool live = false;
  std::int32_t small = 0;
  std::int64_t big = 0;
  double ratio = 0;
  std::string text;
  cs::Decimal price;
  cs::Timestamp time;
  Side side = Side::buy;
  std::optional<std::string> note;
  std::optional<Level> best;
  std::vector<Level> levels;
  std::map<std::string, std::int64_t> counts;
};
CRYPTOSTREAM_SCHEMA(Row, live, small, big, ratio, text, price, time, side, note, best, levels, counts)

// One member of each kind, so that a test of one kind needs no others.
template <class T>
struct Only {
  T value{};
};
template <class T>
constexpr auto cryptostream_schema(cs::TypeTag<Only<T>>) {
  return cs::schema(cs::field("value", &Only<T>::value));
}

template <class T>
std::string error(std::string_view text) {
  T value{};
  auto read = cs::decode_json(cs::type_of<T>(), text, &value);
  return read ? "" : read.error().message();
}

// Reads `json` as the only member; gives the value written again, or the error.
template <class T>
std::string value(std::string_view json) {
  Only<T> only;
  auto read = cs::decode_json(cs::type_of<Only<T>>(), "{\"value\":" + std::string(json) + "}", &only);
  if (!read) return read.error().message();
  std::string out;
  cs::encode_json(cs::type_of<T>(), &only.value, out);
  return out;
}

const std::string full =
    R"({"live":true,"small":-7,"big":9223372036854775807,"ratio":0.1,"text":"Ü","price":"1.00000","time":1700000000000,)"
    R"("side":"SELL","note":"n","best":{"price":"2"},"levels":[{"price":"3.50","size":"1"},{"price":"4"}],"counts":{"a":1,"b":2}})";

}  // namespace

TEST_CASE("JSON of every kind reads into its members") {
  Row row;
  REQUIRE(cs::decode_json(cs::type_of<Row>(), full, &row));
  CHECK(row.live);
  CHECK(row.small == -7);
  CHECK(row.big == std::numeric_limits<std::int64_t>::max());
  CHECK(row.ratio == 0.1);
  CHECK(row.text == "Ü");
  CHECK(row.price.to_string() == "1.00000");
  CHECK(row.time.ms == 1700000000000);
  CHECK(row.side == Side::sell);
  CHECK(row.note == "n");
  CHECK(row.best->price == cs::Decimal(2));
  CHECK_FALSE(row.best->size.has_value());
  CHECK(row.levels.size() == 2);
  CHECK(row.levels[0].size == cs::Decimal(1));
  CHECK(row.counts == std::map<std::string, std::int64_t>{{"a", 1}, {"b", 2}});
}

TEST_CASE("members may come in any order, with white space, and others are skipped at any depth") {
  Level level;
  REQUIRE(cs::decode_json(cs::type_of<Level>(),
                          " { \"x\" : [ { \"price\" : [ null , true , -1.5e3 ] , \"price\" : 2 } ] ,\n \"size\" : "
                          "\"7\" ,\t\"y\":{}, \"price\" : "
                          "\"8\" , \"pricey\":1,\"pric\":2 }\r\n",
                          &level));
  CHECK(level.price == cs::Decimal(8));
  CHECK(level.size == cs::Decimal(7));
}

TEST_CASE("a member's name may be written with escapes") {
  Level level;
  REQUIRE(cs::decode_json(cs::type_of<Level>(), R"({"pr\u0069ce":"8","s\u0069ze":"9"})", &level));
  CHECK(level.price == cs::Decimal(8));
  CHECK(level.size == cs::Decimal(9));
}

TEST_CASE("decimals keep their text, from strings and from numbers") {
  CHECK(value<cs::Decimal>("\"1.00000\"") == "\"1.00000\"");
  CHECK(value<cs::Decimal>("1.00000") == "\"1.00000\"");
  CHECK(value<cs::Decimal>("-0.10") == "\"-0.10\"");
  CHECK(value<cs::Decimal>("100") == "\"100\"");
  CHECK(value<cs::Decimal>("0") == "\"0\"");
  CHECK(value<cs::Decimal>("1.5e3") == "\"1500\"");
  CHECK(value<cs::Decimal>("18446744073709551615") == "\"18446744073709551615\"");
  CHECK(value<cs::Decimal>("18446744073709551616") == "\"18446744073709551616\"");
  CHECK(value<cs::Decimal>("-9223372036854775809") == "\"-9223372036854775809\"");
  CHECK(value<cs::Decimal>("0.1234567890123456789012345678901234567") == "\"0.1234567890123456789012345678901234567\"");
  CHECK(value<cs::Decimal>("\"\"") == "field value at byte 9: '' is not a decimal number");
  CHECK(value<cs::Decimal>("\"1,5\"") == "field value at byte 9: '1,5' is not a decimal number");
  CHECK(value<cs::Decimal>("1e39") == "field value at byte 9: '1e39' has more than 38 digits before the point");
  CHECK(value<cs::Decimal>("true") == "field value at byte 9: a decimal number expected, true found");
}

TEST_CASE("a decimal of more than 38 digits is rounded and counted") {
  const auto before = cs::json_decimals_rounded();
  CHECK(value<cs::Decimal>("\"1." + std::string(37, '1') + "\"") == "\"1." + std::string(37, '1') + "\"");
  CHECK(cs::json_decimals_rounded() == before);
  CHECK(value<cs::Decimal>("\"1." + std::string(40, '9') + "\"") == "\"2." + std::string(37, '0') + "\"");
  CHECK(value<cs::Decimal>("1." + std::string(40, '1')) == "\"1." + std::string(37, '1') + "\"");
  CHECK(cs::json_decimals_rounded() == before + 2);
}

TEST_CASE("integers are numbers within their bits") {
  CHECK(value<std::int32_t>("-2147483648") == "-2147483648");
  CHECK(value<std::int32_t>("2147483648") == "field value at byte 9: 2147483648 does not fit into 32 bits");
  CHECK(value<std::int64_t>("-9223372036854775808") == "-9223372036854775808");
  CHECK(value<std::int64_t>("9223372036854775808") ==
        "field value at byte 9: 9223372036854775808 does not fit into 64 bits");
  CHECK(value<std::int64_t>("-9223372036854775809") ==
        "field value at byte 9: -9223372036854775809 does not fit into 64 bits");
  CHECK(value<std::int64_t>("1.0") == "field value at byte 9: an integer expected, number 1.0 found");
  CHECK(value<std::int64_t>("1e2") == "field value at byte 9: an integer expected, number 1e2 found");
  CHECK(value<std::int64_t>("\"1\"") == "field value at byte 9: an integer expected, \"1\" found");
  CHECK(value<cs::Timestamp>("1700000000000") == "1700000000000");
  CHECK(value<cs::Timestamp>("\"2026-03-09T00:00:00Z\"") ==
        "field value at byte 9: a timestamp (integer milliseconds) expected, \"2026-03-09T00:00:00Z\" found");
}

TEST_CASE("doubles are the nearest to their text") {
  CHECK(value<double>("0.1") == "0.1");
  CHECK(value<double>("1") == "1");
  CHECK(value<double>("123456789012345678") == "123456789012345680");
  CHECK(value<double>("2.2250738585072011e-308") == "2.225073858507201e-308");
  CHECK(value<double>("9007199254740993.0") == "9007199254740992");
  CHECK(value<double>("\"1\"") == "field value at byte 9: a number expected, \"1\" found");
}

TEST_CASE("a value of another type is refused with path, place and what was found") {
  CHECK(value<bool>("1") == "field value at byte 9: true or false expected, number 1 found");
  CHECK(value<bool>("\"true\"") == "field value at byte 9: true or false expected, \"true\" found");
  CHECK(value<std::string>("12.5") == "field value at byte 9: text expected, number 12.5 found");
  CHECK(value<std::string>("null") == "field value at byte 9: text expected, null found");
  CHECK(value<std::string>("false") == "field value at byte 9: text expected, false found");
  CHECK(value<std::string>("{}") == "field value at byte 9: text expected, an object found");
  CHECK(value<std::string>("[]") == "field value at byte 9: text expected, a list found");
  CHECK(value<Side>("\"buys\"") == "field value at byte 9: one of \"buy\" \"SELL\" expected, \"buys\" found");
  CHECK(value<Side>("0") == "field value at byte 9: one of \"buy\" \"SELL\" expected, number 0 found");
  CHECK(value<Level>("\"x\"") == "field value at byte 9: an object (Level) expected, \"x\" found");
  CHECK(value<std::vector<Level>>("{}") == "field value at byte 9: a list expected, an object found");
  CHECK(value<std::map<std::string, bool>>("[]") == "field value at byte 9: an object expected, a list found");
  CHECK(value<std::vector<Level>>(R"([{"price":"1"},{"price":true}])") ==
        "field value[1].price at byte 33: a decimal number expected, true found");
  CHECK(error<Level>("[]") == "at byte 0: an object (Level) expected, a list found");
  CHECK(error<Level>("  7") == "at byte 2: an object (Level) expected, number 7 found");
  const std::string longest(50, 'x');
  CHECK(value<bool>("\"" + longest + "\"") ==
        "field value at byte 9: true or false expected, \"" + longest.substr(0, 40) + "…\" found");
}

TEST_CASE("a missing or null member is absent where that is allowed, else an error") {
  Row row;
  REQUIRE(cs::decode_json(cs::type_of<Row>(), full, &row));
  auto without = full;
  without.replace(without.find("\"note\":\"n\","), 11, "");
  without.replace(without.find("{\"price\":\"2\"}"), 13, "null");
  REQUIRE(cs::decode_json(cs::type_of<Row>(), without, &row));
  CHECK_FALSE(row.note.has_value());
  CHECK_FALSE(row.best.has_value());

  CHECK(error<Level>("{}") == "field price at byte 1: missing from the object that ends here");
  CHECK(error<Level>(R"({"price":null})") == "field price at byte 9: a decimal number expected, null found");
  CHECK(value<std::vector<Level>>("[{\"size\":1}]") ==
        "field value[0].price at byte 19: missing from the object that ends here");
  CHECK(value<std::vector<std::optional<bool>>>("[true,null,false]") == "[true,null,false]");
}

TEST_CASE("a member twice is refused") {
  CHECK(error<Level>(R"({"price":"1","price":"1"})") == "field price at byte 13: twice in one object");
  CHECK(error<Level>(R"({"price":"1","size":null,"pr\u0069ce":"1"})") == "field price at byte 25: twice in one object");
  CHECK(value<std::map<std::string, std::int64_t>>(R"({"a":1,"a":1})") ==
        "field value[\"a\"] at byte 16: twice in one object");
  CHECK(error<Level>(R"({"price":"1","other":1,"other":1})") == "");
}

TEST_CASE("what is nested in a member does not confuse the members around it") {
  Row row;
  auto mixed = full;
  mixed.replace(mixed.find("{\"price\":\"2\"}"), 13, R"({"live":1,"price":"2","text":{"price":9,"levels":[]}})");
  REQUIRE(cs::decode_json(cs::type_of<Row>(), mixed, &row));
  CHECK(row.best->price == cs::Decimal(2));
  CHECK(row.price.to_string() == "1.00000");
  CHECK(row.levels.size() == 2);
}

TEST_CASE("a value that is reused is overwritten as a whole") {
  Row row;
  row.levels.resize(9, Level{cs::Decimal(1), cs::Decimal(1)});
  row.counts["old"] = 1;
  REQUIRE(cs::decode_json(cs::type_of<Row>(), full, &row));
  CHECK(row.levels.size() == 2);
  CHECK_FALSE(row.levels[1].size.has_value());
  CHECK(row.counts.size() == 2);
}

TEST_CASE("nesting is limited, in members that are read and in those that are skipped") {
  auto nested = [](std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
  };
  CHECK(error<Level>("{\"price\":1,\"x\":" + nested(63, '[', ']') + "}") == "");
  CHECK(error<Level>("{\"price\":1,\"x\":" + nested(64, '[', ']') + "}") == "nested deeper than 64 at byte 78");
  CHECK(error<Level>("{\"price\":1,\"x\":" + std::string(1'000'000, '[')) == "nested deeper than 64 at byte 78");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"x\":";
  CHECK(error<Level>(objects) == "nested deeper than 64 at byte 320");
}

TEST_CASE("a number's length is limited") {
  const std::string longest(cs::max_json_number, '1');
  CHECK(value<cs::Decimal>("0." + longest.substr(2)) == "\"0.1" + std::string(37, '1') + "\"");
  CHECK(value<cs::Decimal>("0." + longest) == "field value at byte 9: a number of " +
                                                  std::to_string(longest.size() + 2) + " characters, " +
                                                  std::to_string(longest.size()) + " are the limit");
}

TEST_CASE("text that is not UTF-8 is refused with its place") {
  CHECK(value<std::string>("\"\xFF\"") == "not UTF-8 at byte 10");
  CHECK(value<std::string>("\"\xC0\x80\"") == "not UTF-8 at byte 10");
  CHECK(value<std::string>("\"\xED\xA0\x80\"") == "not UTF-8 at byte 10");
  CHECK(error<Level>("{\"price\":1,\"x\":\"\xF5\"}") == "not UTF-8 at byte 16");
  CHECK(value<std::string>(R"("\uD83D\uDE00")") == "\"\xF0\x9F\x98\x80\"");
  CHECK(value<std::string>(R"("\uDC00")") == "field value at byte 10: an escape that is no character");
  CHECK(value<std::string>(R"("\uD800")").starts_with("not JSON at byte "));
}

TEST_CASE("what is not JSON is refused") {
  for (std::string_view bad : {"",
                               " ",
                               "{",
                               "}",
                               "{\"price\":1",
                               "{\"price\":1,}",
                               "{price:1}",
                               "{'price':1}",
                               "{\"price\":01}",
                               "{\"price\":1.}",
                               "{\"price\":.5}",
                               "{\"price\":+1}",
                               "{\"price\":0x1}",
                               "{\"price\":NaN}",
                               "{\"price\":Infinity}",
                               "{\"price\":1e}",
                               "{\"price\":1 \"size\":2}",
                               "{\"price\" 1}",
                               "{\"price\":\"1}",
                               "{\"price\":\"\\x\"}",
                               "{\"price\":\"a\nb\"}",
                               "{\"price\":nul}",
                               "{\"price\":TRUE}",
                               "{\"price\":1}}",
                               "{\"price\":1} {}",
                               "{\"price\":1}x",
                               "{\"price\":1,\"x\":[1,]}",
                               "{\"price\":1,\"x\":[}",
                               "{\"price\":1,\"x\":1e999}",
                               "/**/{\"price\":1}",
                               "\xEF\xBB\xBF{\"price\":1}",
                               "{\"price\":1,\"x\":\"\\u12G4\"}"}) {
    CAPTURE(bad);
    CHECK(error<Level>(bad).starts_with("not JSON at byte "));
  }
  CHECK(error<Level>(std::string_view("{\"price\":1}\0", 12)) == "not JSON at byte 11: a zero byte");
  CHECK(error<Level>(std::string_view("{\"price\":1}\0{}", 14)) == "not JSON at byte 11: a zero byte");
  CHECK(error<Level>(std::string_view("{\"price\":\0", 10)).starts_with("not JSON at byte 9"));
}

TEST_CASE("every beginning of a good text is refused") {
  Row row;
  for (std::size_t length = 0; length < full.size(); ++length) {
    auto read = cs::decode_json(cs::type_of<Row>(), std::string_view(full).substr(0, length), &row);
    CHECK_FALSE(read);
    if (!read) CHECK(read.error().kind() == cs::ErrorKind::bad_record);
  }
}
