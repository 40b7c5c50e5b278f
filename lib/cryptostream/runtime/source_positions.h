// Positions of external sources, kept in the log beside what they led to.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/runtime/log_writer.h>

#include <map>
#include <string>

namespace cryptostream {

/// The compacted topic "<application.id>-source-positions": key "<source>/<partition>", value the position.
class SourcePositions {
 public:
  static std::string topic(const std::string& application_id) { return application_id + "-source-positions"; }
  static std::string key(const std::string& source, std::int32_t partition) {
    return source + "/" + std::to_string(partition);
  }

  /// Reads the last committed position of each source. Waits for transactions that are still open: call it after
  /// fencing them.
  static Result<std::map<std::string, std::string>> read(Broker& broker, const std::string& application_id);

  /// Writes a position as part of what `writer` commits next.
  static Result<void> write(LogWriter& writer, const std::string& application_id, const std::string& key,
                            const std::string& position, Timestamp now);
};

}  // namespace cryptostream
