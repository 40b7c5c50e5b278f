// What every source that polls an API has to live through, against an upstream with a script.
#pragma once

#include "fake_upstream.h"
#include "source_driver.h"

#include <cryptostream/sources/counts.h>

#include <atomic>
#include <deque>
#include <mutex>

#include <doctest/doctest.h>

namespace cryptostream::testing {

inline bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// An API that answers the requests of opening well, then the first poll well, then polls as the script says, then well
/// again.
class ScriptedApi {
 public:
  /// The answer to an opening request, or to the n-th poll (from 1).
  using Good = std::function<std::string(const FakeRequest& request, int n)>;

  ScriptedApi(int opening, Good good, std::deque<FakeAnswer> script = {})
      : opening_(opening),
        good_(std::move(good)),
        script_(std::move(script)),
        upstream([this](const FakeRequest& request) { return answer(request); }) {}

  /// These options for a quick test of this API.
  template <class Options>
  Options quick(Options options) const {
    options.url = upstream.http_url();
    options.interval = std::chrono::milliseconds(20);
    options.requests_per_minute = 100'000;
    options.retry = {.first = std::chrono::milliseconds(5), .most = std::chrono::milliseconds(20)};
    if (impatient) options.http.stall_timeout = std::chrono::milliseconds(400);
    if (impatient) options.http.total_timeout = std::chrono::milliseconds(1'200);
    options.counts = counts;
    return options;
  }
  int polls() const { return polls_; }
  std::string last_target() const { return upstream.requests().back().target; }

  std::shared_ptr<SourceCounts> counts = std::make_shared<SourceCounts>();
  bool impatient = false;  ///< quick() options give up after 0.4 s of silence and 1.2 s in all

 private:
  FakeAnswer answer(const FakeRequest& request) {
    if (request.number <= opening_) return {.body = good_(request, 0)};
    int n = ++polls_;
    std::lock_guard lock(mutex_);
    if (n > 1 && !script_.empty()) {
      auto scripted = script_.front();
      script_.pop_front();
      return scripted;
    }
    return {.body = good_(request, n)};
  }

  const int opening_;
  const Good good_;
  std::mutex mutex_;
  std::deque<FakeAnswer> script_;  // guarded by mutex_
  std::atomic<int> polls_{0};

 public:
  FakeUpstream upstream;  // last: its threads use the rest
};

/// An answer that is none, and what is said of it.
struct Fault {
  FakeAnswer answer;
  std::string said;
  bool slow = false;  ///< it takes the client's timeouts to notice
};

/// What can happen to every API. `good` is a good body; `cut_off` what is said of one that ends early.
inline std::vector<Fault> common_faults(const std::string& good, const std::string& cut_off) {
  using Then = FakeAnswer::Then;
  auto head = fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", good.size());
  return {
      {{.status = 429, .body = "{}"}, "HTTP 429"},
      {{.status = 401, .body = "{}"}, "check the key"},
      {{.status = 403, .body = "<html>blocked</html>", .headers = {{"Content-Type", "text/html"}}}, "HTTP 403"},
      {{.status = 404, .body = "{}"}, "HTTP 404"},
      {{.status = 500, .body = "{}"}, "HTTP 500"},
      {{.status = 503, .body = ""}, "HTTP 503"},
      {{.body = "<!DOCTYPE html><html><body>Attention Required!</body></html>"}, "a web page came"},
      {{.body = good, .headers = {{"Content-Type", "text/html; charset=utf-8"}}}, "a web page came"},
      {{.body = ""}, "the answer is empty"},
      {{.body = good.substr(0, good.size() / 2)}, cut_off},
      {{.raw = head + good.substr(0, good.size() / 2), .then = Then::close}, "broke off"},
      {{.raw = head + "{", .then = Then::reset}, "broke off"},
      {{.raw = "", .then = Then::hang}, "said nothing for 400 ms", true},
      {{.body = good + std::string(1'000, ' '), .drip = std::chrono::milliseconds(2)}, "did not finish in time", true},
  };
}

/// Polls through a good answer, the fault three times in a row, and good answers again: the reader lives, says it once,
/// gives what the good answers have, and stops quickly. `records` are given by each good poll.
template <class MakeSource>
void survive(const Fault& fault, int opening, const ScriptedApi::Good& good, MakeSource make_source, int records) {
  CAPTURE(fault.said);
  LogCatcher log;
  ScriptedApi api(opening, good, {fault.answer, fault.answer, fault.answer});
  api.impatient = fault.slow;
  SourceDriver driver{make_source(api)};
  CHECK(driver.wait_for(static_cast<std::size_t>(3 * records)));
  CHECK_FALSE(driver.error());
  CHECK(driver.stop() < std::chrono::seconds(2));
  CHECK(api.counts->failed_polls == 3);
  auto text = log.text();
  CAPTURE(text);
  CHECK(log.warnings() == 1);
  CHECK(log.warnings(fault.said) == 1);
  CHECK(has(text, "answers again (after 3)"));
  CHECK_FALSE(has(text, "s3cret"));
}

/// Why the source cannot be opened.
template <Source S>
Error open_error(const S& source, std::optional<std::string> position = {}) {
  auto opened = source.open({.position = std::move(position)}, {});
  REQUIRE_FALSE(opened);
  return opened.error();
}

}  // namespace cryptostream::testing
