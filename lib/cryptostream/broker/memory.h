// A log in the memory of this process: for tests, the TestDriver and simulations.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/core/clock.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace cryptostream {

struct MemoryBrokerOptions {
  const Clock* clock = nullptr;  ///< for timeouts and retention; null: system_clock(). Must outlive the broker.
  std::string log_id{};          ///< empty: random. Set it where a run must repeat exactly.

  /// A group's member that was not heard of for so long is dead once another member asks; by `clock`.
  std::chrono::milliseconds session_timeout{10'000};
  /// An open transaction older than this is aborted (its producer gets `aborted`); by `clock`; zero: never.
  std::chrono::milliseconds transaction_timeout{60'000};
  /// How long Group::committed() waits, in real time, for pending transactions before it answers `temporary`.
  std::chrono::milliseconds pending_wait{5'000};
  /// Larger records (key, value and headers together) are refused as bad_record.
  std::size_t max_record_bytes = std::size_t{128} << 20;
  /// No retention and no compaction, whatever the topics' specs say: for whoever reads back every record.
  bool keep_everything = false;
  /// A poll gives records in the order in which they were appended, whatever their partitions. Else partition after
  /// partition.
  bool polls_in_order = false;
};

/// An empty log with Kafka's transactions: records of an open transaction lie at their offsets, commit and abort
/// markers take an offset each, read_committed stops at the last stable offset. Deterministic: the same calls give the
/// same answers; no threads of its own. Retention and compaction happen within send, flush and commit. Topics keep
/// everything unless their spec says otherwise.
///
/// A member or producer that is destroyed without leave() or commit() looks like a crash: its units and its open
/// transaction stay until the timeouts above, or until a member with the same instance name or a producer with the same
/// transactional id comes.
///
/// Fail points: `memory.commit.before` (the commit fails, nothing happened), `memory.commit.lost` (outcome unknown,
/// nothing happened), `memory.commit.after` (outcome unknown, committed).
std::shared_ptr<Broker> memory_broker(MemoryBrokerOptions options = {});

}  // namespace cryptostream
