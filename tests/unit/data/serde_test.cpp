#include <cryptostream/data/record.h>
#include <cryptostream/data/topic.h>
#include <cryptostream/data/utf8.h>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace cs = cryptostream;

namespace {

struct Quote {
  std::string symbol;
  cs::Decimal price;
};
CRYPTOSTREAM_SCHEMA(Quote, symbol, price)

template <class T>
std::string bytes(const T& value) {
  std::string out;
  cs::default_serde<T>().encode(value, out);
  return out;
}

template <class T>
std::string error(std::string_view from) {
  T value{};
  auto read = cs::default_serde<T>().decode(from, value);
  return read ? "" : read.error().message();
}

template <class T>
T again(const T& value) {
  T back{};
  REQUIRE(cs::default_serde<T>().decode(bytes(value), back));
  return back;
}

}  // namespace

TEST_CASE("default serdes write the bytes that Kafka's do") {
  CHECK(bytes<std::string>("aé") == "aé");
  CHECK(bytes<std::int32_t>(1) == std::string("\0\0\0\1", 4));
  CHECK(bytes<std::int32_t>(-2) == "\xFF\xFF\xFF\xFE");
  CHECK(bytes<std::int64_t>(258) == std::string("\0\0\0\0\0\0\1\2", 8));
  CHECK(bytes(1.5) == std::string("\x3F\xF8\0\0\0\0\0\0", 8));
  CHECK(bytes(cs::Decimal::of("1.500")) == "1.500");
  CHECK(bytes(Quote{"BTC", cs::Decimal(1)}) == R"({"symbol":"BTC","price":"1"})");
}

TEST_CASE("default serdes read what they wrote") {
  for (std::int64_t value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1}, std::int64_t{0},
                             std::numeric_limits<std::int64_t>::max()}) {
    CHECK(again(value) == value);
    CHECK(again(static_cast<std::int32_t>(value)) == static_cast<std::int32_t>(value));
  }
  CHECK(again(-0.1) == -0.1);
  CHECK(std::isnan(again(std::nan(""))));
  CHECK(again(cs::Decimal::of("-0.10")).to_string() == "-0.10");
  CHECK(again(std::string("\0a", 2)) == std::string("\0a", 2));
}

TEST_CASE("bytes that are not a value are refused") {
  CHECK(error<std::int32_t>("123") == "an integer of 4 bytes expected, 3 bytes found");
  CHECK(error<std::int64_t>("1234") == "an integer of 8 bytes expected, 4 bytes found");
  CHECK(error<double>("") == "a double of 8 bytes expected, 0 bytes found");
  CHECK(error<cs::Decimal>("1,5") != "");
  CHECK(error<Quote>("{}") != "");
}

TEST_CASE("copies of one serde are the same, others are not") {
  const cs::Serde<std::string> other = cs::StringSerde();
  const cs::Serde<std::string> copy = cs::default_serde<std::string>();
  CHECK(copy.same(cs::default_serde<std::string>()));
  CHECK_FALSE(copy.same(other));
  const cs::KafkaTopic<std::string, Quote> in{"in"};
  const cs::KafkaTopic<std::string, std::optional<Quote>> out{"out"};
  CHECK(in.value_serde().same(out.value_serde()));
  CHECK(in.name() == "in");
}

TEST_CASE("a serde of one's own is a Serde") {
  struct Reversed {
    void encode(const std::string& value, std::string& out) const { out.append(value.rbegin(), value.rend()); }
    cs::Result<void> decode(cs::BytesView from, std::string& into) const {
      into.assign(from.rbegin(), from.rend());
      return {};
    }
  };
  const cs::KafkaTopic<std::string, std::string> topic{"t", cs::StringSerde(), Reversed()};
  std::string out = ">";
  topic.value_serde().encode("abc", out);
  CHECK(out == ">cba");
  std::string back;
  REQUIRE(topic.value_serde().decode("cba", back));
  CHECK(back == "abc");
  static_assert(cs::SerdeFor<Reversed, std::string> && !cs::SerdeFor<Reversed, int>);
  static_assert(!cs::HasDefaultSerde<float> && cs::HasDefaultSerde<Quote>);
}

TEST_CASE("text literals in a KeyValue become strings") {
  const cs::KeyValue both{"k", "v"};
  const cs::KeyValue left{"k", 1};
  static_assert(std::is_same_v<decltype(both), const cs::KeyValue<std::string, std::string>>);
  static_assert(std::is_same_v<decltype(left), const cs::KeyValue<std::string, int>>);
  CHECK(both.key + both.value + left.key == "kvk");
}

TEST_CASE("UTF-8 is what Unicode's table says, and no more") {
  auto encode = [](unsigned c) {
    std::string out;
    auto add = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xC0 | c >> 6), add(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      add(0xE0 | c >> 12), add(0x80 | (c >> 6 & 0x3F)), add(0x80 | (c & 0x3F));
    } else {
      add(0xF0 | c >> 18), add(0x80 | (c >> 12 & 0x3F)), add(0x80 | (c >> 6 & 0x3F)), add(0x80 | (c & 0x3F));
    }
    return out;
  };
  int wrong = 0;
  for (unsigned c = 0; c < 0x120000; ++c) {
    const bool character = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
    if (cs::valid_utf8("12345" + encode(c) + "678") != character) ++wrong;
    if (character && cs::valid_utf8(encode(c).substr(0, encode(c).size() - 1)) != (c < 0x80)) ++wrong;
  }
  CHECK(wrong == 0);
  for (std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xC3",
        "\xE2\x82", "\xE2\x28\xA1", "\xF0\x9F\x98", "\xFE", "\xFF", "\xC3\xC3"})
    CHECK(cs::utf8_prefix(std::string("abcdefghij") + std::string(bad)) == 10);
}
