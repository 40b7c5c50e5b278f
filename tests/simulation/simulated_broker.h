// One process's view of the log all processes share: Kafka's semantics with Kafka's troubles.
#pragma once

#include "world.h"

namespace simulation {

/// `border` must outlive it.
std::shared_ptr<cs::Broker> simulated_broker(Border& border);

}  // namespace simulation
