// Decimal: closed forms, and properties of random numbers.
#include <cryptostream/core/decimal.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <sstream>
#include <type_traits>
#include <unordered_set>

using cryptostream::Decimal;
using cryptostream::DecimalError;
using cryptostream::ErrorKind;

static_assert(sizeof(Decimal) == 32 && std::is_trivially_copyable_v<Decimal>);
static_assert(std::is_convertible_v<unsigned, Decimal> && std::is_convertible_v<long long, Decimal> &&
              std::is_convertible_v<unsigned long, Decimal> && std::is_convertible_v<short, Decimal>);
static_assert(!std::is_constructible_v<Decimal, double> && !std::is_constructible_v<Decimal, float> &&
              !std::is_constructible_v<Decimal, bool> && !std::is_constructible_v<Decimal, char>);

namespace {

const std::string nines(38, '9');

/// Random numbers as text, of all sizes and scales that a Decimal holds exactly.
class Numbers {
 public:
  Numbers() : seed_(std::random_device{}()), random_(seed_) {}
  unsigned seed() const { return seed_; }
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  std::string text() {
    std::string digits;
    for (int i = below(Decimal::max_digits) + 1; i > 0; --i) digits += static_cast<char>('0' + below(10));
    auto point = static_cast<std::size_t>(below(static_cast<int>(digits.size()) + 1));
    auto text =
        point == digits.size() ? digits : digits.substr(0, point) + (point == 0 ? "0." : ".") + digits.substr(point);
    auto first = text.find_first_not_of('0');
    if (first == text.npos) first = text.size() - 1;
    if (text[first] == '.') --first;
    text.erase(0, first);
    return below(3) == 0 && text.find_first_not_of("0.") != text.npos ? "-" + text : text;
  }
  Decimal next() { return Decimal::of(text()); }

 private:
  unsigned seed_;
  std::mt19937 random_;
};

}  // namespace

TEST_CASE("a decimal prints back as it was written") {
  for (const char* text :
       {"0", "0.00", "1.00000", "-0.10", "29479.4583294873298743298", "0.00000001", "21000000", "-5"})
    CHECK(Decimal::of(text).to_string() == text);
  CHECK(Decimal::of("-0.00").to_string() == "0.00");
  CHECK(Decimal::of("+7.50").to_string() == "7.50");
  CHECK(Decimal::of("1.50e1").to_string() == "15.0");
  CHECK(Decimal().to_string() == "0");
  CHECK(Decimal::of("1e-16383").to_string().size() == std::size_t{Decimal::max_scale} + 2);
}

TEST_CASE("what is not a decimal number is refused with its text") {
  for (const char* text :
       {"",      " ",   "-",   "+",   ".",  "-.",   "e5",  ".e5",      "1e",   "1e+",   "1e-",   "1 ",    " 1",
        "1.2.3", "1,5", "--1", "+-1", "1-", "0x10", "NaN", "Infinity", "-inf", "1_000", "1e5.0", "1e5e5", "١"}) {
    CAPTURE(text);
    auto value = Decimal::parse(text);
    REQUIRE(!value);
    CHECK(value.error().kind() == ErrorKind::bad_record);
  }
  CHECK(Decimal::parse("12x").error().message() == "'12x' is not a decimal number");
  CHECK(Decimal::parse(std::string_view("1\0", 2)).error().message() == "'1?' is not a decimal number");
  CHECK_THROWS_AS(Decimal::of("x"), std::invalid_argument);
}

TEST_CASE("a number of more than 38 digits is rounded half to even, and says so") {
  bool rounded = false;
  CHECK(Decimal::parse("1." + std::string(37, '0'), &rounded)->scale() == 37);
  CHECK(!rounded);
  CHECK(Decimal::parse("0.000000000000000000000000000000000000000123", &rounded)->scale() == 42);
  CHECK(!rounded);
  CHECK(Decimal::parse("1234567890123456789012345678901234567.25", &rounded)->to_string() ==
        "1234567890123456789012345678901234567.2");
  CHECK(rounded);
  CHECK(Decimal::of("1234567890123456789012345678901234567.35").to_string() ==
        "1234567890123456789012345678901234567.4");
  CHECK(Decimal::of("1234567890123456789012345678901234567.25000000001").to_string() ==
        "1234567890123456789012345678901234567.3");
}

TEST_CASE("a number of more than 38 digits before the point is an error") {
  CHECK(Decimal::parse(nines));
  CHECK(!Decimal::parse(nines + "0"));
  CHECK(!Decimal::parse("1" + std::string(38, '0')));
  CHECK(!Decimal::parse("1e38"));
  CHECK(Decimal::parse(nines + ".4"));
  bool rounded = false;
  CHECK(!Decimal::parse(nines + ".5", &rounded));
  CHECK(!rounded);
}

