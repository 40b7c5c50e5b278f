// The kinds of log that the conformance suite runs on.
#pragma once

#include "conformance.h"

#define ALL_LOGS conformance::MemoryLog
