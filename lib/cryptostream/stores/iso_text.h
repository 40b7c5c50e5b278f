// Points in time as the text that SQL stores take, fast: it is in every row.
#pragma once

#include <cryptostream/core/timestamp.h>

#include <string>

namespace cryptostream {

/// Appends "2026-03-09T03:28:00.123Z" without allocating. False (nothing appended) outside the years 0001 to 9999.
bool append_iso(Timestamp time, std::string& out);

}  // namespace cryptostream
