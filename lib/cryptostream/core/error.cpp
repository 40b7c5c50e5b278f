#include <cryptostream/core/error.h>

namespace cryptostream {

std::string_view to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failure:
      return "failure";
    case ErrorKind::usage:
      return "usage";
    case ErrorKind::bad_record:
      return "bad_record";
    case ErrorKind::unavailable:
      return "unavailable";
    case ErrorKind::internal:
      return "internal";
    case ErrorKind::temporary:
      return "temporary";
    case ErrorKind::permission:
      return "permission";
    case ErrorKind::configuration:
      return "configuration";
    case ErrorKind::fenced:
      return "fenced";
    case ErrorKind::aborted:
      return "aborted";
  }
  return "unknown";
}

Error::Error(ErrorKind kind, std::string message)
    : rep_(std::make_unique<Rep>(Rep{kind, std::move(message), std::nullopt})) {}

Error::Error(const Error& other) : rep_(std::make_unique<Rep>(*other.rep_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) rep_ = std::make_unique<Rep>(*other.rep_);
  return *this;
}

Error&& Error::with_retry_after(std::chrono::milliseconds wait) && {
  rep_->retry_after = wait;
  return std::move(*this);
}

Error Error::with_context(std::string_view where) && {
  rep_->message = std::string(where) + ": " + rep_->message;
  return std::move(*this);
}

Error Error::with_context(std::string_view where) const& { return Error(*this).with_context(where); }

int Error::exit_code() const {
  switch (kind()) {
    case ErrorKind::usage:
      return 2;
    case ErrorKind::unavailable:
      return 69;
    case ErrorKind::internal:
      return 70;
    case ErrorKind::temporary:
      return 75;
    case ErrorKind::permission:
      return 77;
    case ErrorKind::configuration:
      return 78;
    case ErrorKind::failure:
    case ErrorKind::bad_record:
    case ErrorKind::fenced:
    case ErrorKind::aborted:
      return 1;
  }
  return 1;
}

}  // namespace cryptostream
