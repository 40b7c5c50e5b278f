// What all sources share: positions, the schedule of polls, the report.
#include <cryptostream/sources/polling.h>
#include <cryptostream/sources/position.h>

#include <thread>

#include <doctest/doctest.h>

using namespace cryptostream;
using namespace std::chrono_literals;

TEST_CASE("a position is text and back, whatever the names are; anything else is refused") {
  auto position = parse_position("BTC-USD:123,ETH-EUR:0");
  REQUIRE(position);
  CHECK(*position == SourcePosition{{"BTC-USD", 123}, {"ETH-EUR", 0}});
  CHECK(to_string(*position) == "BTC-USD:123,ETH-EUR:0");
  CHECK(parse_position("")->empty());
  SourcePosition odd{{"a,b:c%d\n", 1}, {"%41", 2}, {"\xc3\xa4", 3}};
  CHECK(*parse_position(to_string(odd)) == odd);
  for (const char* wrong : {"1743435300643", "BTC-USD", "BTC-USD:", ":5", "BTC-USD:-1", "BTC-USD:1x",
                            "BTC-USD:1,,ETH-USD:2", "a%4:1", "a%:1", "a%zz:1"}) {
    CAPTURE(wrong);
    auto refused = parse_position(wrong);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind() == ErrorKind::configuration);
  }
}

TEST_CASE("turns come at a fixed rate, a late one is made up for by none, and a failure waits as long as it is told") {
  using Clock = std::chrono::steady_clock;
  auto counts = std::make_shared<SourceCounts>();
  PollSchedule schedule(
      {.source = "s", .what = "s /x", .interval = 50ms, .retry = {.first = 2ms, .most = 4ms}, .counts = counts});
  auto begun = Clock::now();
  CHECK(schedule.wait_for_turn({}));
  CHECK(Clock::now() - begun < 40ms);
  std::this_thread::sleep_for(70ms);  // past the second point
  schedule.succeeded();
  CHECK(schedule.wait_for_turn({}));
  CHECK(Clock::now() - begun >= 100ms);
  schedule.failed(Error(ErrorKind::temporary, "no").with_retry_after(120ms));
  CHECK(counts->failed_polls == 1);
  auto failed = Clock::now();
  CHECK(schedule.wait_for_turn({}));
  CHECK(Clock::now() - failed >= 115ms);
  std::stop_source stopped;
  stopped.request_stop();
  CHECK_FALSE(schedule.wait_for_turn(stopped.get_token()));
}

TEST_CASE("a report tells the age of the data, what is left, and what went wrong") {
  SourceCounts counts;
  CHECK(report(counts, {}) == "");
  counts.data_time = 1'000'000;
  CHECK(report(counts, Timestamp{1'034'900}) == "data 34 s old");
  CHECK(report(counts, Timestamp{5}) == "data 0 s old");
  counts.credits_used = 12;
  counts.credits_left = 0;
  counts.requests_left = 28;
  counts.failed_polls = 3;
  CHECK(report(counts, Timestamp{1'034'900}) ==
        "data 34 s old, 12 credits used, 0 credits left today, 28 requests left, 3 failed polls");
}
