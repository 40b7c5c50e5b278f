// --metrics: the process as others see it.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/monitor/monitor.h>

namespace cryptostream::tool {

/// Listens where --metrics says, if it does; once, before the command's work. Errors: those of the address.
Result<void> start_monitor(const cli::Settings& settings);
void stop_monitor();

/// The one that was started, or null.
Monitor* monitor();

}  // namespace cryptostream::tool