TEST_CASE("huge exponents cost nothing and never wrap") {
  for (const char* text : {"1e999999999", "1e9223372036854775808", "-3.5e18446744073709551617",
                           "1e99999999999999999999999999999999999999"})
    CHECK(!Decimal::parse(text));
  for (const char* text : {"1e-999999999", "1e-9223372036854775809", "-3.5e-18446744073709551617"}) {
    bool rounded = false;
    auto value = Decimal::parse(text, &rounded);
    REQUIRE(value);
    CHECK(value->is_zero());
    CHECK(!value->negative());
    CHECK(value->scale() == Decimal::max_scale);
    CHECK(rounded);
  }
  CHECK(Decimal::of("0e999999999999").same_text(0));
  CHECK(Decimal::of("0." + std::string(20000, '0') + "1e20001") == 1);
}

TEST_CASE("whole numbers of every type convert exactly") {
  CHECK(Decimal(std::numeric_limits<std::int64_t>::min()).to_string() == "-9223372036854775808");
  CHECK(Decimal(std::numeric_limits<std::uint64_t>::max()).to_string() == "18446744073709551615");
  Decimal value = 5U;
  CHECK(value > 4);
  CHECK(value < 6LL);
  CHECK(value == short{5});
  CHECK(5 == value);
}

TEST_CASE("decimals are equal and ordered by value, whatever their scale") {
  auto one = Decimal::of("1.0"), longer = Decimal::of("1.00");
  CHECK(one == longer);
  CHECK(!one.same_text(longer));
  CHECK(std::hash<Decimal>()(one) == std::hash<Decimal>()(longer));
  CHECK(Decimal::of("0.00") == 0);
  CHECK(Decimal::of("-1") < Decimal::of("-0.9"));
  CHECK(Decimal::of(nines) > Decimal::of("1e-16383"));
  CHECK(Decimal::of("-" + nines) < Decimal::of("-1e-16383"));
  CHECK(Decimal::of("1e-16383") > 0);
  CHECK(Decimal::of("1.0000000000000000000000000000000000001") > 1);
  CHECK(Decimal::of("-1.0000000000000000000000000000000000001") < -1);
  CHECK(Decimal::of("100") == Decimal::of("100.00000000000000000000"));
  std::unordered_set<Decimal> set{
      Decimal::of("100"), Decimal::of("100.00"), Decimal::of("1e2"), Decimal::of("-100"), 0, Decimal::of("0.000")};
  CHECK(set.size() == 3);
}

TEST_CASE("sums keep the larger scale and products the sum of scales") {
  CHECK((Decimal::of("0.1") + Decimal::of("0.20")).to_string() == "0.30");
  CHECK((Decimal::of("0.1") - Decimal::of("0.100")).to_string() == "0.000");
  CHECK((Decimal::of("1.10") * Decimal::of("2.0")).to_string() == "2.200");
  CHECK((Decimal::of("-3") * 4).to_string() == "-12");
  CHECK((-Decimal::of("1.5")).to_string() == "-1.5");
  auto total = Decimal::of("0.1");
  for (int i = 0; i < 9; ++i) total += Decimal::of("0.1");
  CHECK(total.to_string() == "1.0");
  total -= 1;
  CHECK(total.is_zero());
}

TEST_CASE("quotients have at least 18 decimals") {
  CHECK((Decimal(1) / 3).to_string() == "0.333333333333333333");
  CHECK((Decimal(2) / 3).to_string() == "0.666666666666666667");
  CHECK((Decimal(10) / 4).to_string() == "2.500000000000000000");
  CHECK((Decimal::of("1e-18") / 2).to_string() == "0.000000000000000000");
  CHECK((Decimal::of("3e-18") / 2).to_string() == "0.000000000000000002");
  CHECK((Decimal::of("1.00000000000000000000") / -8).to_string() == "-0.12500000000000000000");
}

