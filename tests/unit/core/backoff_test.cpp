// Backoff: bounds of each step, growth, reset.
#include <cryptostream/core/backoff.h>

#include <doctest/doctest.h>

#include <set>

using namespace std::chrono_literals;
using cryptostream::Backoff;

TEST_CASE("each wait lies between half and the whole of its step, which doubles up to the most") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Backoff backoff({.first = 100ms, .most = 2s}, seed);
    for (auto step : {100ms, 200ms, 400ms, 800ms, 1600ms, 2000ms, 2000ms, 2000ms}) {
      auto wait = backoff.next();
      CHECK(wait >= step / 2);
      CHECK(wait <= step);
    }
    backoff.reset();
    CHECK(backoff.next() <= 100ms);
  }
}

TEST_CASE("waits of different programs differ, those of one seed do not") {
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 0; seed < 100; ++seed)
    waits.insert(Backoff({.first = 10s, .most = 10s}, seed).next().count());
  CHECK(waits.size() > 90);
  CHECK(Backoff({}, 7).next() == Backoff({}, 7).next());
}

TEST_CASE("a step never passes the most, after any number of failures") {
  Backoff backoff({.first = 1ms, .most = 5ms}, 1);
  for (int i = 0; i < 1000; ++i) {
    auto wait = backoff.next();
    CHECK(wait >= 0ms);
    CHECK(wait <= 5ms);
  }
}
