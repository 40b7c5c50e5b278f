// The kinds of log that the conformance suite runs on.
#pragma once

#include "conformance.h"
#include "temporary_folder.h"

#include <cryptostream/local/local.h>

namespace conformance {

struct LocalLog {
  static constexpr bool open_transactions_lie_in_the_log = false;
  TemporaryFolder folder;
  std::shared_ptr<Broker> broker = local_broker(folder.path() / "log.db");
};

}  // namespace conformance

#define ALL_LOGS conformance::MemoryLog, conformance::LocalLog
