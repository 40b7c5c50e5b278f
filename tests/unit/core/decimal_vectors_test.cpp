// Decimal against Python's decimal module: the cases that make_decimal_vectors.py wrote.
#include <cryptostream/core/decimal.h>

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

using cryptostream::Decimal;
using cryptostream::Result;

namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields{""};
  for (char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

/// A result as the vectors write it.
std::string show(const Result<Decimal>& value) {
  if (!value) return "error";
  if (value->scale() <= 60) return value->to_string();
  auto digits = value->to_string();
  bool negative = digits.front() == '-';
  digits.erase(0, std::min(digits.find_first_not_of("-0."), digits.size() - 1));
  return (negative ? "-" : "") + digits + "e" + std::to_string(value->scale());
}

}  // namespace

TEST_CASE("every operation agrees with Python's decimal module") {
  std::ifstream file(DECIMAL_VECTORS);
  REQUIRE(file);
  std::map<std::string, int> counts;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with('#')) continue;
    auto fields = split(line);
    const auto& operation = fields[0];
    ++counts[operation];
    INFO("line " << number << ": " << line);
    if (operation == "parse") {
      bool rounded = false;
      CHECK(show(Decimal::parse(fields[1], &rounded)) == fields[2]);
      CHECK(rounded == (fields[3] == "rounded"));
      continue;
    }
    auto a = Decimal::of(fields[1]);
    if (operation == "rescale") {
      CHECK(show(a.rescale(std::stoi(fields[2]))) == fields[3]);
    } else if (operation == "double") {
      CHECK(a.to_double() == std::strtod(fields[2].c_str(), nullptr));
    } else {
      auto b = Decimal::of(fields[2]);
      if (operation == "add") CHECK(show(Decimal::add(a, b)) == fields[3]);
      if (operation == "subtract") CHECK(show(Decimal::subtract(a, b)) == fields[3]);
      if (operation == "multiply") CHECK(show(Decimal::multiply(a, b)) == fields[3]);
      if (operation == "divide") CHECK(show(Decimal::divide(a, b)) == fields[3]);
      if (operation == "compare") {
        auto order = a <=> b;
        CHECK((order < 0 ? "<" : order > 0 ? ">" : "=") == fields[3]);
        if (order == 0) CHECK(a.hash() == b.hash());
      }
    }
  }
  for (const char* operation : {"parse", "add", "subtract", "multiply", "divide", "compare", "rescale", "double"}) {
    CAPTURE(operation);
    CHECK(counts[operation] >= 300);
  }
}
