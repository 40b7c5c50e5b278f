// Exact decimal numbers: prices, volumes, supplies.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/core/text_formatter.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cryptostream {

/// What Decimal's operators throw: a result of more than 38 digits before the point, or a division by zero.
class DecimalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The whole numbers of up to 64 bits that a Decimal is made from; truth values and characters are none.
template <class T>
concept WholeNumber = std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> && !std::same_as<T, char16_t> &&
                      !std::same_as<T, char32_t>;

/// A decimal number of up to 38 significant digits that keeps its scale as written: "1.00000" prints back as "1.00000".
///
/// value = coefficient / 10^scale, |coefficient| < 10^38, 0 <= scale <= max_scale. Zero keeps its scale too ("0.00");
/// there is no negative zero, infinity or NaN. Equality and order are by value: 1.0 == 1.00. 32 bytes, trivially
/// copyable, no allocation.
///
/// Rounding, wherever it is needed, is half to even, and once. Results of more than 38 digits are rounded to 38,
/// cutting scale; a result with more than 38 digits before the point is an Error, never a wrong number. Digits beyond
/// max_scale are rounded away in the same manner, so that 1e-20000 is zero with 16383 decimals.
class Decimal {
 public:
  static constexpr int max_digits = 38;
  static constexpr int max_scale = 16383;  // PostgreSQL's NUMERIC limit

  constexpr Decimal() = default;  // 0
  template <WholeNumber T>
  constexpr Decimal(T value) : coefficient_(value) {}  // NOLINT: whole numbers convert by themselves
  Decimal(double) = delete;                            // a double is not exact: parse the text it came from

  /// Reads `[+-]digits[.digits][(e|E)[+-]digits]`; one side of the point may be empty, not both; no spaces. A positive
  /// exponent takes scale away, down to 0: "1.50e1" is 15.0. If digits as written had to be given up (more than 38
  /// significant ones, or a scale above max_scale), the value is rounded half-even and, if `rounded` is given, *rounded
  /// is set to true (else left alone). Errors (bad_record): not a number, too large. Some 10 ns for a price, no
  /// allocation; linear in the text, whatever the exponent.
  static Result<Decimal> parse(std::string_view text, bool* rounded = nullptr);

  /// From a literal known to be right; throws std::invalid_argument otherwise. For tests and constants.
  static Decimal of(std::string_view text);

  /// Plain notation, never an exponent; parse(to_string()) gives back value and scale.
  std::string to_string() const;
  /// The same, appended to `out`: at most 40 characters for ordinary scales, max_scale + 3 for the tiniest numbers.
  void append_to(std::string& out) const;

  bool negative() const { return coefficient_ < 0; }
  bool is_zero() const { return coefficient_ == 0; }
  int scale() const { return scale_; }
  __extension__ typedef __int128 Coefficient;
  Coefficient coefficient() const { return coefficient_; }

  /// The nearest double, for statistics and drawing only.
  double to_double() const;

  // Arithmetic. The checked forms return an Error (bad_record) on overflow or division by zero; the operators throw
  // DecimalError, which a topology turns into a bad record at the node that did it.
  static Result<Decimal> add(const Decimal& a, const Decimal& b);       ///< exact to the larger scale
  static Result<Decimal> subtract(const Decimal& a, const Decimal& b);  ///< exact to the larger scale
  static Result<Decimal> multiply(const Decimal& a, const Decimal& b);  ///< exact to the sum of the scales
  /// To max(a.scale, b.scale, 18) decimals.
  static Result<Decimal> divide(const Decimal& a, const Decimal& b);
  /// This value with exactly `scale` decimals, rounded half-even. Error when the digits do not fit.
  Result<Decimal> rescale(int scale) const;

  friend Decimal operator+(const Decimal& a, const Decimal& b) { return or_throw(add(a, b)); }
  friend Decimal operator-(const Decimal& a, const Decimal& b) { return or_throw(subtract(a, b)); }
  friend Decimal operator*(const Decimal& a, const Decimal& b) { return or_throw(multiply(a, b)); }
  friend Decimal operator/(const Decimal& a, const Decimal& b) { return or_throw(divide(a, b)); }
  Decimal operator-() const { return {-coefficient_, scale_}; }
  Decimal& operator+=(const Decimal& other) { return *this = *this + other; }
  Decimal& operator-=(const Decimal& other) { return *this = *this - other; }

  /// By value: 1.0 and 1.00 are equal.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) { return compare(a, b); }
  friend bool operator==(const Decimal& a, const Decimal& b) { return compare(a, b) == 0; }
  /// Same value and same scale: prints the same.
  bool same_text(const Decimal& other) const { return coefficient_ == other.coefficient_ && scale_ == other.scale_; }
  /// By value, as == is: 1.0 and 1.00 have one hash.
  std::size_t hash() const;

 private:
  static Decimal or_throw(const Result<Decimal>& result) {
    if (!result) [[unlikely]]
      throw DecimalError(result.error().message());
    return *result;
  }
  static std::strong_ordering compare(const Decimal& a, const Decimal& b);

  constexpr Decimal(Coefficient coefficient, int scale) : coefficient_(coefficient), scale_(scale) {}

  Coefficient coefficient_ = 0;
  std::int32_t scale_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Decimal& value);

}  // namespace cryptostream

template <>
struct std::hash<cryptostream::Decimal> {
  std::size_t operator()(const cryptostream::Decimal& value) const { return value.hash(); }
};

template <>
struct fmt::formatter<cryptostream::Decimal> : cryptostream::TextFormatter {
  template <class Context>
  auto format(const cryptostream::Decimal& value, Context& context) const {
    return format_text(value.to_string(), context);
  }
};
