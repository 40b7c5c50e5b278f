// Whole applications with their threads, on the log in memory and on the local log.
#include "memory_edges.h"

#include <cryptostream/broker/memory.h>
#include <cryptostream/cryptostream.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include <unistd.h>

namespace cs = cryptostream;
using cs::test::CountingSource;
using cs::test::MemorySink;
using cs::test::Target;
using namespace std::chrono_literals;

namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
const Text numbers{"numbers"};
const Text squares{"squares"};

struct TemporaryFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() /
                               ("cryptostream-flows-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  static inline int counter = 0;
};

cs::ApplicationConfig config(std::string id, int threads = 1) {
  cs::ApplicationConfig result;
  result.application_id = std::move(id);
  result.guarantee = cs::Guarantee::exactly_once;
  result.threads = threads;
  result.commit_interval = 5ms;
  result.startup_timeout = 300ms;
  return result;
}

/// Runs until `done`, then stops and returns how it ended.
cs::Result<void> run_until(cs::Application& app, const std::function<bool()>& done,
                           std::chrono::milliseconds patience = 20s) {
  std::stop_source stop;
  auto running = std::async(std::launch::async, [&] { return app.run(stop.get_token()); });
  auto deadline = std::chrono::steady_clock::now() + patience;
  while (!done() && running.wait_for(2ms) != std::future_status::ready)
    REQUIRE(std::chrono::steady_clock::now() < deadline);
  stop.request_stop();
  return running.get();
}

std::size_t row_count(Target& target) {
  std::lock_guard lock(target.mutex);
  return target.rows.size();
}

cs::Topology whole_pipeline(const std::shared_ptr<Target>& target, std::int64_t count) {
  cs::StreamsBuilder b;
  b.stream(CountingSource{.count = count}).to(numbers);
  b.stream(numbers)
      .map_values([](const std::string& v) {
        auto n = std::stoll(v);
        return std::to_string(n * n);
      })
      .to(squares);
  b.stream(squares).to(MemorySink{target});
  return b.build();
}

}  // namespace

TEST_CASE(
    "source, topic, stream, topic, sink: every record once, in order per key, on both logs and with several threads") {
  TemporaryFolder folder;
  for (std::string url : {std::string("memory:"), "local:" + (folder.path / "log.db").string()})
    for (int threads : {1, 3}) {
      CAPTURE(url);
      CAPTURE(threads);
      auto target = std::make_shared<Target>();
      cs::Application app(whole_pipeline(target, 500), cs::connect(url),
                          config("squares-" + std::to_string(threads), threads));
      auto ended = run_until(app, [&] { return row_count(*target) >= 500; });
      REQUIRE_MESSAGE(ended, (ended ? "" : ended.error().message()));
      REQUIRE(target->rows.size() == 500);
      std::vector<long long> roots;
      for (auto& row : target->rows) roots.push_back(std::stoll(row.substr(row.find('=') + 1)));
      CHECK(std::is_sorted(roots.begin(), roots.end()));
      CHECK(std::adjacent_find(roots.begin(), roots.end()) == roots.end());
      std::filesystem::remove(folder.path / "log.db");
      std::filesystem::remove(folder.path / "log.db-wal");
      std::filesystem::remove(folder.path / "log.db-shm");
    }
}

TEST_CASE("a stop carries on what the application has in its own topics") {
  for (int threads : {1, 3}) {
    auto target = std::make_shared<Target>();
    cs::Application app(whole_pipeline(target, 300), cs::memory_broker(), config("drain", threads));
    auto ended = run_until(app, [&] { return app.metrics().records_consumed > 0; });
    REQUIRE(ended);
    auto produced = app.metrics().records_produced.load() / 2;  // each number gives a square
    CHECK(target->rows.size() == produced);
  }
}

TEST_CASE("a second run resumes where the first one stopped") {
  TemporaryFolder folder;
  auto url = "local:" + (folder.path / "log.db").string();
  auto target = std::make_shared<Target>();
  for (std::size_t goal : {100u, 400u, 1000u}) {
    cs::Application app(whole_pipeline(target, 1000), cs::connect(url), config("resume"));
    REQUIRE(run_until(app, [&] { return row_count(*target) >= goal; }));
  }
  CHECK(target->rows.size() == 1000);
}

TEST_CASE("a source that cannot be reached at the start ends the run, later it is waited for") {
  auto fault = std::make_shared<std::function<cs::Result<void>()>>();
  auto polls = std::make_shared<std::atomic<int>>(0);
  *fault = [polls]() -> cs::Result<void> {
    if (++*polls % 3 == 2) return cs::fail(cs::ErrorKind::unavailable, "gone");
    return {};
  };
  cs::StreamsBuilder b;
  b.stream(CountingSource{.count = 20, .batch = 5, .fault = fault}).to(numbers);
  cs::Application app(b.build(), cs::memory_broker(), config("patient"));
  REQUIRE(run_until(app, [&] { return app.metrics().records_consumed >= 20; }));
  CHECK(app.metrics().source_failures >= 1);

  struct Unreachable : CountingSource {
    cs::Result<std::unique_ptr<cs::SourceReader<std::string, std::string>>> open(const cs::SourceTask&,
                                                                                 std::stop_token) const {
      return cs::fail(cs::ErrorKind::unavailable, "no route to host: check the network");
    }
  };
  cs::StreamsBuilder c;
  c.stream(Unreachable{}).to(numbers);
  cs::Application never(c.build(), cs::memory_broker(), config("never"));
  auto ended = run_until(never, [] { return false; });
  REQUIRE(!ended);
  CHECK(ended.error().exit_code() == 69);
  CHECK(ended.error().message().find("source counting/0: no route to host") != std::string::npos);
}

TEST_CASE("a sink that is down at the start ends the run with 69, one that refuses a password with 77") {
  for (auto kind : {cs::ErrorKind::unavailable, cs::ErrorKind::permission}) {
    auto target = std::make_shared<Target>();
    target->fault = [kind](const char*) -> cs::Result<void> { return cs::fail(kind, "no"); };
    cs::StreamsBuilder b;
    b.stream(CountingSource{}).to(numbers);
    b.stream(numbers).to(MemorySink{target});
    cs::Application app(b.build(), cs::memory_broker(), config("refused"));
    auto ended = run_until(app, [] { return false; });
    REQUIRE(!ended);
    CHECK(ended.error().kind() == kind);
  }
}

TEST_CASE("a topic that nobody made is named") {
  cs::StreamsBuilder b;
  b.stream(Text{"nowhere"}).to(numbers);
  cs::Application app(b.build(), cs::memory_broker(), config("lost"));
  auto ended = app.run({});
  REQUIRE(!ended);
  CHECK(ended.error().exit_code() == 78);
  CHECK(ended.error().message().find("topic \"nowhere\" does not exist") != std::string::npos);
}

TEST_CASE("a wrong application_id, thread count or missing broker is an exception") {
  auto topology = [] {
    cs::StreamsBuilder b;
    b.stream(numbers).to(squares);
    return b.build();
  };
  CHECK_THROWS_AS(cs::Application(topology(), cs::memory_broker(), config("with space")), std::invalid_argument);
  CHECK_THROWS_AS(cs::Application(topology(), cs::memory_broker(), config("")), std::invalid_argument);
  CHECK_THROWS_AS(cs::Application(topology(), cs::memory_broker(), config("x", 0)), std::invalid_argument);
  CHECK_THROWS_AS(cs::Application(topology(), nullptr, config("x")), std::invalid_argument);
}
