// Points in time as the log and the wire have them: milliseconds since the Unix epoch, UTC.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/core/text_formatter.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace cryptostream {

/// Milliseconds since 1970-01-01T00:00:00Z. A strong type, so that it cannot be mixed up with offsets or durations.
struct Timestamp {
  std::int64_t ms = 0;

  constexpr auto operator<=>(const Timestamp&) const = default;

  constexpr Timestamp operator+(std::chrono::milliseconds d) const { return {ms + d.count()}; }
  constexpr Timestamp operator-(std::chrono::milliseconds d) const { return {ms - d.count()}; }
  constexpr std::chrono::milliseconds operator-(Timestamp other) const {
    return std::chrono::milliseconds(ms - other.ms);
  }

  /// Reads RFC 3339 / ISO 8601 ("2026-03-09T03:28:00.123456Z", "2026-03-09 03:28:00+01:00"; without a zone it is UTC,
  /// without a time midnight). Digits beyond milliseconds are cut off; a leap second is the first of the next minute.
  /// Years 0001 to 9999. Errors (bad_record): anything else.
  static Result<Timestamp> parse(std::string_view text);

  /// "2026-03-09T03:28:00.123Z", always with three decimals. Outside the years 0001 to 9999: "-62135596800001 ms since
  /// 1970".
  std::string to_string() const;
};

}  // namespace cryptostream

template <>
struct std::hash<cryptostream::Timestamp> {
  std::size_t operator()(cryptostream::Timestamp time) const { return std::hash<std::int64_t>()(time.ms); }
};

template <>
struct fmt::formatter<cryptostream::Timestamp> : cryptostream::TextFormatter {
  template <class Context>
  auto format(cryptostream::Timestamp time, Context& context) const {
    return format_text(time.to_string(), context);
  }
};
