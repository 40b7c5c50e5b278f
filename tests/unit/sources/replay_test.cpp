// Replay: every record once, in order, from any place, at the speed asked for.
#include <cryptostream/core/log.h>
#include <cryptostream/data/serde.h>
#include <cryptostream/sources/replay/frame.h>
#include <cryptostream/sources/replay/lines.h>
#include <cryptostream/sources/replay/source.h>
#include <cryptostream/sources/simulator/source.h>

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

using namespace cryptostream;
using namespace std::chrono_literals;

static_assert(Source<ReplaySource>);

namespace {

using Reader = std::unique_ptr<SourceReader<std::string, Quote>>;
using Batch = SourceBatch<std::string, Quote>;

/// A folder of the test's own, gone with it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cryptostream-replay-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    auto path = (path_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

/// What the library logs while it lives.
class Heard {
 public:
  Heard() {
    set_log_handler([this](LogLevel level, std::string_view, std::string_view message) {
      if (level >= LogLevel::warning) warnings.emplace_back(message);
    });
  }
  ~Heard() { set_log_handler({}); }
  std::vector<std::string> warnings;
};

Reader open(const ReplayOptions& options, std::optional<std::string> position = {},
            const Clock& clock = system_clock()) {
  auto reader = ReplaySource(options, clock).open({0, std::move(position)}, {});
  REQUIRE_MESSAGE(reader, (reader ? std::string() : reader.error().message()));
  return std::move(*reader);
}

Batch poll(SourceReader<std::string, Quote>& reader, std::stop_token stop = {}) {
  auto batch = reader.poll(stop);
  REQUIRE_MESSAGE(batch, (batch ? std::string() : batch.error().message()));
  CHECK(batch->records.size() <= 1000);
  CHECK(batch->records.empty() == batch->position.empty());
  return std::move(*batch);
}

std::string json(const Quote& quote) {
  std::string text;
  default_serde<Quote>().encode(quote, text);
  return text;
}

/// Simulated quotes as JSON lines.
std::vector<std::string> some_lines(std::uint64_t count, std::uint64_t seed = 5) {
  SimulatorOptions options;
  options.rate = 0;
  options.seed = seed;
  options.start = Timestamp{1'700'000'000'000};
  auto reader = SimulatorSource(options).open({0, {}}, {});
  REQUIRE(reader);
  std::vector<std::string> lines;
  while (lines.size() < count) {
    auto batch = (*reader)->poll({});
    REQUIRE(batch);
    for (const auto& record : batch->records) lines.push_back(json(record.value));
  }
  lines.resize(count);
  return lines;
}

std::string joined(const std::vector<std::string>& lines, const char* end = "\n") {
  std::string text;
  for (const auto& line : lines) text += line + end;
  return text;
}

/// Everything until the end.
std::vector<std::string> all(SourceReader<std::string, Quote>& reader) {
  std::vector<std::string> lines;
  for (;;) {
    auto batch = poll(reader);
    if (batch.records.empty()) return lines;
    for (const auto& record : batch.records) lines.push_back(json(record.value));
  }
}

std::string refusal(const ReplayOptions& options, std::optional<std::string> position = {}) {
  auto reader = ReplaySource(options).open({0, std::move(position)}, {});
  if (reader) return "";
  CHECK(reader.error().kind() == ErrorKind::configuration);
  return reader.error().message();
}

const char* a_quote = R"({"source":"x","asset_id":"a","symbol":"A","currency":"USD","price":"1.50","time":1000})";

}  // namespace

