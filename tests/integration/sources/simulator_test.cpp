// The simulator in an application on the local log, whose process is killed again and again.
#include <cryptostream/cryptostream.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/simulator/source.h>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

const cs::KafkaTopic<std::string, cs::Quote> quotes{std::string(cs::quotes_topic)};

struct TemporaryFolder {
  std::string path;
  TemporaryFolder() {
    path = (std::filesystem::temp_directory_path() / "cryptostream-simulator-XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

cs::SimulatorOptions options(double rate) {
  cs::SimulatorOptions result;
  result.seed = 42;
  result.rate = rate;
  result.start = cs::Timestamp{1'700'000'000'000};
  return result;
}

/// Runs the simulator into the log at `url` until `stop`. How it ended is the caller's business.
cs::Result<void> run(const std::string& url, double rate, std::stop_token stop) {
  cs::StreamsBuilder b;
  b.stream(cs::SimulatorSource(options(rate))).to(quotes);
  cs::ApplicationConfig config;
  config.application_id = "simulator-test";
  config.guarantee = cs::Guarantee::exactly_once;
  return cs::Application(b.build(), cs::connect(url), config).run(stop);
}

/// What lies in the topic, and that each record says what it is.
std::vector<std::string> topic_values(const std::string& url) {
  auto broker = cs::connect(url);
  cs::TopicPartition partition{quotes.name(), 0};
  auto range = broker->offsets(partition, cs::Isolation::read_committed);
  REQUIRE(range);
  auto consumer = broker->consumer(cs::Isolation::read_committed);
  REQUIRE(consumer);
  std::vector<cs::Assignment> assignment{{partition, range->begin}};
  REQUIRE((*consumer)->assign(assignment));
  std::vector<std::string> values;
  while ((*consumer)->position(0) < range->end) {
    auto records = (*consumer)->poll(1000, 5s);
    REQUIRE(records);
    REQUIRE(!records->empty());
    for (const auto& record : *records) {
      CHECK(record.headers.last(cs::simulated_header) == "1");
      CHECK(record.headers.last(cs::type_header) == "quote/1");
      values.emplace_back(record.value.value());
    }
  }
  return values;
}

}  // namespace

TEST_CASE("a simulator whose process is killed at random moments leaves the very sequence in the log") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  TemporaryFolder folder;
  const auto url = "local:" + folder.path + "/log.db";
  const double rate = 5'000;

  for (int i = 0; i < 8; ++i) {
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      auto ended = run(url, rate, {});
      if (!ended) fmt::print(stderr, "{}\n", ended.error());
      _exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + random() % 120));
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));  // it ran until it was killed
  }
  std::stop_source stop;
  std::jthread stopper([&] {
    auto broker = cs::connect(url);
    for (int i = 0; i < 2'000; ++i) {
      auto range = broker->offsets({quotes.name(), 0}, cs::Isolation::read_committed);
      if (range && range->end > 3'000) break;
      std::this_thread::sleep_for(10ms);
    }
    stop.request_stop();
  });
  auto ended = run(url, rate, stop.get_token());
  REQUIRE_MESSAGE(ended, (ended ? "" : ended.error().message()));

  auto values = topic_values(url);
  CHECK(values.size() > 2'000);
  cs::ManualClock clock;  // so that the uninterrupted run takes no time
  auto reader = cs::SimulatorSource(options(rate), clock).open({0, {}}, {});
  REQUIRE(reader);
  std::vector<std::string> expected;
  while (expected.size() < values.size()) {
    clock.advance(100ms);
    auto batch = (*reader)->poll({});
    REQUIRE(batch);
    for (const auto& record : batch->records)
      cs::default_serde<cs::Quote>().encode(record.value, expected.emplace_back());
  }
  expected.resize(values.size());
  CHECK(values == expected);
}
