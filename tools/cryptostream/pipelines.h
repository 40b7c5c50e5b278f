// The ready pipelines as the tool runs them: whole, or a stage at a time.
#pragma once

#include <cryptostream/cli/settings.h>
#include <cryptostream/core/result.h>

#include <string>

namespace cryptostream::tool {

struct Stages {
  bool ingest = false;
  bool process = false;
  bool sink = false;
  bool whole() const { return ingest && process && sink; }
};

/// Works until it is stopped. Errors: usage, naming the pipelines there are; those of the stages.
Result<void> work_on_pipeline(const std::string& name, Stages stages, const cli::Settings& settings);

}  // namespace cryptostream::tool
