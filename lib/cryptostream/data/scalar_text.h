// Values as plain text: what CSV cells, SQL parameters and messages write, in one place.
#pragma once

#include <cryptostream/core/result.h>
#include <cryptostream/data/type_info.h>

#include <string>
#include <string_view>

namespace cryptostream {

/// How points in time are written.
enum class TimeText : unsigned char {
  iso8601,       ///< "2026-03-09T03:28:00.123Z"
  milliseconds,  ///< "1773026880123", since 1970
};

/// Appends the text of `value`; false, and nothing appended, if it is an absent optional. Decimals keep their scale,
/// doubles are the shortest text that reads back ("NaN", "Infinity", "-Infinity"), booleans "true" and "false", lists,
/// maps and objects JSON. Throws std::domain_error for an enum without text, and where JSON does.
bool append_text(const TypeInfo& type, const void* value, std::string& out, TimeText times = TimeText::iso8601);

/// Reads what append_text wrote; times in either form. An optional becomes present. Errors (bad_record): anything else.
Result<void> parse_text(const TypeInfo& type, std::string_view text, void* into);

}  // namespace cryptostream
