#include <cryptostream/core/log.h>
#include <cryptostream/runtime/flight_recorder.h>

#include <fmt/format.h>

#include <cstring>

namespace cryptostream {
namespace {

constexpr std::string_view magic = "cryptostream flight 1\n";
constexpr std::uint32_t longest_frame = 256u << 20;

// A frame: int32 length of the rest | type | wall clock | topic | partition | offset | timestamp | key | value |
// headers. Native byte order, lengths int32 (-1: null): it is read where it was written.
template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put(std::string& out, OptionalBytesView bytes) {
  put(out, bytes ? static_cast<std::int32_t>(bytes->size()) : std::int32_t{-1});
  if (bytes) out.append(*bytes);
}

struct Reader {
  std::string_view rest;
  bool ok = true;
  template <class T>
  T take() {
    T value{};
    if (rest.size() < sizeof value) {
      ok = false;
      return value;
    }
    std::memcpy(&value, rest.data(), sizeof value);
    rest.remove_prefix(sizeof value);
    return value;
  }
  OptionalBytes bytes() {
    auto length = take<std::int32_t>();
    if (!ok || length < 0) return std::nullopt;
    if (static_cast<std::size_t>(length) > rest.size()) {
      ok = false;
      return std::nullopt;
    }
    std::string taken(rest.substr(0, static_cast<std::size_t>(length)));
    rest.remove_prefix(static_cast<std::size_t>(length));
    return taken;
  }
};

}  // namespace

Result<std::unique_ptr<FlightRecorder>> FlightRecorder::open(const std::string& path, std::uint64_t max_bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << magic;
  file.flush();
  if (!file)
    return fail(ErrorKind::configuration,
                fmt::format("flight record {}: cannot be written; is the folder there?", path));
  return std::unique_ptr<FlightRecorder>(new FlightRecorder(path, std::move(file), max_bytes));
}

void FlightRecorder::note(FlightFrame::Type type, Timestamp wall_clock, const TopicPartition& from,
                          const LogRecord& record) {
  if (!file_.is_open()) return;
  frame_.assign(4, '\0');
  put(frame_, type);
  put(frame_, wall_clock.ms);
  put(frame_, OptionalBytesView(from.topic));
  put(frame_, from.partition);
  put(frame_, record.offset);
  put(frame_, record.timestamp.ms);
  put(frame_, record.key);
  put(frame_, record.value);
  put(frame_, OptionalBytesView(record.headers.packed()));
  write(false);
}

void FlightRecorder::note(FlightFrame::Type type, Timestamp wall_clock) {
  if (!file_.is_open()) return;
  frame_.assign(4, '\0');
  put(frame_, type);
  put(frame_, wall_clock.ms);
  write(type == FlightFrame::Type::commit);
}

void FlightRecorder::write(bool flush) {
  auto length = static_cast<std::uint32_t>(frame_.size() - 4);
  std::memcpy(frame_.data(), &length, 4);
  written_ += frame_.size();
  if (written_ > max_bytes_) {
    log(LogLevel::warning, "flight recorder", "{} is full at {} bytes: recording ends", path_, max_bytes_);
    file_.close();
    return;
  }
  file_.write(frame_.data(), static_cast<std::streamsize>(frame_.size()));
  if (flush) file_.flush();
}

Result<FlightReader> FlightReader::open(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string found(magic.size(), '\0');
  if (!file.read(found.data(), static_cast<std::streamsize>(found.size())) || found != magic)
    return fail(ErrorKind::configuration, fmt::format("{}: is no flight record of this version", path));
  return FlightReader(std::move(file));
}

Result<bool> FlightReader::next(FlightFrame& frame) {
  std::uint32_t length = 0;
  if (!file_.read(reinterpret_cast<char*>(&length), sizeof length)) return false;
  if (length > longest_frame)
    return fail(ErrorKind::failure, fmt::format("flight record: a frame of {} bytes: damaged", length));
  frame_.resize(length);
  if (!file_.read(frame_.data(), length)) return false;
  Reader reader{frame_};
  frame = {};
  frame.type = reader.take<FlightFrame::Type>();
  frame.wall_clock.ms = reader.take<std::int64_t>();
  if (frame.type == FlightFrame::Type::record || frame.type == FlightFrame::Type::restored) {
    frame.from.topic = reader.bytes().value_or("");
    frame.from.partition = reader.take<std::int32_t>();
    frame.offset = reader.take<std::int64_t>();
    frame.timestamp.ms = reader.take<std::int64_t>();
    frame.key = reader.bytes();
    frame.value = reader.bytes();
    auto headers = reader.bytes().value_or("");
    if (!HeadersView::valid(headers)) reader.ok = false;
    if (reader.ok) frame.headers.assign(HeadersView(headers));
  }
  if (!reader.ok) return fail(ErrorKind::failure, "flight record: a frame that does not hold what it should: damaged");
  return true;
}

}  // namespace cryptostream
