// What a task was given, in the order in which it took it: enough to run it again elsewhere, step by step, under a
// debugger.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/result.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace cryptostream {

/// One thing that happened to a task.
struct FlightFrame {
  enum class Type : std::uint8_t {
    restored = 1,  ///< a changelog record that filled a store at the start
    record = 2,    ///< an input record that was handled
    clock = 3,     ///< wall-clock punctuations were run
    commit = 4,    ///< caches were flushed and the task committed
  };
  Type type = Type::record;
  Timestamp wall_clock{};
  TopicPartition from{};  ///< restored, record: the topic by its name in the log
  std::int64_t offset = -1;
  Timestamp timestamp{};
  OptionalBytes key{};
  OptionalBytes value{};
  Headers headers{};
};

/// Writes frames to a file as they happen. One task, one thread. TestDriver::replay reads it.
class FlightRecorder {
 public:
  /// Makes (or empties) the file. Stops recording, and says so in the log, when it holds `max_bytes`. Errors:
  /// configuration (cannot be written).
  static Result<std::unique_ptr<FlightRecorder>> open(const std::string& path, std::uint64_t max_bytes);

  void note(FlightFrame::Type type, Timestamp wall_clock, const TopicPartition& from, const LogRecord& record);
  void note(FlightFrame::Type type, Timestamp wall_clock);

 private:
  FlightRecorder(std::string path, std::ofstream file, std::uint64_t max_bytes)
      : path_(std::move(path)), file_(std::move(file)), max_bytes_(max_bytes) {}
  void write(bool flush);

  std::string path_;
  std::ofstream file_;
  std::uint64_t max_bytes_;
  std::uint64_t written_ = 0;
  std::string frame_;  // used again
};

/// Reads a file that a FlightRecorder wrote. A frame that a crash cut short ends it.
class FlightReader {
 public:
  /// Errors: configuration (missing, or no flight record of this version).
  static Result<FlightReader> open(const std::string& path);
  /// False at the end. Errors: failure (damaged).
  Result<bool> next(FlightFrame& frame);

 private:
  explicit FlightReader(std::ifstream file) : file_(std::move(file)) {}
  std::ifstream file_;
  std::string frame_;
};

}  // namespace cryptostream
