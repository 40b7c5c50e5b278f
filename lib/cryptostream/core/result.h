// Result<T>: a value or an Error. Success of Result<void> costs one pointer-sized test.
#pragma once

#include <cryptostream/core/error.h>

#include <string>
#include <tl/expected.hpp>

namespace cryptostream {

/// A value of T, or the Error that stands in its place. Must be looked at.
template <class T = void>
using Result = tl::expected<T, Error>;

/// Makes a failed Result: `return fail(ErrorKind::unavailable, fmt::format("…"));`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error(kind, std::move(message)));
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace cryptostream

/// Leaves the calling function with the error of `expression`, if it has one.
#define CRYPTOSTREAM_TRY(expression)                                                          \
  do {                                                                                        \
    if (auto cryptostream_result = (expression); !cryptostream_result) [[unlikely]]           \
      return ::tl::unexpected<::cryptostream::Error>(std::move(cryptostream_result).error()); \
  } while (false)

#define CRYPTOSTREAM_CONCAT_(a, b) a##b
#define CRYPTOSTREAM_CONCAT(a, b) CRYPTOSTREAM_CONCAT_(a, b)

/// `CRYPTOSTREAM_TRY_ASSIGN(auto rows, read());` declares or assigns the value, or leaves with the error.
#define CRYPTOSTREAM_TRY_ASSIGN(target, expression) \
  CRYPTOSTREAM_TRY_ASSIGN_(CRYPTOSTREAM_CONCAT(cryptostream_result_, __LINE__), target, expression)
#define CRYPTOSTREAM_TRY_ASSIGN_(result, target, expression)                   \
  auto result = (expression);                                                  \
  if (!result) [[unlikely]]                                                    \
    return ::tl::unexpected<::cryptostream::Error>(std::move(result).error()); \
  target = std::move(*result)
