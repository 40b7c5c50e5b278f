// Timestamps from and to RFC 3339 text, without locale or time zone database.
#include <cryptostream/core/timestamp.h>

namespace cryptostream {
namespace {

constexpr std::int64_t ms_per_day = 86'400'000;

constexpr std::int64_t start_of_day(std::chrono::year_month_day date) {
  return std::chrono::sys_days(date).time_since_epoch().count() * ms_per_day;
}
constexpr std::int64_t first_ms = start_of_day({std::chrono::year(1), std::chrono::January, std::chrono::day(1)});
constexpr std::int64_t end_ms = start_of_day({std::chrono::year(10'000), std::chrono::January, std::chrono::day(1)});

/// Reads the text from the left. Every take returns false when the text goes on otherwise.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }
  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view expected) {
    if (rest_.empty() || expected.find(rest_.front()) == expected.npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_number(std::size_t digits, int most, int& into) {
    if (rest_.size() < digits) return false;
    int value = 0;
    for (char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    if (value > most) return false;
    into = value;
    rest_.remove_prefix(digits);
    return true;
  }
  /// At least one digit of a fraction of a second; those beyond milliseconds are read over.
  bool take_fraction(int& ms) {
    int unit = 100;
    std::size_t count = 0;
    for (; count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9'; ++count, unit /= 10)
      ms += (rest_[count] - '0') * unit;
    rest_.remove_prefix(count);
    return count > 0;
  }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

/// Nothing, Z, or an offset from UTC, in minutes.
bool take_zone(Reader& reader, int& minutes) {
  if (reader.empty() || reader.take_any("Zz")) return true;
  bool west = reader.front() == '-';
  int hour = 0, minute = 0;
  if (!reader.take_any("+-") || !reader.take_number(2, 23, hour)) return false;
  if (!reader.empty()) {
    reader.take(':');
    if (!reader.take_number(2, 59, minute)) return false;
  }
  minutes = (hour * 60 + minute) * (west ? -1 : 1);
  return true;
}

bool read(std::string_view text, std::int64_t& ms) {
  Reader reader(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0, zone = 0;
  if (!reader.take_number(4, 9999, year) || !reader.take('-') || !reader.take_number(2, 12, month) ||
      !reader.take('-') || !reader.take_number(2, 31, day))
    return false;
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  if (!reader.empty()) {
    if (!reader.take_any("Tt ") || !reader.take_number(2, 23, hour) || !reader.take(':') ||
        !reader.take_number(2, 59, minute))
      return false;
    if (reader.take(':')) {
      if (!reader.take_number(2, 60, second)) return false;  // 60: a leap second
      if (reader.take('.') && !reader.take_fraction(fraction)) return false;
    }
    if (!take_zone(reader, zone)) return false;
  }
  ms = start_of_day(date) + ((hour * 60 + minute - zone) * 60 + second) * std::int64_t{1000} + fraction;
  return reader.empty() && ms >= first_ms && ms < end_ms;
}

}  // namespace

Result<Timestamp> Timestamp::parse(std::string_view text) {
  Timestamp time;
  if (read(text, time.ms)) return time;
  std::string shown;
  for (char c : text.substr(0, 40)) shown += c >= ' ' && c <= '~' ? c : '?';
  return fail(ErrorKind::bad_record, fmt::format("'{}' is not a time like 2026-03-09T03:28:00.123Z", shown));
}

std::string Timestamp::to_string() const {
  if (ms < first_ms || ms >= end_ms) return fmt::format("{} ms since 1970", ms);
  std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(ms)};
  auto days = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(days);
  auto in_day = (time - days).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), in_day / 3'600'000,
                     in_day / 60'000 % 60, in_day / 1000 % 60, in_day % 1000);
}

}  // namespace cryptostream
