// What can go wrong at a step of a protocol, and how often it did.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace simulation {

enum class Fault : std::uint8_t {
  crash,          ///< the process is gone; what it asked for never happened
  crash_after,    ///< it is gone; what it asked for has happened
  refused,        ///< a retriable error; nothing happened
  answer_lost,    ///< it happened, and the answer is a retriable error, or "unknown"
  never_arrived,  ///< a commit of the log: its outcome is unknown, and nothing happened
  transaction,    ///< a record could not be delivered: the transaction must be aborted
  frozen,         ///< the process stands still, mostly past its session, and goes on as a zombie
  doubled,        ///< so, and meanwhile another process is started in its place
  outage,         ///< the log answers nobody for a while
  stop,           ///< the process is asked to stop, and started again later
};
constexpr std::array<const char*, 10> fault_names{
    "crash",  "crash after", "refused", "answer lost", "never arrived", "transaction lost",
    "frozen", "doubled",     "outage",  "stop"};
using FaultCounts = std::array<std::int64_t, fault_names.size()>;

/// A call over the border of a process, and how likely trouble is there, from 1.
struct Step {
  const char* name;
  int weight;
  bool log = true;              ///< the log's, not a source's or a target's
  bool changes = false;         ///< something has happened when it succeeds
  bool transaction = false;     ///< of an open transaction
  bool may_be_unknown = false;  ///< its outcome
};

namespace steps {
constexpr Step log_id{"log_id", 1}, topics{"topics", 1}, topic{"topic", 1}, offsets{"offsets", 2},
    consumer{"consumer", 1}, assign{"assign", 1}, poll{"poll", 1}, hold{"hold", 1}, committed{"committed", 3},
    group_poll{"group.poll", 1};
constexpr Step create_topic{"create_topic", 2, true, true}, producer{"producer", 4, true, true},
    join{"join", 4, true, true}, acknowledge{"acknowledge", 6, true, true}, group_commit{"group.commit", 8, true, true},
    leave{"leave", 4, true, true};
constexpr Step begin{"begin", 3, true, false, true}, send{"send", 1, true, false, true},
    flush{"flush", 4, true, false, true}, send_offsets{"send_offsets", 10, true, true, true},
    commit{"commit", 14, true, true, true, true}, commit_again{"commit again", 14, true, true, false, true},
    abort{"abort", 6, true, true};
constexpr Step source_open{"source.open", 2, false}, source_poll{"source.poll", 1, false},
    sink_open{"sink.open", 6, false, true}, sink_write{"sink.write", 1, false},
    sink_commit{"sink.commit", 14, false, true};
}  // namespace steps

}  // namespace simulation
