// The flight recorder: what a task was given can be done again elsewhere.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/flight_recorder.h>
#include <cryptostream/runtime/test_driver.h>

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace cs = cryptostream;
using namespace std::chrono_literals;

namespace {

using Text = cs::KafkaTopic<std::string, std::string>;
const Text left{"left"}, right{"right"}, out{"out"};

cs::Topology merging() {
  cs::StreamsBuilder b;
  b.stream(left)
      .merge(b.stream(right))
      .map_values([](const std::string& k, const std::string& v) { return k + "=" + v; })
      .to(out);
  return b.build();
}

std::vector<std::string> lines(cs::TestDriver& driver) {
  std::vector<std::string> lines;
  for (const auto& record : driver.read(out)) lines.push_back(record.value + "@" + std::to_string(record.timestamp.ms));
  return lines;
}

struct Folder {
  std::string path = std::filesystem::temp_directory_path() / ("cryptostream-flight-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directory(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace

TEST_CASE("a recorded task does the same again, record by record, in the order it once took") {
  Folder folder;
  cs::TestDriver::Options options;
  options.config.flight_recorder = folder.path;
  std::vector<std::string> first;
  {
    cs::TestDriver driver(merging(), options);
    driver.pipe(left, "a", "1", {30});
    driver.pipe(right, "b", "2", {10});
    driver.advance(5s);
    driver.pipe(left, "c", "3", {20});
    first = lines(driver);
  }
  REQUIRE(first.size() == 3);

  cs::TestDriver again(merging());
  std::vector<std::uint64_t> stops;
  CHECK(again.replay(folder.path + "/test-0_0.flight", [&](std::uint64_t number) { stops.push_back(number); }) == 3);
  CHECK(lines(again) == first);
  CHECK(stops == std::vector<std::uint64_t>{0, 1, 2});
}

TEST_CASE("a file that a crash cut short is replayed as far as it goes, and another file is refused") {
  Folder folder;
  cs::TestDriver::Options options;
  options.config.flight_recorder = folder.path;
  {
    cs::TestDriver driver(merging(), options);
    driver.pipe(left, "a", "1");
    driver.pipe(left, "b", "2");
  }
  auto file = folder.path + "/test-0_0.flight";
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 20);
  cs::TestDriver again(merging());
  CHECK(again.replay(file) >= 1);
  std::ofstream(folder.path + "/other") << "something else entirely";
  CHECK_THROWS_WITH(again.replay(folder.path + "/other"),
                    (folder.path + "/other: is no flight record of this version").c_str());
}

TEST_CASE("a full recorder ends its file and the task goes on") {
  Folder folder;
  cs::TestDriver::Options options;
  options.config.flight_recorder = folder.path;
  options.config.flight_recorder_bytes = 150;
  cs::TestDriver driver(merging(), options);
  for (int i = 0; i < 10; ++i) driver.pipe(left, "a", std::to_string(i));
  CHECK(lines(driver).size() == 10);
  CHECK(std::filesystem::file_size(folder.path + "/test-0_0.flight") <= 200);
}
