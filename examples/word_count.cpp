// Word count: the first program of everybody who comes to streams. Runs on a log in memory; give Application a broker
// to run it for good.
#include <cryptostream/cryptostream.h>
#include <cryptostream/runtime/test_driver.h>

#include <fmt/core.h>

#include <sstream>
#include <string>
#include <vector>

namespace cs = cryptostream;

int main() {
  const cs::KafkaTopic<std::string, std::string> lines{"lines"};
  const cs::KafkaTopic<std::string, std::int64_t> counts{"counts"};

  cs::StreamsBuilder b;
  b.stream(lines)
      .flat_map_values([](const std::string& line) {
        std::istringstream text(line);
        std::vector<std::string> words;
        for (std::string word; text >> word;) words.push_back(word);
        return words;
      })
      .group_by([](const std::string& word) { return word; })
      .count(cs::Materialized("counts"))
      .to_stream()
      .to(counts);

  cs::TestDriver driver(b.build());
  driver.pipe(lines, "song", "all streams lead to kafka");
  driver.pipe(lines, "song", "hello kafka streams");
  for (const auto& count : driver.read(counts)) fmt::print("{} {}\n", count.key, count.value);
}