TEST_CASE("overflow and division by zero are errors, and exceptions from operators") {
  auto most = Decimal::of(nines);
  CHECK(!Decimal::add(most, 1));
  CHECK(!Decimal::subtract(-most, 1));
  CHECK(!Decimal::multiply(most, 2));
  CHECK(!Decimal::divide(most, Decimal::of("0.1")));
  CHECK(!Decimal::divide(1, Decimal::of("1e-16383")));
  CHECK(Decimal::add(most, Decimal::of("0.4")).value() == most);
  CHECK(Decimal::add(most, Decimal::of("-0.6")).value() == most - 1);
  CHECK(Decimal::divide(1, 0).error().kind() == ErrorKind::bad_record);
  CHECK_THROWS_WITH_AS(static_cast<void>(Decimal(1) / Decimal::of("0.0")), "1 / 0.0: division by zero", DecimalError);
  CHECK_THROWS_WITH_AS(static_cast<void>(most + 1),
                       (nines + " + 1: the result has more than 38 digits before the point").c_str(), DecimalError);
  CHECK_THROWS_AS(static_cast<void>(most * most), std::runtime_error);
  CHECK(Decimal::divide(most, Decimal::of("1e-16383")).error().message().size() < 200);
}

TEST_CASE("rescaling rounds half to even or refuses") {
  CHECK(Decimal::of("2.5").rescale(0)->to_string() == "2");
  CHECK(Decimal::of("3.5").rescale(0)->to_string() == "4");
  CHECK(Decimal::of("-2.51").rescale(0)->to_string() == "-3");
  CHECK(Decimal::of("1.5").rescale(3)->to_string() == "1.500");
  CHECK(Decimal::of("-0.004").rescale(2)->to_string() == "0.00");
  CHECK(Decimal::of("0").rescale(Decimal::max_scale)->scale() == Decimal::max_scale);
  CHECK(!Decimal::of(nines).rescale(1));
  CHECK(!Decimal(1).rescale(-1));
  CHECK(!Decimal(0).rescale(Decimal::max_scale + 1));
}

TEST_CASE("a decimal formats like text and prints to streams") {
  CHECK(fmt::format("{}", Decimal::of("1.50")) == "1.50");
  CHECK(fmt::format("[{:>8}]", Decimal::of("1.50")) == "[    1.50]");
  std::ostringstream out;
  out << Decimal::of("-2.0");
  CHECK(out.str() == "-2.0");
  std::string text = "price ";
  Decimal::of("3.10").append_to(text);
  CHECK(text == "price 3.10");
}

TEST_CASE("random texts survive parse and print, and obey the laws of arithmetic") {
  Numbers numbers;
  INFO("seed " << numbers.seed());
  for (int i = 0; i < 20'000; ++i) {
    auto text = numbers.text();
    CAPTURE(text);
    auto a = Decimal::of(text), b = numbers.next(), c = numbers.next();
    CAPTURE(b.to_string());
    CAPTURE(c.to_string());
    REQUIRE(a.to_string() == text);

    REQUIRE((a < b) == (b > a));
    REQUIRE((a <=> b) == (-b <=> -a));
    if (a < b && b < c) REQUIRE(a < c);

    auto sum = Decimal::add(a, b), reversed = Decimal::add(b, a);
    REQUIRE(sum.has_value() == reversed.has_value());
    if (sum) {
      REQUIRE(sum->same_text(*reversed));
      if (sum->scale() == std::max(a.scale(), b.scale())) REQUIRE(*sum - b == a);
    }
    auto product = Decimal::multiply(a, b);
    if (product) {
      REQUIRE(product->same_text(*Decimal::multiply(b, a)));
      if (product->scale() == a.scale() + b.scale() && !b.is_zero()) {
        auto quotient = Decimal::divide(*product, b);
        if (quotient && quotient->scale() >= a.scale()) REQUIRE(*quotient == a);
      }
    }
    // Any way of writing a value has its hash.
    if (auto wider = a.rescale(a.scale() + numbers.below(20))) {
      REQUIRE(*wider == a);
      REQUIRE(wider->hash() == a.hash());
    }
    REQUIRE((a.to_double() < b.to_double() ? a < b : a.to_double() > b.to_double() ? a > b : true));
  }
}

TEST_CASE("random bytes are a number or an error, and nothing else") {
  Numbers numbers;
  INFO("seed " << numbers.seed());
  const std::string_view likely = "0123456789012345678901234567890123456789..--++eE00000 \xff";
  for (int i = 0; i < 50'000; ++i) {
    std::string text;
    for (int length = numbers.below(numbers.below(20) == 0 ? 200 : 24); length > 0; --length)
      text += numbers.below(50) == 0 ? static_cast<char>(numbers.below(256))
                                     : likely[static_cast<std::size_t>(numbers.below(static_cast<int>(likely.size())))];
    CAPTURE(text);
    if (auto value = Decimal::parse(text)) {
      REQUIRE(value->scale() >= 0);
      REQUIRE(value->scale() <= Decimal::max_scale);
      bool rounded = false;
      auto again = Decimal::parse(value->to_string(), &rounded);
      REQUIRE(again);
      REQUIRE(!rounded);
      REQUIRE(again->same_text(*value));
    }
  }
}
