// Fail points: when they act, and how.
#include <cryptostream/core/fail_point.h>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

using cryptostream::ErrorKind;
using cryptostream::fail_point;
using cryptostream::set_fail_points;

namespace {

struct Disarm {
  ~Disarm() { set_fail_points(""); }
};

/// Visits "commit" `visits` times in a child process armed with `text`; how the child ended, as waitpid says.
int child_status(const char* text, int visits) {
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    set_fail_points(text);
    for (int i = 0; i < visits; ++i)
      if (!fail_point("commit")) _exit(9);
    _exit(7);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a place that is not armed does nothing") {
  Disarm disarm;
  CHECK(fail_point("commit"));
  set_fail_points("other=error");
  CHECK(fail_point("commit"));
  CHECK(fail_point("othe"));
  set_fail_points("");
  CHECK(fail_point("other"));
}

TEST_CASE("an error acts once, on the visit named, and names its place") {
  Disarm disarm;
  set_fail_points("begin=error,commit=error@3");
  auto first = fail_point("begin");
  REQUIRE(!first);
  CHECK(first.error().kind() == ErrorKind::unavailable);
  CHECK(first.error().message() == "fail point begin");
  CHECK(fail_point("begin"));
  CHECK(fail_point("commit"));
  CHECK(fail_point("commit"));
  CHECK(!fail_point("commit"));
  CHECK(fail_point("commit"));
}

TEST_CASE("an error with a star acts on every visit until it is disarmed") {
  Disarm disarm;
  set_fail_points("commit=error@*");
  for (int i = 0; i < 5; ++i) CHECK(!fail_point("commit"));
  set_fail_points("");
  CHECK(fail_point("commit"));
}

TEST_CASE("kill ends the process as kill -9 does, on the visit named") {
  int status = child_status("commit=kill@3", 3);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
  status = child_status("commit=kill@3", 2);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 7);
}
