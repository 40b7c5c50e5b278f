// The coordinator of one group: who is a member, and which units of work each holds.
#pragma once

#include <cryptostream/broker/broker.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace cryptostream::memory {

struct Member {
  std::string instance;
  std::set<std::int32_t> owned;     // all units that are nobody else's because of this member
  std::set<std::int32_t> untold;    // of these, assigned but not told yet
  std::set<std::int32_t> revoking;  // of these, to be given up
  bool told = false;                // the revocation was told and waits for acknowledge()
  int polling = 0;                  // calls that wait right now: such a member is alive
  std::chrono::nanoseconds last_seen{0};
};

/// Shares units out: balanced to within one, sticky, cooperative (a unit moves only after its holder let go).
struct GroupState {
  std::int64_t generation = 0;             // counts changes of membership
  std::map<std::int64_t, Member> members;  // by id, in order of joining
  std::int32_t units = 0;
  std::string fingerprint;
  Offsets committed;
  std::map<TopicPartition, int> pending;  // partitions with offsets in open transactions

  void balance();
  void remove(std::int64_t member);
  /// Removes members, except `asking`, that were not heard of since `deadline`. True if there were any.
  bool expire(std::chrono::nanoseconds deadline, std::int64_t asking);
};

}  // namespace cryptostream::memory
