// What went wrong, whose business it is, and what to do about it.
#pragma once

#include <cryptostream/core/text_formatter.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cryptostream {

/// The class of an error decides what the runtime does with it and how a program ends (sysexits.h numbers).
enum class ErrorKind : unsigned char {
  failure,        ///< none of the others; ends run(); exit 1
  usage,          ///< wrong words on a command line; exit 2
  bad_record,     ///< one record cannot be decoded, handled, encoded or stored: the error policy of its place decides
  unavailable,    ///< a server, file or network cannot be reached now: retried; exit 69
  internal,       ///< a broken invariant of this library, please report; exit 70
  temporary,      ///< refused for now (rate limit, lock, serialization failure): retried; exit 75
  permission,     ///< wrong password, missing right or key; exit 77
  configuration,  ///< settings that cannot work; exit 78
  fenced,         ///< another instance took this task or transaction over: stop, never commit; exit 1
  aborted,        ///< the transaction is lost but not the instance: abort, rebuild, go on
};

/// The lower-case name of `kind` ("bad_record").
std::string_view to_string(ErrorKind kind);

/// An error with its class and a message for a person: what failed, where, and what to do. One pointer wide; copies are
/// deep.
class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  ErrorKind kind() const { return rep_->kind; }
  const std::string& message() const { return rep_->message; }

  /// True for errors that may go away by waiting: unavailable and temporary.
  bool retriable() const { return kind() == ErrorKind::unavailable || kind() == ErrorKind::temporary; }

  /// How long the other side asked to be left alone, if it said so (`Retry-After`).
  std::optional<std::chrono::milliseconds> retry_after() const { return rep_->retry_after; }
  Error&& with_retry_after(std::chrono::milliseconds wait) &&;

  /// The same error, its message prefixed: "`where`: message".
  Error with_context(std::string_view where) &&;
  Error with_context(std::string_view where) const&;

  /// The process exit code for a program that ends with this error (see ErrorKind).
  int exit_code() const;

 private:
  struct Rep {
    ErrorKind kind;
    std::string message;
    std::optional<std::chrono::milliseconds> retry_after;
  };
  std::unique_ptr<Rep> rep_;
};

}  // namespace cryptostream

template <>
struct fmt::formatter<cryptostream::Error> : cryptostream::TextFormatter {
  template <class Context>
  auto format(const cryptostream::Error& error, Context& context) const {
    return format_text(error.message(), context);
  }
};