TEST_CASE("every quote of every file is given once, in order, as it was written") {
  Folder folder;
  auto lines = some_lines(3'500);
  std::vector<std::string> first(lines.begin(), lines.begin() + 1'200), rest(lines.begin() + 1'200, lines.end());
  int ends = 0;
  ReplayOptions options;
  options.files = {folder.write("1.ndjson", joined(first)), folder.write("empty.ndjson", ""),
                   folder.write("2.ndjson", joined(rest, "\r\n"))};
  options.on_end = [&] { ++ends; };
  auto reader = open(options);
  CHECK(all(*reader) == lines);
  CHECK(ends == 1);
  CHECK(poll(*reader).records.empty());
  CHECK(ends == 1);
}

TEST_CASE("a record carries its symbol, its time, and the simulator's mark if it was simulated") {
  Folder folder;
  ReplayOptions options;
  options.files = {folder.write("a", std::string(a_quote) + "\n" + some_lines(1)[0])};  // the last line without its end
  auto batch = poll(*open(options));
  REQUIRE(batch.records.size() == 2);
  CHECK(batch.records[0].key == "A");
  CHECK(batch.records[0].timestamp == Timestamp{1000});
  CHECK(batch.records[0].value.price.to_string() == "1.50");
  CHECK(batch.records[0].headers.empty());
  CHECK(batch.records[1].headers.view().last("cryptostream.simulated") == "1");
}

TEST_CASE("a run that is interrupted anywhere goes on with the next record") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Folder folder;
  for (int run = 0; run < 10; ++run) {
    auto lines = some_lines(2'000 + random() % 1'000, random());
    ReplayOptions options;
    std::vector<std::string> part;
    for (const auto& line : lines) {
      part.push_back(line);
      if (random() % 10 == 0) part.push_back(random() % 2 == 0 ? "" : "  ");
      if (random() % 500 == 0) {
        options.files.push_back(folder.write(fmt::format("{}-{}", run, options.files.size()), joined(part)));
        part.clear();
      }
    }
    options.files.push_back(folder.write(fmt::format("{}-{}", run, options.files.size()), joined(part)));
    options.speed = 1;

    ManualClock clock;
    std::vector<std::string> got;
    std::optional<std::string> position;
    auto reader = open(options, position, clock);
    while (got.size() < lines.size()) {
      auto batch = poll(*reader);
      for (const auto& record : batch.records) got.push_back(json(record.value));
      if (!batch.position.empty()) position = batch.position;
      clock.advance(std::chrono::milliseconds(random() % 2 == 0 ? 500 : 5'000));
      if (random() % 2 == 0) reader = open(options, position, clock);
    }
    CHECK(got == lines);
  }
}

TEST_CASE("at recorded speed records keep their distance, and faster by the factor") {
  Folder folder;
  std::string text;
  for (int ms : {1'000, 1'500, 1'500, 1'400, 5'000})
    text += fmt::format(R"({{"source":"x","asset_id":"a","symbol":"A","currency":"USD","price":"1","time":{}}})", ms) +
            "\n";
  for (double speed : {1.0, 4.0}) {
    CAPTURE(speed);
    ReplayOptions options;
    options.files = {folder.write("a", text)};
    options.speed = speed;
    ManualClock clock;
    auto reader = open(options, {}, clock);
    auto ms = [&](int time) { return std::chrono::milliseconds(static_cast<int>(time / speed)); };
    CHECK(poll(*reader).records.size() == 1);
    clock.advance(ms(500) - 1ms);
    CHECK(poll(*reader).records.empty());
    clock.advance(1ms);
    CHECK(poll(*reader).records.size() == 3);  // two at once, and one that was recorded out of order
    clock.advance(ms(3'500) - 1ms);
    CHECK(poll(*reader).records.empty());
    clock.advance(1ms);
    CHECK(poll(*reader).records.size() == 1);
  }
}

TEST_CASE("lines that are no quotes are left out, and said so with their number") {
  Folder folder;
  Heard heard;
  ReplayOptions options;
  auto path = folder.write(
      "a", std::string(a_quote) + "\n{\"source\":\"x\"}\nplain text\n\xff\xfe\n" + a_quote + "\n{\"cut off");
  options.files = {path};
  auto reader = open(options);
  CHECK(all(*reader).size() == 2);
  REQUIRE(heard.warnings.size() == 2);
  CHECK(heard.warnings[0].find(path + ", line 2: ") != std::string::npos);
  CHECK(heard.warnings[1] == path + ": 4 lines could not be read and were left out");
}

TEST_CASE("what is no recording at all is refused by its first line") {
  Folder folder;
  ReplayOptions options;
  options.files = {folder.write("a", "\x89PNG\r\n\x1a\n")};
  auto batch = open(options)->poll({});
  REQUIRE(!batch);
  CHECK(batch.error().kind() == ErrorKind::configuration);
  CHECK(batch.error().message().find("line 1") != std::string::npos);
}

TEST_CASE("files, speeds and positions that make no sense are refused with the reason") {
  Folder folder;
  auto path = folder.write("a", std::string(a_quote) + "\n" + a_quote + "\n");
  auto with = [&](std::vector<std::string> files, double speed = 0) {
    ReplayOptions options;
    options.files = std::move(files);
    options.speed = speed;
    return options;
  };
  CHECK(refusal(with({path})) == "");
  CHECK(refusal(with({})) == "no file was named");
  CHECK(refusal(with({path, path})) == "a file is named twice");
  CHECK(refusal(with({path, folder.path() + "/none"})) ==
        "cannot read " + folder.path() + "/none: No such file or directory");
  CHECK(refusal(with({folder.path()})) == "cannot read " + folder.path() + ": Is a directory");
  CHECK(refusal(with({path}, -1)) != "");
  CHECK(refusal(with({path}), "line=2 file=" + path) == "");
  CHECK(refusal(with({path}), "line=3 file=" + path) ==
        path + " has only 2 lines, but line 3 was given before: was it changed?");
  CHECK(refusal(with({path}), "line=1 file=/elsewhere") ==
        "the last run stopped in /elsewhere, which is not among the files now: name it again, or begin a new log");
  for (const char* position : {"", "line=", "line=x file=a", "line=1", "line=-1 file=a", "seed=7 count=1",
                               "line=99999999999999999999 file=a"}) {
    CAPTURE(position);
    CHECK(refusal(with({path}), position) != "");
  }
}

TEST_CASE("a poll that waits ends soon after a stop is requested") {
  Folder folder;
  ReplayOptions options;
  auto later = std::string(a_quote);
  later.replace(later.find("1000"), 4, "99999999000");
  options.files = {folder.write("a", std::string(a_quote) + "\n" + later)};
  options.speed = 1;
  auto reader = open(options);
  CHECK(poll(*reader).records.size() == 1);
  std::stop_source stop;
  auto began = std::chrono::steady_clock::now();
  std::jthread stopper([&] { stop.request_stop(); });
  while (!stop.stop_requested()) CHECK(poll(*reader, stop.get_token()).records.empty());
  CHECK(poll(*reader, stop.get_token()).records.empty());
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("a recorded connection gives each of its trades once, with the taker's side") {
  // Counted by a script over the file's match, last_match and ticker messages: distinct (product, trade id).
  ReplayOptions options;
  options.files = {CRYPTOSTREAM_SAMPLES "/ws/COINBASE.first3000"};
  auto reader = open(options);
  std::map<std::string, std::vector<std::int64_t>> ids;
  std::map<std::string, Quote> last;
  for (auto batch = poll(*reader); !batch.records.empty(); batch = poll(*reader))
    for (const auto& record : batch.records) {
      CHECK(record.value.source == "coinbase");
      CHECK(record.headers.empty());
      ids[record.value.asset_id].push_back(*record.value.trade_id);
      last[record.value.asset_id] = record.value;
    }
  std::size_t trades = 0;
  for (const auto& product : ids) {
    const auto& list = product.second;
    CAPTURE(product.first);
    trades += list.size();
    for (std::size_t i = 1; i < list.size(); ++i) CHECK(list[i] == list[i - 1] + 1);
  }
  CHECK(ids.size() == 10);
  CHECK(trades == 31);
  CHECK(last["SKL-USD"].trade_id == 1568274);
  CHECK(last["SKL-USD"].price.to_string() == "0.792");
  CHECK(last["SKL-USD"].size->to_string() == "3110");
  CHECK(last["SKL-USD"].side == Side::buy);  // the message tells the maker's
  CHECK(last["SKL-USD"].time.to_string() == "2021-04-17T16:43:45.001Z");
}

TEST_CASE("a recording resumes anywhere, though the decoder remembers what it saw") {
  ReplayOptions options;
  options.files = {CRYPTOSTREAM_SAMPLES "/ws/COINBASE.first3000"};
  auto expected = all(*open(options));
  options.speed = 1;
  ManualClock clock;
  auto reader = open(options, {}, clock);
  std::vector<std::string> got;
  for (int i = 0; i < 100 && got.size() < expected.size(); ++i) {
    auto batch = poll(*reader);
    for (const auto& record : batch.records) got.push_back(json(record.value));
    if (!batch.position.empty()) reader = open(options, batch.position, clock);  // which gives its first record at once
  }
  CHECK(got == expected);
}

TEST_CASE("a recording of nobody known is refused, as is one without its beginning") {
  Folder folder;
  auto refused = [&](const std::string& text) {
    ReplayOptions options;
    options.files = {folder.write("a", text)};
    auto batch = open(options)->poll({});
    REQUIRE(!batch);
    CHECK(batch.error().kind() == ErrorKind::configuration);
    return batch.error().message();
  };
  CHECK(refused("wss://ws.kraken.com/v2 <-> 1618677816.8\n").find("recording of ws.kraken.com; only Coinbase's") !=
        std::string::npos);
  CHECK(refused("1618677816.8: {\"type\":\"match\"}\n").find("whose connection") != std::string::npos);
}

TEST_CASE("a frame is taken apart, or is none") {
  using replay::Frame;
  auto frame = replay::parse_frame("1618677817.0618958: {\"a\": 1}");
  REQUIRE(frame);
  CHECK(frame->type == Frame::Type::received);
  CHECK(frame->time == Timestamp{1'618'677'817'061});
  CHECK(frame->text == "{\"a\": 1}");
  frame = replay::parse_frame("wss://host/x <-> 1618677816");
  REQUIRE(frame);
  CHECK(frame->type == Frame::Type::connected);
  CHECK(frame->url == "wss://host/x");
  CHECK(frame->time == Timestamp{1'618'677'816'000});
  frame = replay::parse_frame("ws://host <- 1618677817.5: ping");
  REQUIRE(frame);
  CHECK(frame->type == Frame::Type::sent);
  CHECK(frame->text == "ping");
  for (const char* line : {"", "{}", "1618677817", "1618677817.5:{}", "1618677817.5 {}", ".5: {}", "-1: {}",
                           "9999999999999: {}", "wss://host", "wss://host <->", "wss://host <-> x",
                           "wss://host <-> 1 2", "wss://host -> 1: a", "http://host <-> 1", "wss://host <- 1"}) {
    CAPTURE(line);
    CHECK(!replay::parse_frame(line));
  }
}

TEST_CASE("a stop while the place to go on from is sought gives no reader, rather than one that repeats") {
  Folder folder;
  ReplayOptions options;
  options.files = {folder.write("a", joined(some_lines(10)))};
  std::stop_source stop;
  stop.request_stop();
  auto reader = ReplaySource(options).open({0, "line=5 file=" + options.files[0]}, stop.get_token());
  REQUIRE(!reader);
  CHECK(reader.error().kind() == ErrorKind::aborted);
}

TEST_CASE("lines come out whole, whatever their length, their ends, and the buffer's") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Folder folder;
  for (int run = 0; run < 20; ++run) {
    std::vector<std::string> expected;
    std::string text;
    for (int i = 0; i < 40; ++i) {
      std::string line(random() % 3 == 0 ? random() % 200'000 : random() % 100, static_cast<char>('a' + i % 26));
      text += line + (random() % 2 == 0 ? "\n" : "\r\n");
      expected.push_back(line);
    }
    if (run % 2 == 0) {
      text += "last";
      expected.push_back("last");
    }
    auto lines = replay::Lines::open(folder.write("a", text), 150'000);
    REQUIRE(lines);
    replay::Lines::Line line;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      auto more = lines->next(line);
      REQUIRE(more);
      REQUIRE(*more);
      REQUIRE(line.number == i + 1);
      REQUIRE(line.too_long == (expected[i].size() > 150'000));
      REQUIRE(line.text == std::string_view(expected[i]).substr(0, 150'000));
    }
    CHECK(!*lines->next(line));
    CHECK(!*lines->next(line));
  }
}

TEST_CASE("random bytes are read over or refused, and nothing else") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  Folder folder;
  auto lines = some_lines(20);
  for (int run = 0; run < 300; ++run) {
    auto text = std::string(a_quote) + "\n" + joined(lines);
    for (auto changes = 1 + random() % 40; changes > 0; --changes)
      text[90 + random() % (text.size() - 90)] = static_cast<char>(random());
    ReplayOptions options;
    options.files = {folder.write("a", text)};
    CHECK(poll(*open(options)).records.size() >= 1);
  }
}
