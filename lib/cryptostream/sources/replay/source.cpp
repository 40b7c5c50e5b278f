#include <cryptostream/core/log.h>
#include <cryptostream/core/wait.h>
#include <cryptostream/market/headers.h>
#include <cryptostream/sources/replay/decoder.h>
#include <cryptostream/sources/replay/lines.h>
#include <cryptostream/sources/replay/source.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace cryptostream {
namespace {

using namespace std::chrono_literals;
using replay::Decoder;
using replay::Lines;
using replay::Recorded;

constexpr std::size_t most_records = 1000;  // a poll
constexpr std::size_t most_lines = 20'000;  // a poll: some recordings have few trades among many lines
constexpr std::chrono::nanoseconds longest_wait = 100ms;

/// The last line that was given. Written "line=12 file=prices.ndjson".
struct Position {
  std::string file;
  std::uint64_t line = 0;

  std::string to_string() const { return fmt::format("line={} file={}", line, file); }

  static std::optional<Position> parse(std::string_view text) {
    Position position;
    if (!text.starts_with("line=")) return std::nullopt;
    text.remove_prefix(5);
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position.line);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(" file=")) return std::nullopt;
    position.file = text.substr(6);
    return position;
  }
};

/// The quotes of one file, each with its line.
class Recording {
 public:
  static Result<Recording> open(const std::string& path) {
    CRYPTOSTREAM_TRY_ASSIGN(auto lines, Lines::open(path));
    return Recording(std::move(lines));
  }

  enum class Read { some, nothing, end };
  /// Reads one line, appending its quotes to `out`. Errors: configuration (not a recording), failure.
  Result<Read> read(std::vector<Recorded>& out) {
    Lines::Line line;
    CRYPTOSTREAM_TRY_ASSIGN(bool more, lines_.next(line));
    if (!more) {
      if (bad_lines_ > 1)
        log(LogLevel::warning, "replay", "{}: {} lines could not be read and were left out", lines_.path(), bad_lines_);
      return Read::end;
    }
    line_ = line.number;
    if (line.text.find_first_not_of(" \t") == line.text.npos) return Read::nothing;
    const auto before = out.size();
    auto decoded = line.too_long ? Result<void>(fail(ErrorKind::bad_record, "the line is too long"))
                                 : decoder_.decode(line.text, out);
    if (!decoded) {
      out.resize(before);
      auto error = std::move(decoded).error().with_context(fmt::format("{}, line {}", lines_.path(), line.number));
      if (error.kind() != ErrorKind::bad_record) return fail(std::move(error));
      if (!any_good_) return fail(ErrorKind::configuration, error.message() + " (is this a recording?)");
      if (bad_lines_++ == 0) log(LogLevel::warning, "replay", "a line is left out: {}", error.message());
      return Read::nothing;
    }
    any_good_ = true;
    return out.size() > before ? Read::some : Read::nothing;
  }

  std::uint64_t line() const { return line_; }

 private:
  explicit Recording(Lines lines) : lines_(std::move(lines)) {}

  Lines lines_;
  Decoder decoder_;
  std::uint64_t line_ = 0;
  std::uint64_t bad_lines_ = 0;
  bool any_good_ = false;
};

class Reader final : public SourceReader<std::string, Quote> {
 public:
  Reader(const ReplayOptions& options, const Clock& clock, std::size_t file)
      : options_(options), clock_(clock), file_(file) {
    simulated_.add(simulated_header, "1");
  }

  /// Opens the first file and reads over what was given before. Decodes it too: a decoder may remember what it saw.
  Result<void> skip_to(std::uint64_t line, const std::stop_token& stop) {
    CRYPTOSTREAM_TRY_ASSIGN(recording_, Recording::open(options_.files[file_]));
    while (recording_->line() < line) {
      if (stop.stop_requested()) return fail(ErrorKind::aborted, "stopped before the place to go on from was reached");
      CRYPTOSTREAM_TRY_ASSIGN(auto read, recording_->read(pending_));
      pending_.clear();
      if (read == Recording::Read::end)
        return fail(ErrorKind::configuration,
                    fmt::format("{} has only {} lines, but line {} was given before: was it changed?",
                                options_.files[file_], recording_->line(), line));
    }
    return {};
  }

