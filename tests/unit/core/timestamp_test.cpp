// Timestamps: text in and out, against the C library's calendar.
#include <cryptostream/core/timestamp.h>

#include <doctest/doctest.h>

#include <ctime>
#include <limits>
#include <random>
#include <unordered_set>

using cryptostream::Timestamp;

namespace {

std::int64_t ms_of(std::string_view text) {
  auto time = Timestamp::parse(text);
  REQUIRE_MESSAGE(time, std::string(text));
  return time->ms;
}

/// The same in gmtime's words.
std::string by_libc(std::int64_t ms) {
  auto second = static_cast<std::time_t>(ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000));
  std::tm parts{};
  gmtime_r(&second, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms - second * 1000);
}

}  // namespace

TEST_CASE("a time is read in all the ways that APIs write it") {
  constexpr std::int64_t moment = 1'773'026'880'000;  // date -u -d 2026-03-09T03:28:00 +%s000
  for (const char* text : {"2026-03-09T03:28:00Z", "2026-03-09T03:28:00", "2026-03-09T03:28Z", "2026-03-09 03:28:00Z",
                           "2026-03-09t03:28:00z", "2026-03-09 03:28:00+00", "2026-03-09T03:28:00+00:00",
                           "2026-03-09T03:28:00-00:00", "2026-03-09T04:28:00+01:00", "2026-03-08T21:58:00-05:30",
                           "2026-03-08T21:58:00-0530", "2026-03-09T03:28:00.000", "2026-03-10T03:27:00+23:59"}) {
    CAPTURE(text);
    CHECK(ms_of(text) == moment);
  }
  CHECK(ms_of("2026-03-09") == moment - (3 * 60 + 28) * 60'000);
}

TEST_CASE("digits beyond milliseconds are cut off, not rounded") {
  const std::string digits = "987654321999";
  for (std::size_t count = 1; count <= digits.size(); ++count) {
    CAPTURE(count);
    CHECK(ms_of("1970-01-01T00:00:00." + digits.substr(0, count) + "Z") == (count == 1 ? 900 : count == 2 ? 980 : 987));
  }
  CHECK(ms_of("1969-12-31T23:59:59.9999Z") == -1);
}

TEST_CASE("the calendar knows leap years and leap seconds") {
  CHECK(ms_of("2024-02-29T00:00:00Z") + 86'400'000 == ms_of("2024-03-01T00:00:00Z"));
  CHECK(ms_of("2000-02-29") + 86'400'000 == ms_of("2000-03-01"));
  CHECK(ms_of("2016-12-31T23:59:60Z") == ms_of("2017-01-01T00:00:00Z"));
  for (const char* text :
       {"2023-02-29", "1900-02-29", "2026-04-31", "2026-00-10", "2026-13-10", "2026-01-00", "2026-01-32"}) {
    CAPTURE(text);
    CHECK(!Timestamp::parse(text));
  }
}

TEST_CASE("what is not a time is refused with its text") {
  for (const char* text : {"",
                           "now",
                           "2026",
                           "2026-03",
                           "2026-3-9",
                           "26-03-09",
                           "2026-03-09T",
                           "2026-03-09T03",
                           "2026-03-09T3:28:00Z",
                           "2026-03-09T24:00:00Z",
                           "2026-03-09T03:60:00Z",
                           "2026-03-09T03:28:61Z",
                           "2026-03-09T03:28:00.Z",
                           "2026-03-09T03:28:00.123+",
                           "2026-03-09T03:28:00+1",
                           "2026-03-09T03:28:00+24:00",
                           "2026-03-09T03:28:00+01:60",
                           "2026-03-09T03:28:00 Z",
                           "2026-03-09T03:28:00ZZ",
                           " 2026-03-09",
                           "2026-03-09 ",
                           "2026/03/09",
                           "+2026-03-09",
                           "0000-01-01",
                           "2026-03-09T03:28:00.1 2",
                           "2026-03-09T-1:28:00Z",
                           "0001-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "1773026880000"}) {
    CAPTURE(text);
    auto time = Timestamp::parse(text);
    REQUIRE(!time);
    CHECK(time.error().kind() == cryptostream::ErrorKind::bad_record);
  }
  CHECK(Timestamp::parse("soon\n").error().message() == "'soon?' is not a time like 2026-03-09T03:28:00.123Z");
}

TEST_CASE("a time prints as the C library says, and reads back") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto first = ms_of("0001-01-01"), last = ms_of("9999-12-31T23:59:59.999");
  std::uniform_int_distribution<std::int64_t> any(first, last), near_epoch(-10'000, 10'000);
  for (int i = 0; i < 20'000; ++i) {
    Timestamp time{i % 2 == 0 ? any(random) : near_epoch(random)};
    CAPTURE(time.ms);
    REQUIRE(time.to_string() == by_libc(time.ms));
    REQUIRE(ms_of(time.to_string()) == time.ms);
  }
  for (auto ms : {first, last, std::int64_t{0}, std::int64_t{-1}, std::int64_t{951'782'399'999}})
    CHECK(Timestamp{ms}.to_string() == by_libc(ms));
}

TEST_CASE("times beyond the calendar print as numbers") {
  CHECK(Timestamp{ms_of("0001-01-01") - 1}.to_string() == "-62135596800001 ms since 1970");
  CHECK(Timestamp{std::numeric_limits<std::int64_t>::max()}.to_string() == "9223372036854775807 ms since 1970");
  CHECK(Timestamp{std::numeric_limits<std::int64_t>::min()}.to_string() == "-9223372036854775808 ms since 1970");
}

TEST_CASE("times add, compare, hash and format") {
  using namespace std::chrono_literals;
  Timestamp start{1'000};
  CHECK((start + 5s).ms == 6'000);
  CHECK((start - 2s).ms == -1'000);
  CHECK(start + 5s - start == 5s);
  CHECK(start < start + 1ms);
  CHECK(std::unordered_set<Timestamp>{start, start + 0ms, start + 1ms}.size() == 2);
  CHECK(fmt::format("{} {:>26}", start, start) == "1970-01-01T00:00:01.000Z   1970-01-01T00:00:01.000Z");
}

TEST_CASE("random bytes are a time or an error, and nothing else") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string valid = "2026-03-09T03:28:00.123456+01:00";
  const std::string_view alphabet = "0123456789-+:.TtZz \xff";
  for (int i = 0; i < 20'000; ++i) {
    auto text = valid.substr(0, random() % (valid.size() + 1));
    for (auto changes = random() % 4; changes > 0 && !text.empty(); --changes)
      text[random() % text.size()] =
          random() % 8 == 0 ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
    if (auto time = Timestamp::parse(text)) REQUIRE(ms_of(time->to_string()) == time->ms);
  }
}
