// A log in one SQLite file, for as many processes of one machine as like: no server.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/clock.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace cryptostream {

/// What a commit waits for.
enum class Synchronous : std::uint8_t {
  full,    ///< until the disk has it: survives power loss
  normal,  ///< survives the death of the process; power loss may take the last commits, never tears one
  off,     ///< as `normal` for processes; power loss may damage the file
};

struct LocalBrokerOptions {
  Synchronous synchronous = Synchronous::full;
  /// How long to wait for another process's write before the answer is `temporary`.
  std::chrono::milliseconds busy_timeout{5'000};
  /// Bytes of keys, values and headers a topic keeps that was made without a bound of its own; compacted topics have
  /// none.
  std::int64_t retention_bytes = std::int64_t{1} << 30;
  /// Larger records (key, value and headers together) are refused as bad_record; at most 900 MB.
  std::size_t max_record_bytes = std::size_t{128} << 20;
  const Clock* clock = nullptr;  ///< for retention by time; null: system_clock(). Must outlive the broker.
};

/// The log in `file`, which is made with its folder by the first call that needs it. Format, guarantees and limits:
/// docs/local-log.md.
///
/// Sends wait in memory, at most ProducerOptions::buffer_bytes; a transaction that needs more is refused with
/// `failure`. One process at a time may be a member of a group; a second gets `failure`. Retention and compaction run
/// on a thread of the broker in every process that writes.
///
/// Errors of all calls: unavailable (full disk, failing disk), temporary (locked by another process), permission,
/// failure (damaged file), configuration (not a log, made by a newer version, on a network file system). After the
/// first two a flush or commit may be repeated: nothing is lost.
///
/// Fail points: `local.commit.before`, `local.commit.after`: around the COMMIT of each write of a producer.
std::shared_ptr<Broker> local_broker(std::filesystem::path file, LocalBrokerOptions options = {});

}  // namespace cryptostream
