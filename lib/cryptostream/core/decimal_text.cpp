// Decimal from text and to text.
#include <cryptostream/core/decimal.h>
#include <cryptostream/core/powers_of_ten.h>

#include <algorithm>
#include <charconv>
#include <ostream>

namespace cryptostream {
namespace {

using detail::Magnitude;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  constexpr std::size_t most = 40;
  std::string shown;
  for (char c : text.substr(0, most)) shown += c >= ' ' && c <= '~' ? c : '?';
  return fail(ErrorKind::bad_record, fmt::format("'{}{}' {}", shown, text.size() > most ? "…" : "", why));
}
tl::unexpected<Error> not_a_number(std::string_view text) { return refuse(text, "is not a decimal number"); }
tl::unexpected<Error> too_large(std::string_view text) {
  return refuse(text, "has more than 38 digits before the point");
}

/// A number as written, cut into its parts.
struct Written {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;  ///< saturates far beyond what any text in memory could outweigh
};

std::string_view take_digits(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  auto digits = text.substr(0, length);
  text.remove_prefix(length);
  return digits;
}

/// Takes a sign off the front; true if it was a minus.
bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  bool negative = text.front() == '-';
  text.remove_prefix(1);
  return negative;
}

/// False if `text` is not a number.
bool take_apart(std::string_view text, Written& written) {
  written.negative = take_sign(text);
  written.whole = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    written.fraction = take_digits(text);
  }
  if (written.whole.empty() && written.fraction.empty()) return false;
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  bool negative = take_sign(text);
  auto digits = take_digits(text);
  if (digits.empty() || !text.empty()) return false;
  constexpr std::int64_t enough = 1'000'000'000'000'000;
  for (char c : digits) written.exponent = std::min(enough, written.exponent * 10 + (c - '0'));
  if (negative) written.exponent = -written.exponent;
  return true;
}

/// The first `count` digits of whole and fraction together, without leading zeros, as a number.
Magnitude first_digits(std::string_view whole, std::string_view fraction, std::int64_t count) {
  Magnitude value = 0;
  for (auto part : {whole, fraction})
    for (char c : part) {
      if (count-- <= 0) return value;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
  return value;
}

/// Writes the digits of `value` so that they end at `end`; returns where they begin. Nothing for 0.
char* write_digits(std::uint64_t value, char* end) {
  for (; value != 0; value /= 10) *--end = static_cast<char>('0' + value % 10);
  return end;
}

}  // namespace

Result<Decimal> Decimal::parse(std::string_view text, bool* rounded) {
  // Nearly every number there is: no exponent, and so few characters that its digits fit 64 bits.
  if (text.size() <= 19) {
    const char* at = text.data();
    const char* const end = at + text.size();
    bool minus = at != end && *at == '-';
    if (minus) ++at;
    const char* const begin = at;
    std::uint64_t value = 0;
    for (; at != end && is_digit(*at); ++at) value = value * 10 + static_cast<unsigned>(*at - '0');
    int fraction = 0;
    bool point = at != end && *at == '.';
    if (point) {
      const char* const first = ++at;
      for (; at != end && is_digit(*at); ++at) value = value * 10 + static_cast<unsigned>(*at - '0');
      fraction = static_cast<int>(at - first);
    }
    if (at == end && at - begin > (point ? 1 : 0)) [[likely]] {
      auto coefficient = static_cast<Coefficient>(value);
      return Decimal(minus ? -coefficient : coefficient, fraction);
    }
  }

  Written written;
  if (!take_apart(text, written)) return not_a_number(text);
  auto scale = static_cast<std::int64_t>(written.fraction.size()) - written.exponent;

  auto whole = written.whole.substr(std::min(written.whole.find_first_not_of('0'), written.whole.size()));
  auto fraction = written.fraction;
  if (whole.empty()) fraction.remove_prefix(std::min(fraction.find_first_not_of('0'), fraction.size()));
  auto digits = static_cast<std::int64_t>(whole.size() + fraction.size());
  if (digits == 0) {
    if (scale > max_scale && rounded) *rounded = true;
    return Decimal(0, static_cast<int>(std::clamp<std::int64_t>(scale, 0, max_scale)));
  }

  if (digits - scale > max_digits) return too_large(text);
  auto cut = std::max({std::int64_t{0}, digits - max_digits, scale - max_scale});
  auto value = first_digits(whole, fraction, digits - cut);
  scale -= cut;
  if (cut > 0) {
    // The digit after the kept ones decides, the rest only breaks its tie. With more cut than there are digits it is a
    // zero.
    auto digit_at = [&](std::size_t i) { return i < whole.size() ? whole[i] : fraction[i - whole.size()]; };
    if (digits >= cut) {
      auto next = static_cast<std::size_t>(digits - cut);
      bool up = digit_at(next) > '5';
      if (digit_at(next) == '5') {
        up = (value & 1) != 0;
        for (auto i = next + 1; !up && i < static_cast<std::size_t>(digits); ++i) up = digit_at(i) != '0';
      }
      if (up) ++value;
    }
    if (value == detail::powers_of_ten[max_digits]) {
      value /= 10;
      --scale;
    }
    if (scale < 0) return too_large(text);
    if (rounded) *rounded = true;
  }
  if (scale < 0) {
    value *= detail::powers_of_ten[static_cast<std::size_t>(-scale)];  // digits - scale <= 38 was asked above
    scale = 0;
  }
  auto coefficient = static_cast<Coefficient>(value);
  return Decimal(written.negative ? -coefficient : coefficient, static_cast<int>(scale));
}

Decimal Decimal::of(std::string_view text) {
  auto value = parse(text);
  if (!value) throw std::invalid_argument(value.error().message());
  return *value;
}

void Decimal::append_to(std::string& out) const {
  char buffer[max_digits];
  char* const end = buffer + max_digits;
  auto value = static_cast<Magnitude>(negative() ? -coefficient_ : coefficient_);
  char* begin;
  constexpr std::uint64_t half = 10'000'000'000'000'000'000U;  // 19 digits at a time: one slow division at most
  if (value < half) {
    begin = write_digits(static_cast<std::uint64_t>(value), end);
  } else {
    auto low = static_cast<std::uint64_t>(value % half);
    std::fill(end - 19, end, '0');
    write_digits(low, end);
    begin = write_digits(static_cast<std::uint64_t>(value / half), end - 19);
  }

  if (negative()) out += '-';
  auto digits = static_cast<std::size_t>(end - begin);
  auto decimals = static_cast<std::size_t>(scale_);
  if (digits > decimals) {
    out.append(begin, digits - decimals);
    if (decimals == 0) return;
    out += '.';
    out.append(end - decimals, decimals);
    return;
  }
  out += '0';
  if (decimals == 0) return;
  out += '.';
  out.append(decimals - digits, '0');
  out.append(begin, digits);
}

std::string Decimal::to_string() const {
  std::string text;
  append_to(text);
  return text;
}

double Decimal::to_double() const {
  auto value = static_cast<Magnitude>(negative() ? -coefficient_ : coefficient_);
  // Both sides exact, so that the one division rounds to the nearest.
  if (value <= (Magnitude{1} << 53) && scale_ <= 22)
    return static_cast<double>(coefficient_) /
           static_cast<double>(detail::powers_of_ten[static_cast<std::size_t>(scale_)]);
  auto text = Decimal(coefficient_, 0).to_string();
  fmt::format_to(std::back_inserter(text), "e-{}", scale_);
  double result = 0;  // stays so when the number is too small for a double
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

std::ostream& operator<<(std::ostream& out, const Decimal& value) { return out << value.to_string(); }

}  // namespace cryptostream
