// A source and a sink of one's own: counts the lines of a growing file by their first word, exactly once. own_edges
// FILE TOTALS
#include <cryptostream/core/wait.h>
#include <cryptostream/cryptostream.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace cs = cryptostream;
using namespace std::chrono_literals;

// A source is a recipe for readers. Its position, here the byte it has read to, is committed with what was read.
struct Lines {
  using Key = std::string;
  using Value = std::string;
  std::string file;

  std::string name() const { return "lines"; }
  int partitions() const { return 1; }

  struct Reader : cs::SourceReader<Key, Value> {
    std::ifstream in;
    cs::Result<cs::SourceBatch<Key, Value>> poll(std::stop_token stop) override {
      cs::SourceBatch<Key, Value> batch;
      in.clear();
      auto start = in.tellg();
      for (std::string line; batch.records.size() < 1000 && std::getline(in, line) && !in.eof(); start = in.tellg())
        batch.records.push_back({line.substr(0, line.find(' ')), line, cs::system_clock().now()});
      in.clear();
      in.seekg(start);  // a line without its end is read again
      if (batch.records.empty())
        cs::wait(stop, 20ms);
      else
        batch.position = std::to_string(start);
      return batch;
    }
  };
  cs::Result<std::unique_ptr<cs::SourceReader<Key, Value>>> open(const cs::SourceTask& task, std::stop_token) const {
    auto reader = std::make_unique<Reader>();
    reader->in.open(file);
    if (!reader->in) return cs::fail(cs::ErrorKind::unavailable, file + ": cannot be opened");
    reader->in.seekg(std::stoll(task.position.value_or("0")));
    return reader;
  }
};

// A sink is a recipe for writers. It keeps the offset to go on from where it keeps its data, and replaces both at once.
struct Totals {
  using Key = std::string;
  using Value = std::string;
  std::string file;

  std::string name() const { return "totals"; }

  struct Writer : cs::SinkWriter<Key, Value> {
    std::string file;
    std::map<std::string, long> counts;
    std::optional<std::int64_t> next;

    std::optional<std::int64_t> position() const override { return next; }
    cs::Result<void> write(const cs::SinkRecord<Key, Value>& record) override {
      ++counts[*record.key];
      return {};
    }
    cs::Result<void> commit(std::int64_t offset, cs::Rejections&) override {
      std::ofstream out(file + ".part");
      out << offset << '\n';
      for (auto& [word, count] : counts) out << word << ' ' << count << '\n';
      out.close();
      if (!out) return cs::fail(cs::ErrorKind::unavailable, file + ": cannot be written");
      std::filesystem::rename(file + ".part", file);
      return {};
    }
  };
  cs::Result<std::unique_ptr<cs::SinkWriter<Key, Value>>> open(const cs::SinkTask&) const {
    auto writer = std::make_unique<Writer>();
    writer->file = file;
    std::ifstream in(file);
    if (std::int64_t offset; in >> offset) writer->next = offset;
    std::string word;
    for (long count; in >> word >> count;) writer->counts[word] = count;
    return writer;
  }
};

int main(int argc, char** argv) {
  if (argc != 3) return fmt::print(stderr, "usage: own_edges FILE TOTALS\n"), 2;
  const cs::KafkaTopic<std::string, std::string> lines{"lines"};
  cs::StreamsBuilder b;
  b.stream(Lines{argv[1]}).to(lines);
  b.stream(lines).filter([](const std::string& line) { return !line.empty(); }).to(Totals{argv[2]});
  cs::Application app{b.build(),
                      cs::connect("local:lines.db"),
                      {.application_id = "own-edges", .guarantee = cs::Guarantee::exactly_once}};
  auto ended = app.run(cs::until_signal());
  if (!ended) fmt::print(stderr, "{}\n", ended.error());
  return ended ? 0 : ended.error().exit_code();
}
