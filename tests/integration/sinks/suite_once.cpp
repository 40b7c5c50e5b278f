// The suite of sinks: every record exactly once, whatever fails when.
#include "suite_rows.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

namespace {

constexpr std::int64_t records = 60;

/// Every third record is long, so that batches outgrow what a sink keeps back.
Row record(std::int64_t offset) {
  return {.id = "r" + std::to_string(1000 + offset),
          .price = cs::Decimal(offset),
          .note = std::string(offset % 3 == 0 ? 40'000 : 5, 'n')};
}

Texts all_records() {
  Texts rows;
  for (std::int64_t offset = 0; offset < records; ++offset) rows.push_back({"r" + std::to_string(1000 + offset)});
  return rows;
}

/// What a task does: begins at the sink's position, commits every few records, and after an error starts over.
/// Returns how often it did; -1 if it met an error that is not to be retried.
int feed(const cs::TableSink& sink, std::int64_t batch, const cs::SinkTask& task = suite_task()) {
  for (int errors = 0; errors < 50; ++errors) {
    auto writer = sink.open(task);
    if (!writer) return -1;
    auto position = (*writer)->position().value_or(0);
    bool failed = false;
    while (position < records && !failed) {
      auto next = std::min(records, position + batch);
      for (auto offset = position; offset < next && !failed; ++offset) {
        auto row = record(offset);
        failed = !(*writer)->write(nullptr, &row, offset).has_value();
      }
      Refused refused;
      if (!failed) {
        auto done = (*writer)->commit(next, refused);
        if (!done && !done.error().retriable()) return -1;
        failed = !done.has_value();
      }
      position = next;
    }
    if (!failed) return errors;
  }
  return -1;
}

const std::vector<std::string> places{"sink.begin", "sink.write", "sink.commit.before", "sink.commit.after"};

}  // namespace

TEST_CASE("a sink goes on from its position, and drops what was not committed") {
  auto target = make_target();
  auto sink = row_sink(*target, "resume");
  auto writer = open(*sink);
  write(*writer, 10, {.id = "a"});
  commit(*writer, 11);
  write(*writer, 11, {.id = "lost"});
  writer = open(*sink);
  CHECK(writer->position() == 11);
  write(*writer, 11, {.id = "b"});
  commit(*writer, 12);
  commit(*writer, 40);  // nothing but the position
  writer = open(*sink);
  CHECK(writer->position() == 40);
  CHECK(target->rows("resume", {"id"}) == Texts{{"a"}, {"b"}});
}

TEST_CASE("a sink keeps the positions of several partitions apart") {
  auto target = make_target();
  auto sink = row_sink(*target, "parts");
  for (int partition = 0; partition < 3; ++partition) {
    auto task = suite_task();
    task.partition = partition;
    auto writer = open(*sink, task);
    CHECK(writer->position() == std::nullopt);
    write(*writer, 0, {.id = std::to_string(partition)});
    commit(*writer, 5 + partition);
    CHECK(open(*sink, task)->position() == 5 + partition);
  }
}

TEST_CASE("a sink holds every record once when an error comes at any place") {
  for (const auto& place : places)
    for (int visit : {1, 2, 5}) {
      CAPTURE(place);
      CAPTURE(visit);
      auto target = make_target();
      auto sink = row_sink(*target, "once");
      cs::set_fail_points(place + "=error@" + std::to_string(visit));
      auto errors = feed(*sink, 10);
      cs::set_fail_points("");
      CHECK(errors == 1);
      CHECK(target->rows("once", {"id"}) == all_records());
    }
}

TEST_CASE("a sink holds every record once when the process is killed at any place") {
  for (const auto& place : places)
    for (int visit : {1, 3}) {
      CAPTURE(place);
      CAPTURE(visit);
      auto target = make_target();
      auto sink = row_sink(*target, "killed");
      auto child = ::fork();
      if (child == 0) {
        cs::set_fail_points(place + "=kill@" + std::to_string(visit));
        ::_exit(feed(*sink, 7) < 0 ? 1 : 0);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      CHECK(WIFSIGNALED(status));
      CHECK(feed(*sink, 7) == 0);
      CHECK(target->rows("killed", {"id"}) == all_records());
    }
}

TEST_CASE("a sink fences a writer that another one took over from") {
  auto target = make_target();
  auto sink = row_sink(*target, "fenced");
  auto first = open(*sink);
  write(*first, 0, {.id = "a"});
  commit(*first, 1);
  write(*first, 1, {.id = "zombie"});
  auto second = open(*sink);
  CHECK(second->position() == 1);
  Refused refused;
  auto done = first->commit(2, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::fenced);
  first.reset();
  write(*second, 1, {.id = "b"});
  commit(*second, 2);
  CHECK(target->rows("fenced", {"id"}) == Texts{{"a"}, {"b"}});
}

TEST_CASE("a sink fences a large batch that was partly under way") {
  auto target = make_target();
  auto sink = row_sink(*target, "large");
  auto first = open(*sink);
  std::string text(10'000, 'x');
  for (int i = 0; i < 50; ++i) write(*first, i, {.id = "zombie", .note = text});
  auto second = open(*sink);
  for (int i = 0; i < 50; ++i) write(*second, i, {.id = std::to_string(100 + i), .note = text});
  commit(*second, 50);
  Refused refused;
  auto done = first->commit(50, refused);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().kind() == cs::ErrorKind::fenced);
  for (int i = 50; i < 100; ++i) write(*second, i, {.id = std::to_string(100 + i), .note = text});
  commit(*second, 100);
  auto found = target->rows("large", {"id"});
  CHECK(found.size() == 100);
  CHECK(found.back().at(0) == "199");
}

TEST_CASE("a sink fences an empty commit and one that replaces") {
  auto target = make_target();
  auto sink = row_sink(*target, "fenced2", cs::WriteMode::replace);
  auto first = open(*sink);
  write(*first, 0, {.id = "a"});
  commit(*first, 1);
  auto second = open(*sink);
  Refused refused;
  CHECK(first->commit(9, refused).error().kind() == cs::ErrorKind::fenced);
  first = open(*sink);
  CHECK(first->position() == 1);
  write(*second, 1, {.id = "zombie"});
  CHECK(second->commit(9, refused).error().kind() == cs::ErrorKind::fenced);
  CHECK(target->rows("fenced2", {"id"}) == Texts{{"a"}});
}

TEST_CASE("a sink refuses positions of another log, and says what to do") {
  auto target = make_target();
  auto sink = row_sink(*target, "logs");
  auto other = suite_task();
  other.log_id = "log-b";
  open(*sink);
  auto writer = open(*sink, other);  // nothing was committed yet
  commit(*writer, 7);
  auto refused = sink->open(suite_task());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind() == cs::ErrorKind::configuration);
  for (const char* part : {"log-a", "log-b", "position 7", "rows", "start over"})
    CHECK(refused.error().message().find(part) != std::string::npos);
  write(*writer, 7, {.id = "still mine"});  // the attempt fenced nobody
  commit(*writer, 8);
}
