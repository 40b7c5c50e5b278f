// Error and Result: width, copies, context, and the way out of a function.
#include <cryptostream/core/result.h>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using cryptostream::Error;
using cryptostream::ErrorKind;
using cryptostream::fail;
using cryptostream::Result;

static_assert(sizeof(Error) == sizeof(void*));
static_assert(sizeof(Result<void>) <= 2 * sizeof(void*));
static_assert(std::is_nothrow_move_constructible_v<Error> && std::is_copy_constructible_v<Error>);

namespace {

constexpr ErrorKind kinds[] = {
    ErrorKind::failure,   ErrorKind::usage,      ErrorKind::bad_record,    ErrorKind::unavailable, ErrorKind::internal,
    ErrorKind::temporary, ErrorKind::permission, ErrorKind::configuration, ErrorKind::fenced,      ErrorKind::aborted};

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorKind::bad_record, fmt::format("{} is odd", value));
  return value / 2;
}
Result<void> check(int value) {
  CRYPTOSTREAM_TRY(half(value));
  return {};
}
Result<int> quarter(int value) {
  CRYPTOSTREAM_TRY_ASSIGN(auto once, half(value));
  int twice = 0;
  CRYPTOSTREAM_TRY_ASSIGN(twice, half(once));
  return twice;
}

}  // namespace

TEST_CASE("copies of an error are deep and keep everything") {
  auto original = Error(ErrorKind::temporary, "too many requests").with_retry_after(30s);
  Error copy = original;
  Error assigned(ErrorKind::failure, "other");
  assigned = original;
  original = Error(ErrorKind::usage, "gone");
  for (const auto* error : {&copy, &assigned}) {
    CHECK(error->kind() == ErrorKind::temporary);
    CHECK(error->message() == "too many requests");
    CHECK(error->retry_after() == 30s);
    CHECK(&error->message() != &original.message());
  }
  CHECK(&copy.message() != &assigned.message());
  auto& itself = copy;
  copy = itself;
  CHECK(copy.message() == "too many requests");
}

TEST_CASE("context goes in front of the message and leaves the rest alone") {
  auto error = Error(ErrorKind::unavailable, "connection refused").with_retry_after(1s);
  Error kept = error;
  CHECK(kept.with_context("postgres").message() == "postgres: connection refused");
  CHECK(kept.message() == "connection refused");
  auto outer = std::move(error).with_context("postgres").with_context("sink prices");
  CHECK(outer.message() == "sink prices: postgres: connection refused");
  CHECK(outer.kind() == ErrorKind::unavailable);
  CHECK(outer.retry_after() == 1s);
  CHECK(fmt::format("{}", outer) == outer.message());
}

TEST_CASE("the class of an error decides retry and exit code") {
  for (auto kind : kinds) {
    CAPTURE(std::string(to_string(kind)));
    Error error(kind, "");
    CHECK(error.retriable() == (kind == ErrorKind::unavailable || kind == ErrorKind::temporary));
    CHECK(error.exit_code() != 0);
    CHECK(to_string(kind) != "unknown");
  }
  CHECK(Error(ErrorKind::failure, "").exit_code() == 1);
  CHECK(Error(ErrorKind::usage, "").exit_code() == 2);
  CHECK(Error(ErrorKind::unavailable, "").exit_code() == 69);
  CHECK(Error(ErrorKind::internal, "").exit_code() == 70);
  CHECK(Error(ErrorKind::temporary, "").exit_code() == 75);
  CHECK(Error(ErrorKind::permission, "").exit_code() == 77);
  CHECK(Error(ErrorKind::configuration, "").exit_code() == 78);
}

TEST_CASE("TRY leaves with the error and TRY_ASSIGN with the value") {
  CHECK(check(2));
  CHECK(check(3).error().message() == "3 is odd");
  CHECK(quarter(8) == 2);
  CHECK(quarter(6).error().message() == "3 is odd");
  CHECK(quarter(5).error().message() == "5 is odd");
}
