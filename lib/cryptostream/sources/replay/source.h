// Recorded prices played again, from files.
#pragma once

#include <cryptostream/core/clock.h>
#include <cryptostream/graph/source.h>
#include <cryptostream/market/quote.h>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace cryptostream {

struct ReplayOptions {
  /// Played one after the other.
  std::vector<std::string> files{};
  /// 1: as fast as it was recorded, 2: twice as fast; 0: as fast as records are taken.
  double speed = 0;
  /// Called once, on the reader's thread, after the last record was given (it may not be committed yet).
  std::function<void()> on_end{};
};

/// A Source of quote/1 from files of two kinds, told apart by their lines:
/// - JSON lines, each a quote/1, as `topic tail` prints them;
/// - a recorded WebSocket connection to Coinbase: `<url> <-> <epoch>` where it was opened, `<url> <- <epoch>: <text>`
///   for what was sent, `<epoch>: <text>` for each message received (epochs in seconds with a fraction). Gives each
///   trade once.
///
/// Key = symbol; the record's time is the quote's. Quotes of the simulator keep their header `cryptostream.simulated`.
/// Lines that cannot be read are left out and counted; the first of each file is logged as a warning, with its number.
/// After the last file readers give nothing more.
///
/// A position is a file and a line, so that a resumed run goes on with the next record; the files may be moved within
/// the list, but not changed. With a speed, the time between two records is that between their recorded times (when
/// received, else the quote's); the first comes at once.
class ReplaySource {
 public:
  using Key = std::string;
  using Value = Quote;

  /// `clock` must outlive the source and its readers.
  explicit ReplaySource(ReplayOptions options, const Clock& clock = system_clock());

  std::string name() const { return "replay"; }
  int partitions() const { return 1; }

  /// Errors: configuration (no files, a file that is missing or something else, a position outside of them),
  /// permission.
  Result<std::unique_ptr<SourceReader<Key, Value>>> open(const SourceTask& task, std::stop_token stop) const;

 private:
  ReplayOptions options_;
  const Clock* clock_;
};

}  // namespace cryptostream
