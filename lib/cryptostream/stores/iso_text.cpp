#include <cryptostream/stores/iso_text.h>

#include <chrono>

namespace cryptostream {
namespace {

/// Writes `value` with exactly `width` digits at `at`.
void put_digits(char* at, int width, unsigned value) {
  for (int i = width - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

bool append_iso(Timestamp time, std::string& out) {
  constexpr std::int64_t day_ms = 86'400'000;
  constexpr std::int64_t first = -719'162 * day_ms;  // 0001-01-01
  constexpr std::int64_t end = 2'932'897 * day_ms;   // 10000-01-01
  if (time.ms < first || time.ms >= end) return false;
  auto days = time.ms >= 0 ? time.ms / day_ms : -((-time.ms + day_ms - 1) / day_ms);
  auto rest = static_cast<unsigned>(time.ms - days * day_ms);
  std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  char text[] = "0000-00-00T00:00:00.000Z";
  put_digits(text, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put_digits(text + 5, 2, static_cast<unsigned>(date.month()));
  put_digits(text + 8, 2, static_cast<unsigned>(date.day()));
  put_digits(text + 11, 2, rest / 3'600'000);
  put_digits(text + 14, 2, rest / 60'000 % 60);
  put_digits(text + 17, 2, rest / 1000 % 60);
  put_digits(text + 20, 3, rest % 1000);
  out.append(text, sizeof text - 1);
  return true;
}

}  // namespace cryptostream
