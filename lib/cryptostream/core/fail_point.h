// Named places at which a test may make the process die or an operation fail.
#pragma once

#include <cryptostream/core/result.h>

#include <string_view>

namespace cryptostream {

/// Does nothing (one relaxed load) unless the environment variable CRYPTOSTREAM_FAIL_POINTS, or set_fail_points(),
/// names this place. The text is a comma list of `name=action[@n]`: action `kill` ends the process as kill -9 would,
/// `error` returns an Error of kind unavailable; it acts once, on the n-th visit (first by default); `error@*` acts on
/// every visit.
Result<void> fail_point(std::string_view name);

/// Replaces the armed places of this process (empty: none). For tests.
void set_fail_points(std::string_view text);

}  // namespace cryptostream
