// The page beside a job.
#pragma once

#include <cryptostream/broker/broker.h>
#include <cryptostream/cli/settings.h>
#include <cryptostream/dashboard/dashboard.h>

#include <memory>
#include <string>
#include <vector>

namespace cryptostream::tool {

/// With --dashboard: a page that shows the first of the targets that can be read, as long as it lives; else null.
/// Errors: usage (no such target), those of Dashboard::start.
Result<std::unique_ptr<Dashboard>> show_job(const cli::Settings& settings, const std::vector<std::string>& targets,
                                            std::shared_ptr<Broker> broker);

}  // namespace cryptostream::tool