  Result<SourceBatch<std::string, Quote>> poll(std::stop_token stop) override {
    SourceBatch<std::string, Quote> batch;
    for (std::size_t lines = 0; batch.records.size() < most_records && lines < most_lines && !stop.stop_requested();
         ++lines) {
      if (pending_.empty()) {
        CRYPTOSTREAM_TRY_ASSIGN(bool more, read_line());
        if (!more && batch.records.empty()) {
          end();
          wait(stop, longest_wait);
        }
        if (!more) break;
        if (pending_.empty()) continue;
      }
      const auto early = how_early(pending_.front().at);
      if (early > 0ns) {
        if (batch.records.empty()) wait(stop, std::min(early, longest_wait));
        break;
      }
      // All quotes of a line go into one batch: a position stands between lines.
      for (auto& recorded : pending_) give(std::move(recorded.quote), batch);
      pending_.clear();
      batch.position = Position{options_.files[file_], recording_->line()}.to_string();
    }
    return batch;
  }

 private:
  /// Reads the next line of this or the next file into pending_. False at the end of the last.
  Result<bool> read_line() {
    if (!recording_) return false;
    CRYPTOSTREAM_TRY_ASSIGN(auto read, recording_->read(pending_));
    if (read != Recording::Read::end) return true;
    recording_.reset();
    if (file_ + 1 == options_.files.size()) return false;
    CRYPTOSTREAM_TRY_ASSIGN(recording_, Recording::open(options_.files[++file_]));
    return true;
  }

  /// How long it is until a record of this moment is to be given; not positive if it is now.
  std::chrono::nanoseconds how_early(Timestamp at) {
    if (options_.speed == 0) return 0ns;
    const auto now = clock_.monotonic();
    if (!first_) {
      first_ = at;
      began_ = now;
    }
    // Times come from a file: in doubles, since the difference of two may be any number.
    constexpr double years = 3e18;  // ns
    const double since = (static_cast<double>(at.ms) - static_cast<double>(first_->ms)) * 1e6 / options_.speed;
    return std::chrono::nanoseconds(std::llround(std::clamp(since, -years, years))) + began_ - now;
  }

  void give(Quote quote, SourceBatch<std::string, Quote>& batch) {
    OwnedRecord<std::string, Quote> record;
    record.key = quote.symbol;
    record.timestamp = quote.time;
    if (quote.source == "simulator") record.headers = simulated_;
    record.value = std::move(quote);
    batch.records.push_back(std::move(record));
  }

  void end() {
    if (std::exchange(ended_, true)) return;
    log(LogLevel::info, "replay", "the last file is at its end");
    if (options_.on_end) options_.on_end();
  }

  ReplayOptions options_;
  const Clock& clock_;
  std::size_t file_;
  std::optional<Recording> recording_{};  ///< nothing after the last file
  std::vector<Recorded> pending_{};       ///< the quotes of the line read last, until they are given
  std::optional<Timestamp> first_{};
  std::chrono::nanoseconds began_{0};
  Headers simulated_{};
  bool ended_ = false;
};

tl::unexpected<Error> refuse(std::string why) { return fail(ErrorKind::configuration, std::move(why)); }

}  // namespace

ReplaySource::ReplaySource(ReplayOptions options, const Clock& clock) : options_(std::move(options)), clock_(&clock) {}

Result<std::unique_ptr<SourceReader<std::string, Quote>>> ReplaySource::open(const SourceTask& task,
                                                                             std::stop_token stop) const {
  const auto& files = options_.files;
  if (files.empty()) return refuse("no file was named");
  if (std::set(files.begin(), files.end()).size() != files.size()) return refuse("a file is named twice");
  if (!std::isfinite(options_.speed) || options_.speed < 0)
    return refuse("the speed must be a factor of the recorded one, or 0 for no limit");
  for (const auto& file : files) CRYPTOSTREAM_TRY(Lines::open(file));

  std::size_t file = 0;
  std::uint64_t line = 0;
  if (task.position) {
    auto position = Position::parse(*task.position);
    if (!position)
      return refuse(fmt::format("'{}' is no position in a file; was this another source's?", *task.position));
    auto found = std::find(files.begin(), files.end(), position->file);
    if (found == files.end())
      return refuse(
          fmt::format("the last run stopped in {}, which is not among the files now: name it again, or begin a new log",
                      position->file));
    file = static_cast<std::size_t>(found - files.begin());
    line = position->line;
  }
  auto reader = std::make_unique<Reader>(options_, *clock_, file);
  CRYPTOSTREAM_TRY(reader->skip_to(line, stop));
  return reader;
}

}  // namespace cryptostream
