// Exact decimal numbers: prices, volumes, supplies.
#pragma once

#include <cryptostream/core/result.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace cryptostream {

/// A decimal number of up to 38 significant digits that keeps its scale as written: "1.00000" prints back as "1.00000".
///
/// value = coefficient / 10^scale, |coefficient| < 10^38, 0 <= scale <= max_scale. Zero keeps its scale too ("0.00"); there is
/// no negative zero, infinity or NaN. Equality and order are by value: 1.0 == 1.00. 32 bytes, trivially copyable, no allocation.
///
/// Rounding, wherever it is needed, is half to even. Results of more than 38 digits are rounded to 38, cutting scale; a result with
/// more than 38 digits before the point is an Error, never a wrong number.
class Decimal {
 public:
  static constexpr int max_digits = 38;
  static constexpr int max_scale = 16383;  // PostgreSQL's NUMERIC limit

  constexpr Decimal() = default;                // 0
  constexpr Decimal(std::int64_t value) : coefficient_(value) {}  // NOLINT: whole numbers convert by themselves
  constexpr Decimal(int value) : coefficient_(value) {}           // NOLINT
  Decimal(double) = delete;  // a double is not exact: parse the text it came from

  /// Reads `[+-]digits[.digits][(e|E)[+-]digits]`; at least one digit; no spaces. More than 38 significant digits are rounded half-even
  /// and, if `rounded` is given, *rounded is set to true (else left alone). Errors (bad_record): not a number, too large.
  static Result<Decimal> parse(std::string_view text, bool* rounded = nullptr);

  /// From a literal known to be right; throws std::invalid_argument otherwise. For tests and constants.
  static Decimal of(std::string_view text);

  /// Plain notation, never an exponent; parse(to_string()) gives back value and scale.
  std::string to_string() const;
  /// The longest to_string(): sign, digits, point, and leading zeros of a tiny number.
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

  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);
  friend Decimal operator/(const Decimal& a, const Decimal& b);
  Decimal operator-() const;
  Decimal& operator+=(const Decimal& other) { return *this = *this + other; }
  Decimal& operator-=(const Decimal& other) { return *this = *this - other; }

  /// By value: 1.0 and 1.00 are equal.
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }
  /// Same value and same scale: prints the same.
  bool same_text(const Decimal& other) const { return coefficient_ == other.coefficient_ && scale_ == other.scale_; }

 private:
  constexpr Decimal(Coefficient coefficient, int scale) : coefficient_(coefficient), scale_(scale) {}

  Coefficient coefficient_ = 0;
  std::int32_t scale_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Decimal& value);

}  // namespace cryptostream
