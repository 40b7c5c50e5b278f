// The kinds of log that the conformance suite runs on.
#pragma once

#include "conformance.h"
#include "temporary_folder.h"

#include <cryptostream/local/local.h>

namespace conformance {

struct LocalLog {
  static constexpr bool open_transactions_lie_in_the_log = false;
  static constexpr bool alone = true;
  static constexpr bool topics_have_ids = true;
  static constexpr std::int64_t earliest_time = 0;
  TemporaryFolder folder;
  std::shared_ptr<Broker> broker = local_broker(folder.path() / "log.db");
};

}  // namespace conformance

#ifdef CONFORMANCE_ON_KAFKA
#include "kafka_log.h"
#define ALL_LOGS conformance::KafkaLog
#else
#define ALL_LOGS conformance::MemoryLog, conformance::LocalLog
#endif
